import { randomBytes, randomUUID } from 'node:crypto';
import { until } from '../../../local/support/until.ts';
import type { RowValue } from '../../../shared/environment-databases/conditions.ts';
import type { EnvironmentDatabases } from '../../../shared/environment-databases/port.ts';
import { openTsqlDatabases } from '../../../shared/environment-databases/sqlserver/databases.ts';
import type { CopyRequest, Platform } from '../../../shared/environment-databases/sqlserver/platform.ts';
import { systemClock } from '../../../shared/platform/clock/system.ts';
import { connect } from '../../../shared/sql/sqlserver/connect.ts';
import { quoteName } from '../../../shared/sql/sqlserver/names.ts';
import { onConnection, type Session, text } from '../../../shared/sql/sqlserver/session.ts';
import { type EnvironmentHarness, RANGE_ROWS, type Row, type Tables } from './harness.ts';

const DROPPED_WITHIN_MS = 30_000;

/**
 * What rules do inside of a copy, on whatever server speaks T-SQL: the copy itself is made table by table here, for servers of the
 * Babelfish kind have neither backups nor AS COPY OF, and nobody is let in or kept out.
 */
export async function makeSqlServerScrubbing(server: string): Promise<EnvironmentHarness> {
  const made = new Map<string, Tables>();
  const mark = randomBytes(4).toString('hex');
  const inside = <T>(database: string, work: (session: Session) => Promise<T>): Promise<T> => {
    const pool = connect(server, { database, maxConnections: 1 });
    return onConnection(pool, work).finally(() => pool.end());
  };
  /** `shapes`: rows whose values say what types the columns have. */
  const make = async (name: string, shapes: Tables, tables: Tables = shapes) => {
    await inside('master', (session) => session.run(`CREATE DATABASE ${quoteName(name)}`));
    made.set(name, shapes);
    await inside(name, async (session) => {
      for (const [table, rows] of Object.entries(tables)) {
        await session.run(`CREATE TABLE dbo.${quoteName(table)} (${columnsOf(shapes[table] ?? [])})`);
        for (const row of rows) await insertInto(session, table, row);
      }
    });
  };
  const rowsOf = (database: string, table: string) =>
    inside(database, async (session) => {
      // By number: servers of the Babelfish kind tell all names in small letters, and some wrongly.
      const names = Object.keys(made.get(database)?.[table]?.[0] ?? EMPTY);
      const columns = names.map((name, k) => `${quoteName(name)} AS c${k}`).join(', ');
      const rows = await session.query<Record<string, RowValue>>(
        `SELECT ${columns} FROM dbo.${quoteName(table)} ORDER BY [RECID]`,
      );
      const cells = (row: Record<string, RowValue>) => names.map((name, k) => [name, row[`c${k}`] ?? null] as const);
      return rows.map((row): Row => {
        const named = Object.fromEntries(cells(row));
        return { ...named, RECID: Number(named.RECID) };
      });
    });
  const copy = async ({ source, name, watch, cancelled }: CopyRequest) => {
    const from = /Initial Catalog=([^;]*)$/.exec(source)?.[1] ?? '';
    const tables = Object.keys(made.get(from) ?? {});
    const rows = await Promise.all(tables.map(async (table) => [table, await rowsOf(from, table)] as const));
    watch({ doneBytes: 1, totalBytes: 1 });
    cancelled.throwIfAborted();
    await make(name, made.get(from) ?? {}, Object.fromEntries(rows));
  };
  const opened: { close(): Promise<void> }[] = [];
  let number = 0;
  const unasked = () => Promise.reject(new Error('not asked of this server'));
  return {
    async open() {
      const options = { clock: systemClock, newId: randomUUID, rangeRows: RANGE_ROWS };
      const one = await openTsqlDatabases(() => platformWith(copy), options)(server);
      opened.push(one);
      return spelling(one, made);
    },
    connection: (name) => `${server};Initial Catalog=${name}`,
    async create(tables) {
      number += 1;
      const name = `environment_${mark}_${number}`;
      await make(name, tables);
      return name;
    },
    rows: rowsOf,
    async change(database, table, recId, column, value) {
      const statement = `UPDATE dbo.${quoteName(table)} SET ${quoteName(column)} = @value WHERE [RECID] = ${recId}`;
      await inside(database, (session) =>
        session.query(statement, { value: text(value === null ? null : String(value)) }),
      );
    },
    async insert(database, table, row) {
      await inside(database, (session) => insertInto(session, table, row));
    },
    enters: unasked,
    isInside: unasked,
    leaveHalfCopy: unasked,
    // Babelfish's catalog tells names in a code page.
    tells: (name) => /^[\0-\xff]*$/.test(name),
    async close() {
      await Promise.all(opened.map((one) => one.close()));
      const drop = (name: string) =>
        inside('master', (session) => session.run(`DROP DATABASE IF EXISTS ${quoteName(name)}`)).then(
          () => true,
          () => false,
        );
      // Connections that are being closed are still in use for a moment.
      for (const name of made.keys()) await until(() => drop(name), DROPPED_WITHIN_MS);
    },
  };
}

