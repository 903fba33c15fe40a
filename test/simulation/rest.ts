import { isFreshetError } from '../../shared/errors/error.ts';
import { resyncFailedRecords } from '../../shared/export/failures/resync.ts';
import { cleanUp } from '../../shared/export/sweep.ts';
import { ORGANIZATION_ID, type World } from '../support/world.ts';
import { AREA, type Finding, inspect, inspectLeftovers, inspectRows } from './checks.ts';

const SECOND_MS = 1_000;
const MINUTE_MS = 60 * SECOND_MS;
/** The longest that anything goes on by itself: leases, messages and bells that count as lost, breakers, quiet reads. */
const REST_MAX_MS = 12 * MINUTE_MS;
const LOOK_EVERY_MS = 15 * SECOND_MS;
/** Without a sweep: probes of a breaker and waits for the source take a minute each, retries some seconds. */
const CALM_MAX_MS = 3 * MINUTE_MS;
const DAY_MS = 24 * 60 * MINUTE_MS;

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

/**
 * Faults have ended and nobody is at work: all must be as it should be within some minutes, failed records too once they are
 * tried again; and a day later, when nothing has happened any more, what nobody needs is gone.
 */
export async function comeToRest(world: World): Promise<void> {
  await resumeAll(world);
  await settle(world, inspectRows, REST_MAX_MS);
  await tryFailedRecordsAgain(world);
  await settle(world, inspect, REST_MAX_MS);
  // The first sweep notes which pages are passed, the next one a day later removes them.
  await world.run(MINUTE_MS);
  await world.clock.advance(DAY_MS);
  await world.run(MINUTE_MS);
  await world.awake(cleanUp(world.ports));
  await settle(world, async () => [...(await inspect(world)), ...(await inspectLeftovers(world))], REST_MAX_MS);
}

async function resumeAll(world: World): Promise<void> {
  for (const { id, state, trouble, settings } of await world.control.profiles.list([ORGANIZATION_ID])) {
    if (state === 'active' && !trouble) continue;
    await world.activate(id).catch(async (error: unknown) => {
      if (!isFreshetError(error, 'ACTIVATION_REFUSED')) throw error;
      // Restored to before the profile joined, Freshet takes its tables for others': people follow the advice and drop them.
      world.database(settings.name).area(AREA).tables.clear();
      await world.activate(id);
    });
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
  const administered = [ORGANIZATION_ID];
  for (const { id } of await control.profiles.list(administered))
    await resyncFailedRecords(ports, { administered, profileId: id });
}
