import { readFile } from 'node:fs/promises';
import pg from 'pg';
import { urlOf } from './server.ts';

/** What a database's rows follow from: the same sample, the same rows. */
export interface Sample {
  /** In lower case; stands in host names. */
  readonly environment: string;
  readonly seed: number;
  /** 1: some 100,000 rows, of them 10,000 e-mail addresses. */
  readonly scale: number;
  /** The alias of the user Admin. */
  readonly administrator: string;
}

/** In the order in which they run. */
const SCRIPTS = {
  transactional: ['transactional-tables', 'transactional-rows'],
  financialReporting: ['financial-reporting'],
} as const;

export type DatabaseKind = keyof typeof SCRIPTS;

/**
 * Makes a database with the tables and rows of its kind, owned by the user of `server`, unless one of that name is there.
 * It gets its name last, so a start that was broken off leaves no half one behind that would be taken for whole.
 */
export async function ensureDatabase(server: string, name: string, kind: DatabaseKind, sample: Sample): Promise<void> {
  const draft = `${name}_draft`;
  await withClient(server, async (client) => {
    const { rowCount } = await client.query('SELECT FROM pg_database WHERE datname = $1', [name]);
    if (rowCount) return;
    await client.query(`DROP DATABASE IF EXISTS ${pg.escapeIdentifier(draft)}`);
    await client.query(`CREATE DATABASE ${pg.escapeIdentifier(draft)}`);
    await client.query(`REVOKE ALL ON DATABASE ${pg.escapeIdentifier(draft)} FROM PUBLIC`);
    await withClient(urlOf(server, { database: draft }), (inside) => fill(inside, kind, sample));
    await client.query(`ALTER DATABASE ${pg.escapeIdentifier(draft)} RENAME TO ${pg.escapeIdentifier(name)}`);
  });
}

async function fill(client: pg.Client, kind: DatabaseKind, sample: Sample): Promise<void> {
  await client.query('BEGIN');
  for (const [name, value] of Object.entries(sample))
    await client.query('SELECT set_config($1, $2, true)', [`sample.${name}`, String(value)]);
  for (const script of SCRIPTS[kind])
    await client.query(await readFile(new URL(`sql/${script}.sql`, import.meta.url), 'utf8'));
  await client.query('COMMIT');
  await client.query('ANALYZE');
}

/** A connection for one piece of work. */
export async function withClient<T>(url: string, work: (client: pg.Client) => Promise<T>): Promise<T> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}
