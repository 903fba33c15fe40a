import { randomBytes } from 'node:crypto';
import pg from 'pg';

/**
 * A new, empty database on the server of `url` (in tests: `inject('postgresUrl')`), and its URL. One of that name, with
 * whoever is connected to it, is removed first; without a name it gets one that nobody else has.
 */
export async function freshDatabase(url: string, name = `test_${randomBytes(6).toString('hex')}`): Promise<string> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    await client.query(`DROP DATABASE IF EXISTS ${pg.escapeIdentifier(name)} WITH (FORCE)`);
    await client.query(`CREATE DATABASE ${pg.escapeIdentifier(name)}`);
  } finally {
    await client.end();
  }
  const fresh = new URL(url);
  fresh.pathname = `/${encodeURIComponent(name)}`;
  return fresh.href;
}

const spares: string[] = [];

/** Like `freshDatabase`, but takes one that was given back, if there is one: to make a database takes ten times as long as to empty it. */
export async function borrowDatabase(url: string): Promise<string> {
  return spares.pop() ?? freshDatabase(url);
}

/** Empties a database, ends whoever is still connected to it, and keeps it for the next borrower. */
export async function giveBackDatabase(url: string): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    await client.query(
      'SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()',
    );
    const { rows } = await client.query<{ name: string }>(
      `SELECT quote_ident(nspname) AS name FROM pg_namespace WHERE nspname NOT LIKE 'pg\\_%' AND nspname <> 'information_schema'`,
    );
    await client.query(`DROP SCHEMA ${rows.map(({ name }) => name).join(', ')} CASCADE`);
    await client.query('CREATE SCHEMA public');
  } finally {
    await client.end();
  }
  spares.push(url);
}
