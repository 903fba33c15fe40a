import { randomUUID } from 'node:crypto';
import { parseArgs } from 'node:util';

import { startPostgres } from '../../local/postgres/postgres.ts';
import { removePostgresData } from '../../local/postgres/remove.ts';
import type { Cell, Column } from '../../shared/dataverse/columns.ts';
import { rowCheck } from '../../shared/destination/cells.ts';
import type { RefusedEntry } from '../../shared/destination/model.ts';
import { PostgresDestination } from '../../shared/destination/postgres/destination.ts';
import { columnType, RANGE, tableNames } from '../../shared/destination/postgres/dialect.ts';
import { upsertRows } from '../../shared/destination/postgres/rows.ts';
import { arraySource, copySource, copyText, rowShape } from '../../shared/destination/postgres/staging.ts';
import { connect } from '../../shared/sql/postgres/connect.ts';
import { quoteTable } from '../../shared/sql/postgres/names.ts';
import { inTransaction, onConnection } from '../../shared/sql/postgres/session.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { report, round, summarize, timed } from './measure.ts';
import { batchesOf, COLUMNS, changedRows, ENTITY, makeRows } from './rows.ts';

/**
 * What applying costs, beside the limit (COPY into a bare table) and the naive way (row by row), on one server with the
 * durability of a real one. Compare ratios; seconds belong to the machine. `node test/bench/apply.ts [--only limit]`
 */
const { values: options } = parseArgs({
  options: { only: { type: 'string' }, repetitions: { type: 'string', default: '5' } },
});
const REPETITIONS = Number(options.repetitions);
const ROWS = 100_000;
const BATCH = 5_000;
const NAIVE_ROWS = 5_000;
const SMALL_BATCH = 500;

const shape = rowShape(COLUMNS);
const data = await temporaryFolder('bench');
const server = await startPostgres({ port: 0, data, databases: ['bench'], durable: true });
const pool = connect(server.url('bench'));

/** A destination under a prefix of its own, and batches that follow one another. */
class Subject {
  readonly destination: PostgresDestination;
  readonly table: string;
  readonly retry: string;
  #number = 0;

  constructor(prefix: string) {
    const address = { profileId: 'bench', schema: 'dbo', prefix };
    this.destination = new PostgresDestination(pool, address);
    this.table = quoteTable(tableNames(address).entity(ENTITY.logicalName));
    this.retry = quoteTable(tableNames(address).retry);
  }

  async begin(): Promise<this> {
    await this.destination.prepare({ deleteLog: false });
    await this.destination.shape(ENTITY);
    await this.destination.place(ENTITY.logicalName, null, { page: '0', number: 0 });
    return this;
  }

