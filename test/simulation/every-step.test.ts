import { describe, expect, it } from 'vitest';
import { FreshetError } from '../../shared/errors/error.ts';
import { getProfile } from '../../shared/export/profiles/profiles.ts';
import { ORGANIZATION_ID, World } from '../support/world.ts';
import { failureOf } from './faults.ts';

const SECOND = 1_000;
const ROWS = 7;
/** Long enough for leases and pending bells to run out, and for the sweep to come round. */
const REST_MS = 5 * 60_000;

/** Which operation fails: the k-th of the history, before or after its effect; or never. */
interface Fault {
  readonly step: number;
  readonly moment: 'before' | 'after';
}

/** A profile's whole life in short, with one operation failing; then a time in which nothing happens in the organization. */
async function live(fault: Fault | null): Promise<{ world: World; profileId: string; steps: number; failed: string }> {
  let steps = 0;
  let failed = 'nothing';
  let armed = false;
  const gate = async (operation: string, moment: 'before' | 'after') => {
    if (!armed || operation === 'clock.sleep' || operation === 'log.write') return;
    if (moment === 'before') steps++;
    if (fault === null || steps !== fault.step || moment !== fault.moment || failed !== 'nothing') return;
    failed = `${operation} ${moment}`;
    throw failureOf(operation);
  };
  const world = new World({ pageRows: 2, gate });
  const ids = Array.from(
    { length: ROWS },
    (_, index) => world.organization.create('parent', { name: `row ${index}` }).self.id,
  );
  const profileId = await world.addProfile('one');
  armed = true;
  await tolerate(() => world.run(8 * SECOND));
  world.organization.update('parent', ids[0] ?? '', { name: 'changed' });
  world.organization.delete('parent', ids[1] ?? '');
  world.database('one').constraint = (_entity, _id, row) => (row?.name === 'bad' ? 'no' : null);
  world.organization.create('parent', { name: 'bad' });
  await tolerate(() => world.run(4 * SECOND));
  world.database('one').constraint = () => null;
  await tolerate(() => world.run(REST_MS));
  return { world, profileId, steps, failed };
}

/** What a handler rejects with, the host sees: the message comes again, or the sweep does. */
async function tolerate(run: () => Promise<void>): Promise<void> {
  for (let again = true; again; ) {
    again = false;
    await run().catch((error: unknown) => {
      if (!(error instanceof FreshetError)) throw error;
      again = true;
    });
  }
}

async function outcome({ world, profileId }: Awaited<ReturnType<typeof live>>) {
  const profile = await getProfile(world.ports, [ORGANIZATION_ID], profileId, true);
  const [subscribed] = await world.ports.control.profiles.subscriptions(profileId);
  return {
    equal: JSON.stringify([...world.destination('one')].toSorted()) === JSON.stringify([...world.source()].toSorted()),
    initialSync: profile.Entities[0]?.Status?.InitialSyncState,
    status: profile.Status?.ExportStatus,
    retrying: profile.Entities[0]?.Status?.RetryNotifications,
    failed: profile.Entities[0]?.Status?.FailureNotifications,
    atTheEnd: subscribed?.page === subscribed?.tail,
  };
}

const WELL = { equal: true, initialSync: 'Completed', status: 'Running', retrying: 0, failed: 0, atTheEnd: true };

describe('whatever single operation fails', () => {
  it.each(['before', 'after'] as const)(
    '%s its effect, the profile is well again, also when nothing changes any more',
    async (moment) => {
      const whole = await live(null);
      expect(await outcome(whole)).toEqual(WELL);
      expect(whole.steps).toBeGreaterThan(200);
      const ill: string[] = [];
      for (let step = 1; step <= whole.steps; step++) {
        const lived = await live({ step, moment });
        const ended = await outcome(lived);
        if (JSON.stringify(ended) !== JSON.stringify(WELL))
          ill.push(`step ${step}, ${lived.failed}: ${JSON.stringify(ended)}`);
      }
      expect(ill).toEqual([]);
    },
  );
});
