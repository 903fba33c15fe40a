import pg from 'pg';
import { until } from '../../local/support/until.ts';

const CLOSED_WITHIN_MS = 10_000;
const quote = (name: string) => pg.escapeIdentifier(name);
const backupOf = (database: string) => `${database}_backup`;

/**
 * Keeps a copy of a database as it is at this moment. Its sessions are ended for that, as PostgreSQL wants it of a template;
 * new ones come in right afterwards. `admin`: of another database of the same server.
 */
export async function backUp(admin: pg.Pool, database: string): Promise<void> {
  await admin.query(`DROP DATABASE IF EXISTS ${quote(backupOf(database))}`);
  await shut(admin, database);
  await admin.query(`CREATE DATABASE ${quote(backupOf(database))} TEMPLATE ${quote(database)}`);
  await admin.query(`ALTER DATABASE ${quote(database)} ALLOW_CONNECTIONS true`);
}

/** Puts the copy in the database's place. */
export async function restore(admin: pg.Pool, database: string): Promise<void> {
  await shut(admin, database);
  await admin.query(`DROP DATABASE ${quote(database)}`);
  await admin.query(`CREATE DATABASE ${quote(database)} TEMPLATE ${quote(backupOf(database))}`);
}

async function shut(admin: pg.Pool, database: string): Promise<void> {
  await admin.query(`ALTER DATABASE ${quote(database)} ALLOW_CONNECTIONS false`);
  const empty = async () => {
    const ended = 'SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = $1';
    return (await admin.query(ended, [database])).rowCount === 0;
  };
  if (!(await until(empty, CLOSED_WITHIN_MS))) throw new Error(`the sessions of ${database} do not end`);
}
