import pg from 'pg';
import { inject } from 'vitest';
import { createSqlControl } from '../../../shared/control/sql/control.ts';
import { freshDatabase } from '../../support/postgres.ts';
import type { ControlUnderTest } from './kit.ts';

/** A control database on the run's own PostgreSQL, with a clock that the test puts forward. */
export interface TestDatabase extends ControlUnderTest {
  readonly url: string;
  /** Removes all rows. */
  empty(): Promise<void>;
  query<Row extends object>(text: string): Promise<Row[]>;
  close(): Promise<void>;
}

export async function testDatabase(beginning: number): Promise<TestDatabase> {
  const url = await freshDatabase(inject('postgresUrl'));
  let now = beginning;
  const control = createSqlControl({ connectionString: url, now: () => now });
  await control.migrate();
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  const { rows } = await client.query<{ name: string }>(
    `SELECT quote_ident(table_name) AS name FROM information_schema.tables
      WHERE table_schema = 'freshet' AND table_name <> 'migrations'`,
  );
  const tables = rows.map((row) => `freshet.${row.name}`).join(', ');
  return {
    control,
    url,
    now: () => now,
    advance(ms) {
      now += ms;
    },
    async empty() {
      await client.query(`TRUNCATE ${tables}`);
    },
    async query<Row extends object>(text: string) {
      return (await client.query<Row>(text)).rows;
    },
    async close() {
      await client.end();
      await control.close();
    },
  };
}
