import { describe, expect, it } from 'vitest';
import { History } from './history.ts';

const SEEDS = 200;
/** Seeds that failed once, each for a reason of its own. */
const REGRESSIONS: readonly number[] = [];

async function run(seed: number): Promise<readonly string[]> {
  const history = new History(seed);
  try {
    await history.run();
  } catch (error) {
    throw new Error(`seed ${seed}: ${(error as Error).message}`, { cause: error });
  }
  return history.trace;
}

describe('any history of losses, crashes, refusals and restores', () => {
  it.each(REGRESSIONS)('of seed %i ends with every destination equal to the source', async (seed) => {
    await run(seed);
  });

  it(`of the seeds 1 to ${SEEDS} ends with every destination equal to the source`, async () => {
    for (let seed = 1; seed <= SEEDS; seed++) await run(seed);
  });

  it('is the same for the same seed', async () => {
    expect(await run(7)).toEqual(await run(7));
  });
});
