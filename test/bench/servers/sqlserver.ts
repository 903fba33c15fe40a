import { randomBytes } from 'node:crypto';
import { createDatabase, dropDatabase } from '../../../local/databases/server.ts';
import type { Column } from '../../../shared/dataverse/columns.ts';
import { SqlServerDestination } from '../../../shared/destination/sqlserver/destination.ts';
import {
  columnType,
  ID,
  objectNames,
  SINK_CREATED_ON,
  SINK_MODIFIED_ON,
} from '../../../shared/destination/sqlserver/dialect.ts';
import { rowShape } from '../../../shared/destination/sqlserver/staging.ts';
import { connect, type SqlServerPool } from '../../../shared/sql/sqlserver/connect.ts';
import { quoteName, quoteTable } from '../../../shared/sql/sqlserver/names.ts';
import { inTransaction, onConnection, type Parameter, type Session } from '../../../shared/sql/sqlserver/session.ts';
import type { Kind } from '../rows.ts';
import type { Rows, Server } from './server.ts';

/** A database of its own on the server that the connection string names. */
export async function withSqlServer(address: string, work: (server: Server) => Promise<void>): Promise<void> {
  const name = `freshet_bench_${randomBytes(6).toString('hex')}`;
  const pool = connect(await createDatabase(address, name));
  try {
    await work(serverOn(pool));
  } finally {
    await pool.end();
    // What went wrong before matters more.
    await dropDatabase(address, name).catch((error: unknown) => console.error(`${name} is left behind: ${error}`));
  }
}

const NEAR_IDS = 10_000;
const SPREAD_IDS = 20_000;
/** A statement that adds more would hold as many locks. */
const FILL_AT_ONCE = 250_000;

function serverOn(pool: SqlServerPool): Server {
  const all = (question: string) => onConnection(pool, (session) => session.query(question));
  const run = (statement: string) => onConnection(pool, (session) => session.run(statement));
  return {
    limits: {
      'apply.insert': { ratioToCopy: '>= 0.3', ratioToNaive: '>= 20' },
      'apply.update': { ratioToCopy: '>= 0.3', ratioToNaive: '>= 20' },
    },
    open(kind, address) {
      const names = objectNames(address);
      return {
        destination: new SqlServerDestination(pool, address),
        table: quoteTable(names.entity(kind.entity.logicalName)),
        retry: quoteTable(names.retry),
      };
    },
    ask: async (question) => (await all(question))[0] ?? {},
    async empty() {
      const objects = await all(
        `SELECT 1 AS place, 'PROCEDURE' AS kind, ROUTINE_NAME AS name FROM INFORMATION_SCHEMA.ROUTINES WHERE ROUTINE_SCHEMA = 'dbo'
         UNION ALL SELECT 2, 'TABLE', TABLE_NAME FROM INFORMATION_SCHEMA.TABLES WHERE TABLE_SCHEMA = 'dbo'
         UNION ALL SELECT 3, 'TYPE', name FROM sys.table_types ORDER BY place`,
      );
      for (const { kind, name } of objects)
        await run(`DROP ${kind} ${quoteTable({ schema: 'dbo', name: String(name) })}`);
    },
    // The server does both by itself.
    analyze: async () => undefined,
    settle: async () => undefined,
    // With the key: what has none can be filled, but never be changed by its id.
    createLoaded: (name, { columns }) => run(createTable(name, columns, stagedType)),
    loader(name, { columns }, rows) {
      const { cells } = rowShape(columns);
      const load = cells.map(({ cell, load: how }) => ({ name: columns[cell]?.name ?? '', ...how }));
      const values = staged(columns, rows);
      return () => inTransaction(pool, (session) => session.load(`dbo.${name}`, load, values));
    },
    createKeyed: (name, { columns }) => run(createTable(name, columns, columnType)),
    async upsertEach(name, { columns }, rows) {
      const statement = upsertStatement(name, columns);
      await onConnection(pool, async (session) => {
        for (const row of rows) await session.query(statement, parametersOf(columns, row));
      });
    },
    fill: (table, kind, rows) => onConnection(pool, (session) => fill(session, table, kind, rows)),
    async ids(table, place) {
      const id = quoteName(ID);
      const rows =
        place === 'near'
          ? await all(`SELECT TOP ${NEAR_IDS} ${id} AS id FROM ${table} ORDER BY ${id}`)
          : await all(`SELECT TOP ${SPREAD_IDS} ${id} AS id FROM ${table} ORDER BY NEWID()`);
      return rows.map((row) => String(row.id));
    },
    upsertBare: (table, column, rows) =>
      inTransaction(pool, async (session) => {
        await session.run('CREATE TABLE #bare (id uniqueidentifier NOT NULL, text nvarchar(max) NULL)');
        const { cells } = rowShape([idColumn, textColumn]);
        const load = cells.map(({ load: how }, k) => ({ name: k === 0 ? 'id' : 'text', ...how }));
        await session.load('#bare', load, rows);
        const [id, name] = [quoteName(ID), quoteName(column)];
        await session.run(`UPDATE t SET ${name} = b.text FROM ${table} t INNER JOIN #bare b ON t.${id} = b.id;
          INSERT INTO ${table} (${id}, ${name}) SELECT b.id, b.text FROM #bare b
          WHERE NOT EXISTS (SELECT 1 FROM ${table} t WHERE t.${id} = b.id);
          DROP TABLE #bare`);
      }),
  };
}

