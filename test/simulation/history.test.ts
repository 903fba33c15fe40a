import { describe, expect, it } from 'vitest';
import { History } from './history.ts';

const SEEDS = 200;

async function run(seed: number): Promise<string> {
  const history = new History(seed);
  try {
    await history.run();
  } catch (error) {
    throw new Error(`seed ${seed}: ${(error as Error).message}`, { cause: error });
  }
  return history.trace.hash;
}

describe('any history of losses, crashes, refusals and restores', () => {
  it(`of the seeds 1 to ${SEEDS} ends as it should`, async () => {
    for (let seed = 1; seed <= SEEDS; seed++) await run(seed);
  });

  it('is the same for the same seed', async () => {
    expect(await run(7)).toEqual(await run(7));
  });
});