  async apply(rows: readonly Cell[][], refused: readonly RefusedEntry[] = []): Promise<void> {
    const expected = String(this.#number++);
    await this.destination.apply({
      entity: ENTITY.logicalName,
      expected,
      to: { page: String(this.#number), number: this.#number },
      columns: COLUMNS,
      rows,
      deletions: [],
      refused,
      begins: [],
      ends: [],
      deleteLog: false,
      read: rows.length + refused.length,
      now: Date.now(),
    });
  }

  async verify(expected: readonly (readonly Cell[])[]): Promise<void> {
    const sum = expected.reduce((total, row) => total + BigInt(String(row[VERSION])), 0n);
    const [found] = await ask(`SELECT count(*)::text AS rows, sum(versionnumber)::text AS sum FROM ${this.table}`);
    if (found?.rows !== String(expected.length) || found?.sum !== String(sum))
      throw new Error('a wrong table is not fast');
  }
}

const VERSION = COLUMNS.findIndex(({ name }) => name === 'versionnumber');
const ask = (text: string, values: readonly unknown[] = []) =>
  onConnection(pool, (session) => session.query(text, values));

/** Limit, Freshet and naive in one run, alternating. */
async function limit(): Promise<void> {
  const rows = makeRows(ROWS, 1);
  const changed = changedRows(rows, 1_000_000);
  const prepared = [...batchesOf(rows, BATCH)].map((batch) => [...copyText(shape, batch)]);
  const times = { copy: [] as number[], insert: [] as number[], update: [] as number[], naive: [] as number[] };
  for (let repetition = -1; repetition < REPETITIONS; repetition++) {
    await ask('DROP SCHEMA IF EXISTS dbo CASCADE');
    const subject = await new Subject('limit').begin();
    await ask(`CREATE TABLE dbo.bare (${COLUMNS.map((column) => `${column.name} ${columnType(column)}`).join(', ')})`);
    const copy = await timed(async () => {
      for (const chunks of prepared)
        await inTransaction(pool, (session) => session.copy('COPY dbo.bare FROM STDIN', chunks));
    });
    const applying = (all: readonly Cell[][]) => async () => {
      for (const batch of batchesOf(all, BATCH)) await subject.apply(batch);
    };
    const insert = await timed(applying(rows));
    await subject.verify(rows);
    await ask(`ANALYZE ${subject.table}`);
    const update = await timed(applying(changed));
    await subject.verify(changed);
    const naive = await timed(() => naiveUpserts(rows.slice(0, NAIVE_ROWS)));
    if (repetition < 0) continue; // warming up
    for (const [name, time] of Object.entries({ copy, insert, update, naive }))
      times[name as keyof typeof times].push(time);
  }
  const rate = (name: keyof typeof times) =>
    (name === 'naive' ? NAIVE_ROWS : ROWS) / (summarize(times[name]).medianMs / 1000);
  for (const name of ['copy', 'insert', 'update', 'naive'] as const) {
    const against = { ofCopy: round(rate(name) / rate('copy')), timesNaive: round(rate(name) / rate('naive')) };
    report(name, { rowsPerSecond: Math.round(rate(name)), ...against, ...summarize(times[name]) });
  }
}

/** The upsert a user would write, one row and one transaction at a time. */
async function naiveUpserts(rows: readonly Cell[][]): Promise<void> {
  await ask('DROP TABLE IF EXISTS dbo.naive');
  await ask(
    `CREATE TABLE dbo.naive (${COLUMNS.map((column) => `${column.name} ${columnType(column)}`).join(', ')}, PRIMARY KEY (accountid))`,
  );
  const names = COLUMNS.map(({ name }) => name);
  const text = `INSERT INTO dbo.naive (${names.join(', ')}) VALUES (${names.map((_, k) => `$${k + 1}`).join(', ')})
    ON CONFLICT (accountid) DO UPDATE SET ${names.map((name) => `${name} = excluded.${name}`).join(', ')}`;
  await onConnection(pool, async (session) => {
    for (const row of rows) await session.query(text, row);
  });
}

/**
 * The same small batch into a small and a large table, and again with many retries open in the large one. `near`: rows that
 * lie side by side, so that both tables touch as many pages; `spread`: rows all over a table that is larger than the
 * server's buffers, where each costs a page read and written whatever the statement is: `bare` shows how much.
 */
async function growth(): Promise<void> {
  await ask('DROP SCHEMA IF EXISTS dbo CASCADE');
  const small = await filled('small', 10_000);
  const large = await filled('large', 2_000_000);
  for (const retries of [0, 100_000]) {
    if (retries > 0) await large.subject.apply([], refusedEntries(retries));
    await ask('VACUUM ANALYZE');
    for (const place of ['near', 'spread'] as const) {
      const freshet = await compare(small, large, place, ({ subject }, rows) => subject.apply(rows));
      const bare = await compare(small, large, place, bareUpsert);
      report('growth', { place, retries, rows: SMALL_BATCH, ...freshet, bare });
    }
  }
}

interface Filled {
  readonly subject: Subject;
  readonly near: string[];
  readonly spread: string[];
}

async function filled(name: string, size: number): Promise<Filled> {
  const subject = await new Subject(name).begin();
  const names = COLUMNS.map((column) => column.name);
  const like = makeRows(1, 1)[0]?.slice(1) ?? [];
  const values = like.map((cell, k) => `'${cell}'::${columnType(COLUMNS[k + 1] as Column)}`);
  await ask(`INSERT INTO ${subject.table} (id, sinkcreatedon, sinkmodifiedon, ${names.join(', ')})
    SELECT id, now(), now(), id, ${values.join(', ')} FROM (SELECT gen_random_uuid() AS id FROM generate_series(1, ${size})) ids`);
  const idsOf = async (rest: string) => {
    const rows = await ask(`SELECT id FROM ${subject.table} ${rest}`);
    return shuffled(rows.map(({ id }) => String(id)));
  };
  const share = Math.min(100, 2_000_000 / size);
  return { subject, near: await idsOf('LIMIT 10000'), spread: await idsOf(`TABLESAMPLE BERNOULLI (${share})`) };
}

async function compare(
  small: Filled,
  large: Filled,
  place: 'near' | 'spread',
  write: (filled: Filled, rows: Cell[][]) => Promise<unknown>,
) {
  const times: [number[], number[]] = [[], []];
  for (let repetition = -5; repetition < 8 * REPETITIONS; repetition++) {
    for (const [k, one] of [small, large].entries()) {
      // Nine of ten rows stand already.
      const standing = one[place].splice(0, SMALL_BATCH * 0.9);
      one[place].push(...standing);
      const rows = [
        ...changedRows(
          standing.map((id) => [id]),
          5,
        ),
        ...makeRows(SMALL_BATCH - standing.length, 5),
      ];
      const time = await timed(() => write(one, rows));
      if (repetition >= 0) times[k]?.push(time);
    }
  }
  const [fewer, more] = [summarize(times[0]), summarize(times[1])];
  return { timesSmall: round(more.medianMs / fewer.medianMs), smallMs: fewer.medianMs, largeMs: more.medianMs };
}

/** The plainest upsert of the same ids that a server can be asked for. */
async function bareUpsert({ subject }: Filled, rows: Cell[][]): Promise<void> {
  await ask(
    `INSERT INTO ${subject.table} (id, description) SELECT id, description FROM unnest($1::uuid[], $2::text[]) AS r (id, description)
     ORDER BY id ON CONFLICT (id) DO UPDATE SET description = excluded.description`,
    [rows.map((row) => row[0]), rows.map((row) => row[DESCRIPTION])],
  );
}

const DESCRIPTION = COLUMNS.findIndex(({ name }) => name === 'description');

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

/** Arrays in the statement against COPY into a table of the transaction, by rows per batch. */
async function crossing(): Promise<void> {
  await ask('DROP SCHEMA IF EXISTS dbo CASCADE');
  await new Subject('crossing').begin();
  const table = tableNames({ profileId: 'bench', schema: 'dbo', prefix: 'crossing' }).entity(ENTITY.logicalName);
  const ways = {
    arrays: async (...[, rows]: Way) => arraySource(shape, rows, 1),
    copy: (...[session, rows]: Way) => copySource(session, shape, rows, 1),
  };
  for (const count of [1, 10, 50, 100, 200, 400, 800, 1_600]) {
    const times = { arrays: [] as number[], copy: [] as number[] };
    for (let repetition = -2; repetition < 8 * REPETITIONS; repetition++) {
      for (const [name, source] of Object.entries(ways)) {
        const rows = makeRows(count, 1);
        const time = await timed(() =>
          inTransaction(pool, async (session) => upsertRows(session, table, shape, await source(session, rows))),
        );
        if (repetition >= 0) times[name as keyof typeof times].push(time);
      }
    }
    report('crossing', {
      rows: count,
      arraysMs: summarize(times.arrays).medianMs,
      copyMs: summarize(times.copy).medianMs,
    });
  }
}

type Way = [session: Parameters<typeof copySource>[0], rows: readonly Cell[][]];

/** Work of this process alone, per row of twelve cells. */
async function client(): Promise<void> {
  const rows = makeRows(ROWS, 1);
  const check = rowCheck(COLUMNS, RANGE);
  const checking: number[] = [];
  const encoding: number[] = [];
  for (let repetition = -1; repetition < REPETITIONS; repetition++) {
    const checked = await timed(() => rows.filter((row) => check(row) !== null).length);
    const encoded = await timed(() => [...copyText(shape, rows)].length);
    if (repetition < 0) continue;
    checking.push(checked);
    encoding.push(encoded);
  }
  report('refusal', { nsPerCell: round((summarize(checking).medianMs * 1e6) / ROWS / COLUMNS.length) });
  report('copy text', { nsPerCell: round((summarize(encoding).medianMs * 1e6) / ROWS / COLUMNS.length) });
}

const measures = { client, limit, crossing, growth };
try {
  const [{ version } = {}] = await ask('SELECT version() AS version');
  report('machine', { node: process.version, postgres: String(version), at: new Date().toISOString() });
  for (const [name, measure] of Object.entries(measures)) if (!options.only || options.only === name) await measure();
} finally {
  await pool.end();
  await server.stop();
  await removePostgresData(data);
}
