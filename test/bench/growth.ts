import { randomUUID } from 'node:crypto';
import type { RefusedEntry } from '../../shared/destination/model.ts';
import { World } from '../support/world.ts';
import { type Figures, median, round, timed } from './figures.ts';
import type { Part } from './part.ts';
import { makeRows, rowsOf, TWELVE } from './rows.ts';
import type { Server } from './servers/server.ts';
import { withServer } from './servers/with-server.ts';
import { pageOfRows, Subject, storePages } from './subject.ts';

const SMALL_ROWS = 10_000;
const LARGE_ROWS = 2_000_000;
const BATCH_ROWS = 500;
const RETRIES = 100_000;
const WARMING_UP = 5;
const REPETITIONS = 40;
const VERSION = 5;

/**
 * The same small batch into a small and a large table, and again with many retries open in the large one. Rows that lie
 * side by side, so that both tables touch as many pages: `ratio`. `spread`: rows all over a table that is larger than the
 * server's buffers, where each costs a page read and written whatever the statement is; `spreadBare` shows how much.
 */
export const growth: Part = {
  names: ['growth'],
  anywhere: true,
  run: (figures) =>
    withServer(async (server) => {
      figures.progress('growth', 0, 2, 'filling the tables');
      const world = new World();
      const small = await filled(server, world, 'small', SMALL_ROWS);
      const large = await filled(server, world, 'large', LARGE_ROWS);
      await measure(server, figures, 'growth', world, small, large);
      await large.subject.refuse(refusedEntries(RETRIES));
      figures.progress('growth', 1, 2, 'with open retries');
      await measure(server, figures, 'growth.retries', world, small, large);
    }),
};

interface Filled {
  readonly subject: Subject;
  readonly near: string[];
  readonly spread: string[];
}

type Write = (filled: Filled, rows: ReturnType<typeof makeRows>) => Promise<() => Promise<unknown>>;

async function measure(
  server: Server,
  figures: Figures,
  name: string,
  world: World,
  small: Filled,
  large: Filled,
): Promise<void> {
  await server.settle();
  const freshet: Write = async ({ subject }, rows) => {
    const pages = await storePages(world, [pageOfRows(rows)]);
    return () => subject.apply(pages);
  };
  const bare: Write =
    async ({ subject }, rows) =>
    () =>
      server.upsertBare(
        subject.table,
        'description',
        rows.map((row) => [String(row[0]), row[DESCRIPTION] ?? null] as const),
      );
  const near = await compare(small, large, 'near', freshet);
  const spread = await compare(small, large, 'spread', freshet);
  const spreadBare = await compare(small, large, 'spread', bare);
  const values = { ...near, spread: spread.ratio, spreadBare: spreadBare.ratio };
  figures.report(name, values, { ratio: '<= 1.5' });
}

async function filled(server: Server, world: World, name: string, size: number): Promise<Filled> {
  const subject = await Subject.begin(server, TWELVE, name, world);
  await server.fill(subject.table, TWELVE, size);
  const { table } = subject;
  return {
    subject,
    near: shuffled(await server.ids(table, 'near')),
    spread: shuffled(await server.ids(table, 'spread')),
  };
}

async function compare(small: Filled, large: Filled, place: 'near' | 'spread', write: Write) {
  const times: [number[], number[]] = [[], []];
  for (let repetition = -WARMING_UP; repetition < REPETITIONS; repetition++) {
    for (const [k, one] of [small, large].entries()) {
      // Nine of ten rows stand already.
      const standing = one[place].splice(0, BATCH_ROWS * 0.9);
      one[place].push(...standing);
      const created = makeRows(TWELVE, BATCH_ROWS - standing.length, VERSION);
      const work = await write(one, [...rowsOf(TWELVE, standing, VERSION), ...created]);
      const time = await timed(work);
      if (repetition >= 0) times[k]?.push(time);
    }
  }
  const [smallMs, largeMs] = [median(times[0]), median(times[1])];
  return { ratio: round(largeMs / smallMs), smallMs, largeMs };
}

const DESCRIPTION = TWELVE.columns.findIndex(({ name }) => name === 'description');

function refusedEntries(count: number): RefusedEntry[] {
  return Array.from({ length: count }, (_, k) => ({
    id: randomUUID(),
    deletion: false,
    blob: `retries/${k}`,
    code: 'RECORD_REFUSED',
    reason: 'a rule forbids it',
    notifiedAt: null,
    dueAt: k,
  }));
}

function shuffled<T>(items: readonly T[]): T[] {
  return items
    .map((item) => [Math.random(), item] as const)
    .sort(([a], [b]) => a - b)
    .map(([, item]) => item);
}
