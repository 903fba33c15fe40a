import { randomBytes } from 'node:crypto';
import pg from 'pg';
import type { RowValue } from '../../../shared/environment-databases/conditions.ts';
import { openPostgresDatabases } from '../../../shared/environment-databases/postgres/databases.ts';
import { quoteName } from '../../../shared/sql/postgres/names.ts';
import { type EnvironmentHarness, RANGE_ROWS, type Row } from './harness.ts';

export interface PostgresEnvironmentHarness extends EnvironmentHarness {
  /** The server's own names of users, for what a suite calls them; `runbook` and `owner` among them. */
  role(user: string): string;
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
  const databases = new Set<string>();
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
      const name = `environment ${mark} "${databases.size}"`;
      databases.add(name);
      await onServer(`CREATE DATABASE ${quoteName(name)} OWNER ${quoteName(role('owner'))}`);
      await onServer(`REVOKE ALL ON DATABASE ${quoteName(name)} FROM PUBLIC`);
      await onServer(`GRANT CONNECT ON DATABASE ${quoteName(name)} TO ${quoteName(role('reader'))}`);
      const owner = quoteName(role('owner'));
      await query(name, `CREATE SCHEMA dbo AUTHORIZATION ${owner}`);
      for (const [table, rows] of Object.entries(tables)) await makeTable(query, name, table, rows, owner);
      for (const user of users) {
        await login(user);
        await onServer(`GRANT CONNECT ON DATABASE ${quoteName(name)} TO ${quoteName(role(user))}`);
        await query(
          name,
          `GRANT USAGE ON SCHEMA dbo TO ${quoteName(role(user))}; GRANT SELECT ON ALL TABLES IN SCHEMA dbo TO ${quoteName(role(user))}`,
        );
      }
      return name;
    },
    async rows(database, table) {
      const rows = await query<{ row: Row }>(
        database,
        `SELECT to_jsonb(t) AS row FROM dbo.${quoteName(table)} t ORDER BY "RECID"`,
      );
      return rows.map(({ row }) => row);
    },
    async change(database, table, recId, column, value) {
      await query(database, `UPDATE dbo.${quoteName(table)} SET ${quoteName(column)} = $2 WHERE "RECID" = $1`, [
        recId,
        value,
      ]);
    },
    async insert(database, table, row) {
      await insertRows(query, database, table, [row]);
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
      databases.add(name);
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

type Query = PostgresEnvironmentHarness['query'];

async function makeTable(
  query: Query,
  database: string,
  table: string,
  rows: readonly Row[],
  owner: string,
): Promise<void> {
  const columns = Object.keys(rows[0] ?? { RECID: 0 }).map((column) => {
    const values = rows.map((row) => row[column] ?? null);
    return `${quoteName(column)} ${typeOf(column, values)}`;
  });
  await query(database, `CREATE TABLE dbo.${quoteName(table)} (${columns.join(', ')})`);
  await query(database, `ALTER TABLE dbo.${quoteName(table)} OWNER TO ${owner}`);
  await insertRows(query, database, table, rows);
}

function typeOf(column: string, values: readonly RowValue[]): string {
  if (column === 'RECID') return 'bigint PRIMARY KEY';
  if (values.some((value) => typeof value === 'number')) return 'integer';
  return values.some((value) => typeof value === 'boolean') ? 'boolean' : 'varchar(200)';
}

async function insertRows(query: Query, database: string, table: string, rows: readonly Row[]): Promise<void> {
  if (rows.length === 0) return;
  await query(
    database,
    `INSERT INTO dbo.${quoteName(table)} SELECT * FROM jsonb_populate_recordset(NULL::dbo.${quoteName(table)}, $1)`,
    [JSON.stringify(rows)],
  );
}
