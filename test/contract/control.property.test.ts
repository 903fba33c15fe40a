import fc from 'fast-check';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { createMemoryControl } from '../../shared/control/memory/control.ts';
import { type TestDatabase, testDatabase } from './control/database.ts';
import type { ControlUnderTest } from './control/kit.ts';
import { everything, histories } from './control/steps.ts';

/** Far enough from 0 that nothing seems to be older than the clock. */
const BEGINNING = 1_700_000_000_000;
const RUNS = Number(process.env.FRESHET_PROPERTY_RUNS ?? 40);

let database: TestDatabase;
beforeAll(async () => {
  database = await testDatabase(BEGINNING);
});
afterAll(() => database.close());

function inMemory(now: number): ControlUnderTest {
  let time = now;
  const clock = { now: () => time };
  const advance = (ms: number) => {
    time += ms;
  };
  return { control: createMemoryControl({ clock }), now: clock.now, advance };
}

it('memory and PostgreSQL answer alike, whatever the history', { timeout: 600_000 }, async () => {
  const alike = fc.asyncProperty(histories(80), async (steps) => {
    await database.empty();
    const memory = inMemory(database.now());
    for (const [number, step] of steps.entries()) {
      const expected = await step.run(memory, number);
      expect(await step.run(database, number), step.label).toEqual(expected);
    }
    expect(await everything(database.control)).toEqual(await everything(memory.control));
  });
  // A counterexample is told in time, as short as it is by then.
  await fc.assert(alike, { numRuns: RUNS, interruptAfterTimeLimit: 300_000 });
});
