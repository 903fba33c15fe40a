import { setTimeout as pause } from 'node:timers/promises';
import { between, type Random } from '../../local/dataverse/model/random.ts';
import { format } from '../../local/terminal/progress.ts';
import { Canary, type Lags } from './canary.ts';
import type { Chaos } from './scenario.ts';
import { CHANGING, type Site, type Target } from './site.ts';

const MIX = { create: 20, update: 55, delete: 10, recreate: 10, associate: 5 };
const LOOK_MS = 50;
/** Whatever was broken heals within this time, or the scenario finds out by itself. */
const ARRIVED_WITHIN_MS = 180_000;

export interface Load {
  /** Changes. */
  readonly count: number;
  readonly perSecond: number;
  /** For the display. */
  readonly label: string;
  /** The profile whose lag is measured. */
  readonly watched: Target;
  /** Called again and again while changes are made. */
  readonly meanwhile?: (issued: number) => Promise<void> | void;
}

/** Has the organization make changes, and follows them until the last is made and what was measured of them has arrived. */
export async function load(site: Site, { random, display }: Chaos, what: Load): Promise<Lags> {
  const { organization } = site.test;
  const canary = await Canary.start(site, what.watched);
  await startStream(site, what.perSecond, what.count, random);
  for (;;) {
    // Whatever has just been killed does not answer.
    const status = await organization.status().catch(() => null);
    const done = status?.stream.issued ?? 0;
    display.show([{ label: what.label, done, of: what.count, note: `lag ${format(canary.waiting)} ms` }]);
    if (status?.stream.done) break;
    await what.meanwhile?.(done);
    await pause(LOOK_MS);
  }
  display.end();
  await canary.stop(ARRIVED_WITHIN_MS);
  return canary.lags;
}

export async function startStream(site: Site, rate: number, count: number | null, random: Random): Promise<void> {
  await site.test.organization.command('startStream', {
    rate,
    ...(count === null ? {} : { count }),
    mix: MIX,
    entities: CHANGING,
    seed: between(random, 1, 2 ** 31),
  });
}
