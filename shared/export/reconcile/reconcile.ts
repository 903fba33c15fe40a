import type { Profile } from '../../control/model.ts';
import type { Reconciliation } from '../../control/reconciliations.port.ts';
import { FreshetError, isFreshetError } from '../../errors/error.ts';
import { isOwnService } from '../bells.ts';
import type { ExportPorts } from '../ports.ts';
import { queueResync } from '../profiles/actions.ts';
import { compareEntity, type Step, type Stepped } from './compare-entity.ts';
import { confirmedTotal, type EntityWork, newWork, type Work } from './work.ts';

/** How often the timer calls `reconcileDue`; host-side schedule and this figure belong together. */
export const RECONCILE_INTERVAL_S = 10;
/** A step of one profile's reconciliation: the next profile waits for no longer. */
const STEP_MS = 30_000;
const STEPS_AT_ONCE = 5;
/** What passes by itself is waited for so often, and so long each time. */
const FAULTS_MAX = 20;
const FAULT_MS = 30_000;
/** The definition changed, or the organization forgot a link: the entity begins anew. */
const BEGIN_ANEW: readonly string[] = ['CURSOR_EXPIRED', 'ATTRIBUTE_GONE'];

/** By a timer: goes on with the reconciliations that are due, and begins those that the schedule owes. Rejects when all had their step. */
export async function reconcileDue(ports: ExportPorts): Promise<void> {
  const { reconciliations } = ports.control;
  const { reconcileMs } = ports.options;
  const now = ports.clock.now();
  if (reconcileMs !== null) {
    for (const id of await reconciliations.idle(now - reconcileMs, STEPS_AT_ONCE)) {
      const profile = await ports.control.profiles.get(id);
      if (profile) await beginReconciliation(ports, profile, { heal: false, trigger: 'schedule' });
    }
  }
  const failures: unknown[] = [];
  for (const reconciliation of await reconciliations.due(now, STEPS_AT_ONCE))
    await takeStep(ports, reconciliation).catch((error: unknown) => failures.push(error));
  if (failures.length > 0) throw failures[0];
}

export async function beginReconciliation(
  ports: ExportPorts,
  { id, settings }: Profile,
  { heal, trigger, entities }: Pick<Work, 'heal' | 'trigger'> & { readonly entities?: readonly string[] },
): Promise<void> {
  const now = ports.clock.now();
  const work = newWork(entities ?? settings.entities.map(({ entity }) => entity), heal, trigger);
  await ports.control.reconciliations.begin({ profileId: id, id: ports.newId(), beganAt: now, dueAt: now, work });
}

/** What is done twice, because a crash swallowed the saving of it, comes to the same. */
async function takeStep(ports: ExportPorts, reconciliation: Reconciliation): Promise<void> {
  const { profileId } = reconciliation;
  const profile = await ports.control.profiles.get(profileId);
  if (profile === null) return;
  const before = reconciliation.work as Work;
  const { work, afterMs } = await stepped(ports, profile, before);
  const now = ports.clock.now();
  const dueAt = afterMs === null ? null : now + afterMs;
  const saved = await ports.control.reconciliations.save(reconciliation, {
    dueAt,
    work: dueAt === null ? { ...work, endedAt: now } : work,
  });
  if (saved && dueAt === null) logEnd(ports, profileId, work);
}

function logEnd({ log }: ExportPorts, profileId: string, { entities, trouble }: Work): void {
  const differences = entities.reduce((sum, { found }) => sum + (found ? confirmedTotal(found.confirmed) : 0), 0);
  const facts = { profileId, differences, ...(trouble ? { code: trouble.code } : {}) };
  log.write(differences > 0 || trouble ? 'warn' : 'info', 'reconciled', facts);
}

interface Outcome {
  readonly work: Work;
  /** Null: it has ended. */
  readonly afterMs: number | null;
}

async function stepped(ports: ExportPorts, profile: Profile, work: Work): Promise<Outcome> {
  const entity = work.entities.find(({ state }) => state === 'waiting' || state === 'comparing');
  if (!entity) return { work, afterMs: null };
  try {
    if (profile.state !== 'active') throw new FreshetError('PROFILE_NOT_ACTIVE');
    if (profile.breaker) throw new FreshetError('DESTINATION_UNAVAILABLE', { text: profile.breaker.reason });
    return await ports.destinations.visit(profile, (destination) =>
      stepEntities(
        {
          ports,
          profile,
          destination,
          source: ports.sourceOf(profile.settings.organizationId),
          end: ports.clock.now() + STEP_MS,
        },
        work,
      ),
    );
  } catch (error) {
    return afterError(ports, work, entity, error);
  }
}

/** One entity after the other until one has to wait or the step ends. */
async function stepEntities(step: Step, work: Work): Promise<Outcome> {
  let now: Work = { ...work, faults: 0 };
  for (const entity of work.entities) {
    if (entity.state !== 'waiting' && entity.state !== 'comparing') continue;
    const { work: after, afterMs } = await orWithoutTable(entity, () => compareEntity(step, entity));
    now = withEntity(now, afterMs === null ? await healed(step, after, work.heal) : after);
    if (afterMs !== null) return { work: now, afterMs };
  }
  return { work: now, afterMs: null };
}

/** A table or column that somebody dropped is as different as can be, and no reason to leave out the other entities. */
async function orWithoutTable(entity: EntityWork, compare: () => Promise<Stepped>): Promise<Stepped> {
  try {
    return await compare();
  } catch (error) {
    if (!isFreshetError(error, 'DESTINATION_SCHEMA_CHANGED')) throw error;
    return { work: { ...entity, state: 'different', reason: error.message, progress: null }, afterMs: null };
  }
}

/** Through the feed, as everything that is written. What the destination refused, no resync mends. */
async function healed({ ports, profile }: Step, entity: EntityWork, heal: boolean): Promise<EntityWork> {
  const { found } = entity;
  const mendable = found === null || confirmedTotal(found.confirmed) > found.confirmed.refused;
  if (!heal || entity.state !== 'different' || !mendable) return entity;
  const feed = { organizationId: profile.settings.organizationId, entity: entity.entity };
  await queueResync(ports, profile.id, feed, 'a reconciliation found differences');
  return { ...entity, healed: true };
}

/** Rejects with the errors of Freshet's own services: the step is taken again. */
function afterError(ports: ExportPorts, work: Work, entity: EntityWork, error: unknown): Outcome {
  if (!isFreshetError(error) || isOwnService(error)) throw error;
  if (error.code === 'ENTITY_NOT_FOUND') {
    const skipped = { ...entity, state: 'skipped', reason: error.message, progress: null } as const;
    return { work: withEntity(work, skipped), afterMs: 0 };
  }
  const passes = error.class === 'retry' || BEGIN_ANEW.includes(error.code);
  if (passes && work.faults < FAULTS_MAX) {
    const anew = BEGIN_ANEW.includes(error.code) ? withEntity(work, { ...entity, progress: null }) : work;
    return { work: { ...anew, faults: work.faults + 1 }, afterMs: FAULT_MS };
  }
  const trouble = { code: error.code, text: error.message, since: ports.clock.now() };
  return { work: { ...work, trouble }, afterMs: null };
}

function withEntity(work: Work, entity: EntityWork): Work {
  return { ...work, entities: work.entities.map((one) => (one.entity === entity.entity ? entity : one)) };
}
