import { setTimeout as pause } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { seededRandom } from '../../local/dataverse/model/random.ts';
import type { Cell } from '../../shared/dataverse/columns.ts';
import type { Destination } from '../../shared/destination/port.ts';
import { isFreshetError } from '../../shared/errors/error.ts';
import { SQL_SERVER } from '../support/sqlserver.ts';
import { ACCOUNT, Chain, COLUMNS, idOf, rowOf } from './destination/harness.ts';
import { makeSqlServerHarness, type SqlServerHarness } from './destination/sqlserver.harness.ts';

const WORKERS = 8;
const SECONDS = Number(process.env.FRESHET_CROWD_SECONDS ?? 120);
const IDS = 3_000;
const PAGE_ROWS = 200;
/** As the export does on the spot, before a destination counts as unavailable. */
const DEADLOCKS_IN_A_ROW = 3;
const DEADLOCK = '1205';

/** What a page of the log holds: always the same for its number, so that whoever applies it writes the same. */
function contentOf(number: number): { rows: Cell[][]; deletions: string[] } {
  const random = seededRandom(number);
  const ids = new Set(Array.from({ length: PAGE_ROWS }, () => idOf(Math.floor(random() * IDS))));
  const deletions = [...ids].filter(() => random() < 0.15);
  const rows = [...ids]
    .filter((id) => !deletions.includes(id))
    .map((id) => rowOf(id, { name: `of ${number}`, versionnumber: number, revenue: '12.50' }));
  return { rows, deletions };
}

/** Every worker applies what follows the position, as if each had rung the same bell. */
describe.skipIf(!SQL_SERVER)('FRESHET_TEST_MSSQL: a table in demand', () => {
  let harness: SqlServerHarness;
  beforeEach(async () => {
    harness = await makeSqlServerHarness();
    await new Chain(harness.open()).begin();
  });
  afterEach(() => harness.close());

  it(`of ${WORKERS} workers none meets a deadlock that lasts, nothing is lost or doubled, and counters are exact`, {
    timeout: (SECONDS + 120) * 1_000,
  }, async () => {
    const table = '[dbo].[crm_account]';
    await harness.run('CREATE TABLE [dbo].[seen] (n int IDENTITY(1, 1) PRIMARY KEY, id uniqueidentifier NOT NULL)');
    await harness.run(`CREATE INDEX [of_the_customer] ON ${table} ([name], [revenue])`);
    await harness.run(
      `CREATE TRIGGER [dbo].[watch] ON ${table} AFTER INSERT, UPDATE AS INSERT INTO [dbo].[seen] (id) SELECT [Id] FROM inserted`,
    );
    const destinations = Array.from({ length: WORKERS }, () => harness.open());
    // One after the other: servers of the Babelfish kind take a second of their processor for the first statement of each connection.
    for (const destination of destinations) await destination.positions();
    const until = performance.now() + SECONDS * 1_000;
    const workers = destinations.map((destination) => work(destination, until));
    const readers = [report(harness, table, until), report(harness, table, until)];
    const applied = (await Promise.all(workers)).reduce((sum, pages) => sum + pages, 0);
    const looks = await Promise.all(readers);

    const position = await new Chain(harness.open()).position();
    const expected = new Map<string, string>();
    let read = 0;
    let written = 0;
    for (let number = 1; number <= (position?.number ?? 0); number++) {
      const { rows, deletions } = contentOf(number);
      for (const row of rows) expected.set(String(row[0]), `of ${number}`);
      for (const id of deletions) expected.delete(id);
      read += rows.length + deletions.length;
      written += rows.length;
    }
    const standing = await harness.rows(ACCOUNT);
    expect(new Map(standing.map(({ id, cells }) => [id, cells.name]))).toEqual(expected);
    expect(applied).toBe(position?.number);
    expect(position?.counters).toMatchObject({ read, retrying: 0, failed: 0, regressed: 0 });
    const [seen] = await harness.ask<{ count: number }>('SELECT COUNT(*) AS [count] FROM [dbo].[seen]');
    expect(seen?.count).toBe(written);
    expect(Math.min(...looks)).toBeGreaterThan(0);
  });

  it('a report that reads the whole table in one transaction holds nobody up, and is held up by nobody', async () => {
    const chain = new Chain(harness.open());
    const ids = Array.from({ length: 2_000 }, (_, k) => idOf(k));
    await chain.apply({ rows: ids.map((id) => rowOf(id, { name: 'first' })) });
    await harness.reading(async (look) => {
      const before = await look('SELECT COUNT(*) AS rows, MIN([name]) AS name FROM [dbo].[crm_account]');
      for (let round = 1; round <= 5; round++)
        await chain.apply({ rows: ids.map((id) => rowOf(id, { name: `round ${round}` })) });
      const after = await look('SELECT COUNT(*) AS rows, MIN([name]) AS name FROM [dbo].[crm_account]');
      expect([before, after]).toEqual([
        { rows: 2_000, name: 'first' },
        { rows: 2_000, name: 'first' },
      ]);
    });
    const names = new Set((await harness.rows(ACCOUNT)).map(({ cells }) => cells.name));
    expect(names).toEqual(new Set(['round 5']));
  });
});

/** How many pages this one applied. */
async function work(destination: Destination, until: number): Promise<number> {
  let applied = 0;
  let deadlocks = 0;
  while (performance.now() < until) {
    const position = (await destination.positions())?.find(({ entity }) => entity === ACCOUNT.logicalName);
    if (!position) throw new Error('there is no position');
    const number = position.number + 1;
    const { rows, deletions } = contentOf(number);
    const to = { page: `page-${number}`, number };
    const read = rows.length + deletions.length;
    const common = { refused: [], begins: [], ends: [], deleteLog: false, now: Date.now() };
    const batch = {
      ...common,
      entity: ACCOUNT.logicalName,
      expected: position.page,
      to,
      columns: COLUMNS,
      rows,
      deletions,
      read,
    };
    try {
      await destination.apply(batch);
      applied += 1;
      deadlocks = 0;
    } catch (error) {
      if (isFreshetError(error, 'POSITION_MOVED')) continue;
      deadlocks += 1;
      if (!isDeadlock(error) || deadlocks > DEADLOCKS_IN_A_ROW) throw error;
    }
  }
  return applied;
}

function isDeadlock(error: unknown): boolean {
  return isFreshetError(error, 'DESTINATION_UNAVAILABLE') && String(error.values.number) === DEADLOCK;
}

/** A user of reports, who reads all of it again and again: how often he could. */
async function report(harness: SqlServerHarness, table: string, until: number): Promise<number> {
  let looks = 0;
  while (performance.now() < until) {
    await harness.ask(`SELECT [name], COUNT(*) AS rows, SUM([revenue]) AS revenue FROM ${table} GROUP BY [name]`);
    looks += 1;
    await pause(20);
  }
  return looks;
}
