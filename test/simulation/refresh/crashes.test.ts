import { describe, expect, it } from 'vitest';
import { type Blow, canStop, drawnFaults, noting, oneBlow, type Point } from './faults.ts';
import { RefreshHistory, type Turns } from './history.ts';
import { runRefreshSeed } from './run-seed.ts';

const SEEDS = 200;

describe('any history of crashes, errors, workers that stand still and people who change their minds', () => {
  it(`of the seeds 1 to ${SEEDS} ends whole, with the data of before or of after`, async () => {
    const ill: unknown[] = [];
    const states = new Map<string, number>();
    for (let seed = 1; seed <= SEEDS; seed++) {
      const outcome = await runRefreshSeed(seed, drawnFaults);
      if (outcome.broken !== null) ill.push(outcome);
      states.set(outcome.state ?? 'broken', (states.get(outcome.state ?? 'broken') ?? 0) + 1);
    }
    expect(ill).toEqual([]);
    for (const state of ['Completed', 'Failed', 'Aborted']) expect(states.get(state), state).toBeGreaterThan(10);
  });

  it('is the same for the same seed', async () => {
    expect(await runRefreshSeed(7, drawnFaults)).toEqual(await runRefreshSeed(7, drawnFaults));
  });
});

/** The others strike calls of databases alone. */
const isOfAll = (blow: Blow): boolean => blow === 'kill' || blow === 'error';

describe('whatever single point of a refresh is struck', () => {
  const BLOWS: Blow[] = ['kill', 'error', 'stop', 'outage'];

  /** Strikes each point from `from` on, in a history of its own. */
  async function strikeAll(blow: Blow, turns: Turns, from: (whole: RefreshHistory) => number): Promise<string[]> {
    const points: Point[] = [];
    const whole = new RefreshHistory(noting(points), turns);
    await whole.run();
    const chosen = points.filter((point) => point.number >= from(whole) && (isOfAll(blow) || canStop(point)));
    expect(chosen.length).toBeGreaterThan(15);
    const ill: string[] = [];
    for (const { number } of chosen) {
      const history = new RefreshHistory(oneBlow(number, blow), turns);
      await history.run().catch((error: unknown) => ill.push(`${history.trace.join('; ')}: ${String(error)}`));
    }
    return ill;
  }

  it.each(BLOWS)('%s: the refresh and its sign-off end whole', async (blow) => {
    expect(await strikeAll(blow, { afterwards: 'sign off' }, () => 1)).toEqual([]);
  });

  it.each(BLOWS)('%s: so does its rollback', async (blow) => {
    expect(await strikeAll(blow, { afterwards: 'roll back' }, ({ pointsOfRefresh }) => pointsOfRefresh)).toEqual([]);
  });

  it.each(BLOWS)('%s: so does one whose synchronization fails', async (blow) => {
    const nearTheEnd = ({ pointsOfRefresh }: RefreshHistory) => pointsOfRefresh - 40;
    expect(await strikeAll(blow, { synchronizationFails: true }, nearTheEnd)).toEqual([]);
  });
});
