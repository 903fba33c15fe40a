import { randomBytes } from 'node:crypto';
import pg from 'pg';
import type { RowValue } from '../../../shared/environment-databases/conditions.ts';
import { openPostgresDatabases } from '../../../shared/environment-databases/postgres/databases.ts';
import { quoteName } from '../../../shared/sql/postgres/names.ts';
import { type EnvironmentHarness, RANGE_ROWS, type Row } from './harness.ts';

export interface PostgresEnvironmentHarness extends EnvironmentHarness {
  /** The server's own names of users, for what a suite calls them; `runbook` and `owner` among them. */
  role(user: string): string;
  /** What the user's own session reads of "Table". */
  rowsSeenBy(user: string, database: string): Promise<Row[]>;
  /** As an administrator. */
  query<T extends pg.QueryResultRow>(database: string, text: string, values?: readonly unknown[]): Promise<T[]>;
}

const PASSWORD = 'a password';

/**
 * The runbook is no superuser: it may make databases, act as the owner of the target and end sessions; it reads the
 * source with another login that may read everything there.
 */
export async function makePostgresEnvironments(server: string): Promise<PostgresEnvironmentHarness> {
  const mark = randomBytes(4).toString('hex');
  const role = (user: string) => `${user}_${mark}`;
  const urlOf = (name: string, user: string, password = PASSWORD) => {
    const url = new URL(server);
    url.username = encodeURIComponent(user);
    url.password = encodeURIComponent(password);
    url.pathname = `/${encodeURIComponent(name)}`;
    return url.href;
  };
  const as = async <T>(connectionString: string, work: (client: pg.Client) => Promise<T>): Promise<T> => {
    const client = new pg.Client({ connectionString });
    client.on('error', () => undefined);
    await client.connect();
    try {
      return await work(client);
    } finally {
      await client.end();
    }
  };
  const inside = (name: string) => {
    const url = new URL(server);
    url.pathname = `/${encodeURIComponent(name)}`;
    return url.href;
  };
  const query = <T extends pg.QueryResultRow>(name: string, text: string, values: readonly unknown[] = []) =>
    as(inside(name), async (client) => (await client.query<T>(text, [...values])).rows);
  const onServer = (text: string) => query('postgres', text);

  const roles = new Set<string>();
  const login = async (user: string, options = '') => {
    if (roles.has(role(user))) return;
    roles.add(role(user));
    await onServer(`CREATE ROLE ${quoteName(role(user))} LOGIN PASSWORD '${PASSWORD}' ${options}`);
  };
  await login('owner');
  await login('runbook', `CREATEDB IN ROLE ${quoteName(role('owner'))}, pg_signal_backend`);
  await login('reader', 'BYPASSRLS IN ROLE pg_read_all_data');
  let made = 0;
  const opened: { close(): Promise<void> }[] = [];
  const sessions: { user: string; client: pg.Client; ended: boolean }[] = [];

  return {
    role,
    query,
    async open() {
      const one = await openPostgresDatabases({ rangeRows: RANGE_ROWS })(urlOf('postgres', role('runbook')));
      opened.push(one);
      return one;
    },
    connection: (name) => urlOf(name, role('reader')),
    async create(tables, users = []) {
      const name = `environment ${mark} "${made}"`;
      made += 1;
      const owner = quoteName(role('owner'));
      const database = quoteName(name);
      for (const user of users) await login(user);
      const names = ['reader', ...users].map((user) => quoteName(role(user)));
      await as(inside('postgres'), async (client) => {
        await client.query(`CREATE DATABASE ${database} OWNER ${owner}`);
        await client.query(
          `REVOKE ALL ON DATABASE ${database} FROM PUBLIC; GRANT CONNECT ON DATABASE ${database} TO ${names}`,
        );
      });
      await as(inside(name), async (client) => {
        await client.query(`CREATE SCHEMA dbo AUTHORIZATION ${owner}; GRANT USAGE ON SCHEMA dbo TO ${names}`);
        for (const [table, rows] of Object.entries(tables)) {
          await client.query(
            `CREATE TABLE dbo.${quoteName(table)} (${columnsOf(rows)}); ALTER TABLE dbo.${quoteName(table)} OWNER TO ${owner}`,
          );
          await client.query(insertion(table), [JSON.stringify(rows)]);
        }
        await client.query(`GRANT SELECT ON ALL TABLES IN SCHEMA dbo TO ${names}`);
      });
      return name;
    },
    async rows(database, table) {
      const rows = await query<{ row: Row }>(database, rowsOf(table));
      return rows.map(({ row }) => row);
    },
    rowsSeenBy: (user, database) =>
      as(urlOf(database, role(user)), async (client) =>
        (await client.query<{ row: Row }>(rowsOf('Table'))).rows.map(({ row }) => row),
      ),
    async change(database, table, recId, column, value) {
      await query(database, `UPDATE dbo.${quoteName(table)} SET ${quoteName(column)} = $2 WHERE "RECID" = $1`, [
        recId,
        value,
      ]);
    },
    async insert(database, table, row) {
      await query(database, insertion(table), [JSON.stringify([row])]);
    },
    async enters(database, user) {
      await login(user);
      const client = new pg.Client({ connectionString: urlOf(database, role(user)) });
      const session = { user, client, ended: false };
      client.on('error', () => undefined);
      client.on('end', () => {
        session.ended = true;
      });
      try {
        await client.connect();
        sessions.push(session);
        await client.query('SELECT count(*) FROM dbo."Table"');
        return true;
      } catch {
        return false;
      }
    },
    async isInside(user) {
      const alive = sessions
        .filter((session) => session.user === user && !session.ended)
        .map(({ client }) =>
          client.query('SELECT 1').then(
            () => true,
            () => false,
          ),
        );
      return (await Promise.all(alive)).includes(true);
    },
    async leaveHalfCopy(name) {
      await as(urlOf('postgres', role('runbook')), (client) =>
        client.query(`CREATE DATABASE ${quoteName(name)} ALLOW_CONNECTIONS false`),
      );
    },
    async close() {
      await Promise.all(opened.map((one) => one.close()));
      await Promise.all(sessions.filter(({ ended }) => !ended).map(({ client }) => client.end()));
      const owned = await query<{ name: string }>(
        'postgres',
        `SELECT datname AS name FROM pg_database WHERE pg_get_userbyid(datdba) = ANY ($1)`,
        [[...roles]],
      );
      for (const { name } of owned) await onServer(`DROP DATABASE ${quoteName(name)} WITH (FORCE)`);
      for (const one of roles) await onServer(`DROP ROLE ${quoteName(one)}`);
    },
  };
}

function rowsOf(table: string): string {
  return `SELECT to_jsonb(t) AS row FROM dbo.${quoteName(table)} t ORDER BY "RECID"`;
}

function columnsOf(rows: readonly Row[]): string {
  const names = Object.keys(rows[0] ?? { RECID: 0 });
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
  if (column === 'RECID') return 'bigint PRIMARY KEY';
  if (values.some((value) => typeof value === 'number')) return 'integer';
  return values.some((value) => typeof value === 'boolean') ? 'boolean' : 'varchar(200)';
}

/** Takes rows as JSON. */
function insertion(table: string): string {
  return `INSERT INTO dbo.${quoteName(table)} SELECT * FROM jsonb_populate_recordset(NULL::dbo.${quoteName(table)}, $1)`;
}