/** The columns of a table that is made without rows. */
const EMPTY: Row = { RECID: 0, VALUE: null };

/** The same databases, which tell names of tables as they were given: servers of the Babelfish kind forget the case of letters. */
function spelling(databases: EnvironmentDatabases, made: ReadonlyMap<string, Tables>): EnvironmentDatabases {
  const names = () => {
    const tables = [...made.values()].flatMap((of) => Object.entries(of));
    const columns = tables.flatMap(([table, [row = EMPTY]]) => Object.keys(row).map((column) => `${table}.${column}`));
    return new Map([...tables.map(([table]) => `dbo.${table}`), ...columns].map((name) => [name.toLowerCase(), name]));
  };
  const spelled = (name: string) => names().get(name.toLowerCase()) ?? name;
  return new Proxy(databases, {
    get(target, property) {
      if (property === 'applyRule')
        return async (...given: Parameters<EnvironmentDatabases['applyRule']>) => {
          const outcome = await target.applyRule(...given);
          return { ...outcome, tables: outcome.tables.map(spelled) };
        };
      if (property === 'verifyRule')
        return async (...given: Parameters<EnvironmentDatabases['verifyRule']>) =>
          (await target.verifyRule(...given)).map((found) => ({ ...found, table: spelled(found.table) }));
      if (property === 'unknownColumns')
        return async (...given: Parameters<EnvironmentDatabases['unknownColumns']>) =>
          (await target.unknownColumns(...given)).map(spelled);
      const value: unknown = Reflect.get(target, property);
      return typeof value === 'function' ? value.bind(target) : value;
    },
  });
}

/** Doors are no matter here. */
function platformWith(copy: (request: CopyRequest) => Promise<void>): Platform {
  const nothing = async () => undefined;
  return {
    idText: 'CAST(d.database_id AS varchar(20))',
    joined: '',
    alone: (_server, _name, work) => work(),
    makeCopy: (_server, request) => copy(request),
    restore: nothing,
    restrict: nothing,
    admitAll: nothing,
    forget: nothing,
    logins: async () => new Map(),
    freeBytes: async () => null,
    administrators: async () => [],
    missingServerRights: async () => [],
    uncopied: async () => [],
  };
}

function columnsOf(rows: readonly Row[]): string {
  const names = Object.keys(rows[0] ?? EMPTY);
  return names
    .map(
      (name) =>
        `${quoteName(name)} ${typeOf(
          name,
          rows.map((row) => row[name] ?? null),
        )}`,
    )
    .join(', ');
}

function typeOf(column: string, values: readonly RowValue[]): string {
  if (column === 'RECID') return 'bigint NOT NULL PRIMARY KEY';
  if (values.some((value) => typeof value === 'number')) return 'int NULL';
  return values.some((value) => typeof value === 'boolean') ? 'bit NULL' : 'nvarchar(200) NULL';
}

async function insertInto(session: Session, table: string, row: Row): Promise<void> {
  const entries = Object.entries(row);
  const names = entries.map(([name]) => quoteName(name)).join(', ');
  const values = entries.map((_, k) => `@v${k}`).join(', ');
  const parameters = entries.map(([, value], k) => [`v${k}`, text(value === null ? null : cellText(value))] as const);
  await session.query(
    `INSERT INTO dbo.${quoteName(table)} (${names}) VALUES (${values})`,
    Object.fromEntries(parameters),
  );
}

function cellText(value: string | number | boolean): string {
  return typeof value === 'boolean' ? (value ? '1' : '0') : String(value);
}
