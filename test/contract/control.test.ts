import { afterAll, beforeAll } from 'vitest';
import { createMemoryControl } from '../../shared/control/memory/control.ts';
import { type TestDatabase, testDatabase } from './control/database.ts';
import { describeControl } from './control.suite.ts';

const BEGINNING = 1_700_000_000_000;

describeControl('memory', async () => {
  let now = BEGINNING;
  const clock = { now: () => now };
  const advance = (ms: number) => {
    now += ms;
  };
  return { control: createMemoryControl({ clock }), now: clock.now, advance };
});

let database: TestDatabase;
beforeAll(async () => {
  database = await testDatabase(BEGINNING);
});
afterAll(() => database.close());

describeControl('PostgreSQL', async () => {
  await database.empty();
  return database;
});
