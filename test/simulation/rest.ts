import type { Profile } from '../../shared/control/model.ts';
import { isFreshetError } from '../../shared/errors/error.ts';
import { resyncFailedRecords } from '../../shared/export/failures/resync.ts';
import { drop, pause } from '../../shared/export/profiles/actions.ts';
import { deactivateProfile, deleteProfile } from '../../shared/export/profiles/profiles.ts';
import { lastReconciliation, reconcile } from '../../shared/export/reconcile/request.ts';
import { cleanUp } from '../../shared/export/sweep.ts';
import { ORGANIZATION_ID, type World } from '../support/world.ts';
import { type Finding, found, inspect, inspectLeftovers, inspectProgress, inspectRows } from './checks.ts';
import { inspectFailed, inspectFailureBlobs } from './failed-records.ts';

const SECOND_MS = 1_000;
const MINUTE_MS = 60 * SECOND_MS;
/**
 * The longest that anything goes on by itself: leases, messages and bells that count as lost, breakers, quiet reads take
 * minutes; that an entity's changes cannot be read any more is noticed within the hour.
 */
const REST_MAX_MS = 75 * MINUTE_MS;
const LOOK_EVERY_MS = 15 * SECOND_MS;
/** Without a sweep: probes of a breaker and waits for the source take a minute each, retries some seconds. */
const CALM_MAX_MS = 3 * MINUTE_MS;
const DAY_MS = 24 * 60 * MINUTE_MS;

const administered = [ORGANIZATION_ID];

/** A broken promise; `check` is its name. */
export class BrokenPromise extends Error {
  readonly check: string;

  constructor(findings: readonly Finding[]) {
    super(findings.map(({ check, text }) => `${check}: ${text}`).join('\n'));
    this.check = findings[0]?.check ?? '';
  }
}

/** With no notification lost and nobody crashed, all changes arrive while the sweep stands still. */
export async function arriveWithoutSweep(world: World): Promise<void> {
  await resumeAll(world);
  world.sweeping = false;
  await settle(world, inspectRows, CALM_MAX_MS, 'no change waits for a sweep');
  world.sweeping = true;
}

/** What is looked at besides, as far as the history allows it. */
export interface RestOptions {
  /** Tables are compared with the organization, and healed. */
  readonly reconciled: boolean;
  /** Nothing kept failures from being told. */
  readonly told: boolean;
}

/**
 * Faults have ended and nobody is at work: all must be as it should be within some minutes, failed records too once they are
 * tried again; and a day later, when nothing has happened any more, what nobody needs is gone.
 */
export async function comeToRest(world: World, { reconciled, told }: RestOptions): Promise<void> {
  await resumeAll(world);
  await settle(world, inspectProgress, REST_MAX_MS);
  if (reconciled) await reconcileAll(world);
  await settle(world, inspectRows, REST_MAX_MS);
  const findings = await inspectFailed(world, { told });
  if (findings.length > 0) throw new BrokenPromise(findings);
  await tryFailedRecordsAgain(world);
  await settle(world, inspect, REST_MAX_MS);
  if (reconciled) await expectNothingToHeal(world);
  world.readingWhole = false;
  // The first sweep notes which pages are passed, the next one a day later removes them.
  await world.run(MINUTE_MS);
  await world.clock.advance(DAY_MS);
  await world.run(MINUTE_MS);
  await world.awake(cleanUp(world.ports));
  const looks = [inspect, inspectLeftovers, inspectFailureBlobs];
  await settle(world, async () => (await Promise.all(looks.map((look) => look(world)))).flat(), REST_MAX_MS);
}

/** All profiles, and all of their entities. What goes on already is left alone: to resume it would ring its bells. */
async function resumeAll(world: World): Promise<void> {
  const { ports, control } = world;
  for (const profile of await control.profiles.list(administered)) {
    const { id: profileId, state, trouble, settings } = profile;
    if (isHalfDeleted(profile)) {
      await deleteProfile(ports, administered, profileId);
      continue;
    }
    const subscriptions = await control.profiles.subscriptions(profileId);
    const isWhole = settings.entities.every((one) => subscriptions.some(({ entity }) => entity === one.entity));
    if (state !== 'active' || trouble || !isWhole) await activate(world, profileId);
    const resumed = await control.profiles.subscriptions(profileId);
    if (resumed.some(({ paused }) => paused)) await pause(ports, { administered, profileId }, false);
  }
}

/** The control database was restored to the middle of its deletion. */
function isHalfDeleted({ state, trouble }: Profile): boolean {
  return state === 'stopped' && trouble?.code !== 'ORGANIZATION_REPLACED';
}

/** Tables that stand may not fit any more, or be taken for others': people follow the advice and drop them. */
async function activate(world: World, profileId: string): Promise<void> {
  try {
    await world.activate(profileId);
  } catch (error) {
    if (!isFreshetError(error, 'ACTIVATION_REFUSED')) throw error;
    await deactivateProfile(world.ports, administered, profileId);
    await drop(world.ports, { administered, profileId });
    await world.activate(profileId);
  }
}

async function settle(
  world: World,
  look: (world: World) => Promise<Finding[]>,
  withinMs: number,
  check?: string,
): Promise<void> {
  const end = world.clock.now() + withinMs;
  for (;;) {
    const findings = await look(world);
    if (findings.length === 0) return;
    if (world.clock.now() >= end)
      throw new BrokenPromise(check ? findings.map((one) => ({ ...one, check })) : findings);
    await world.run(LOOK_EVERY_MS);
  }
}

async function tryFailedRecordsAgain({ ports, control }: World): Promise<void> {
  for (const { id } of await control.profiles.list(administered))
    await resyncFailedRecords(ports, { administered, profileId: id });
}

/** Compares and heals all tables. */
async function reconcileAll(world: World): Promise<void> {
  const profiles = await world.control.profiles.list(administered);
  for (const { id } of profiles) await reconcile(world.ports, { administered, profileId: id }, true);
  await settle(world, inspectReconciliations, REST_MAX_MS);
}

async function expectNothingToHeal(world: World): Promise<void> {
  await reconcileAll(world);
  for (const { id, settings } of await world.control.profiles.list(administered)) {
    const report = await lastReconciliation(world.ports, administered, id);
    if (report.Equal !== true || report.State !== 'Completed')
      throw new BrokenPromise([found('what is healed is equal', `${settings.name}: ${JSON.stringify(report)}`)]);
  }
}

async function inspectReconciliations({ control }: World): Promise<Finding[]> {
  const open = [...control.snapshot().reconciliations.values()].filter(({ dueAt }) => dueAt !== null);
  return open.map(({ profileId }) => found('reconciliations end', profileId));
}