const idColumn: Column = { name: 'id', attribute: 'id', type: 'uuid' } as Column;
const textColumn: Column = { name: 'text', attribute: 'text', type: 'text' } as Column;

/** In the types that rows are staged in: the server converts nothing. */
function stagedType(column: Column): string {
  return rowShape([idColumn, column]).cells.find(({ cell }) => cell === 1)?.type ?? columnType(column);
}

function staged(columns: readonly Column[], rows: Rows): unknown[][] {
  const { cells } = rowShape(columns);
  return rows.map((row) => cells.map(({ cell, value }) => (row[cell] == null ? null : value(row[cell]))));
}

function createTable(name: string, columns: readonly Column[], typeOf: (column: Column) => string) {
  const definitions = columns.map((column, k) => {
    const key = k === 0 ? ' NOT NULL PRIMARY KEY' : ' NULL';
    return `${quoteName(column.name)} ${typeOf(column)}${key}`;
  });
  return `CREATE TABLE dbo.${name} (${definitions.join(', ')})`;
}

function upsertStatement(name: string, columns: readonly Column[]): string {
  const names = columns.map((column) => quoteName(column.name));
  const changes = names.slice(1).map((one, k) => `${one} = @c${k + 1}`);
  return `UPDATE dbo.${name} SET ${changes.join(', ')} WHERE ${names[0]} = @c0;
    IF @@ROWCOUNT = 0 INSERT INTO dbo.${name} (${names.join(', ')}) VALUES (${names.map((_, k) => `@c${k}`).join(', ')})`;
}

function parametersOf(columns: readonly Column[], row: Rows[number]): Record<string, Parameter> {
  const { cells } = rowShape(columns);
  return Object.fromEntries(
    cells.map(({ cell, load, value }): [string, Parameter] => [
      `c${cell}`,
      { type: load.type, value: row[cell] == null ? null : value(row[cell]) },
    ]),
  );
}

/** A first row, and then what stands again and again. */
async function fill(session: Session, table: string, kind: Kind, rows: number): Promise<void> {
  const names = kind.columns.slice(1).map((column) => quoteName(column.name));
  const own = [ID, SINK_CREATED_ON, SINK_MODIFIED_ON].map(quoteName);
  const values = names.map((_, k) => `@c${k + 1}`);
  await session.query(
    `INSERT INTO ${table} (${[...own, ...names].join(', ')}) VALUES (NEWID(), GETUTCDATE(), GETUTCDATE(), ${values.join(', ')})`,
    Object.fromEntries(Object.entries(parametersOf(kind.columns, kind.row('', 1))).filter(([name]) => name !== 'c0')),
  );
  for (let standing = 1; standing < rows; ) {
    const more = Math.min(standing, rows - standing, FILL_AT_ONCE);
    await session.run(`INSERT INTO ${table} (${[...own, ...names].join(', ')})
      SELECT TOP ${more} NEWID(), ${[...own.slice(1), ...names].join(', ')} FROM ${table}`);
    standing += more;
  }
}
