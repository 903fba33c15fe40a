import { createSqlControl } from '../../../shared/control/sql/control.ts';
import { connect } from '../../../shared/sql/sqlserver/connect.ts';
import { quoteTable } from '../../../shared/sql/sqlserver/names.ts';
import { onConnection } from '../../../shared/sql/sqlserver/session.ts';
import { borrowSqlServerDatabase, giveBackSqlServerDatabase } from '../../support/sqlserver.ts';
import type { ControlUnderTest } from './kit.ts';

/** A control database on the server of FRESHET_TEST_MSSQL, with a clock that the test puts forward. */
export interface SqlServerTestDatabase extends ControlUnderTest {
  /** Removes all rows. */
  empty(): Promise<void>;
  close(): Promise<void>;
}

export async function sqlServerTestDatabase(beginning: number): Promise<SqlServerTestDatabase> {
  const connectionString = await borrowSqlServerDatabase();
  let now = beginning;
  const control = createSqlControl({ connectionString, now: () => now });
  await control.migrate();
  const pool = connect(connectionString);
  const tables = await onConnection(pool, (session) =>
    session.query<{ name: string }>(
      "SELECT TABLE_NAME AS name FROM INFORMATION_SCHEMA.TABLES WHERE TABLE_SCHEMA = 'freshet' AND TABLE_NAME <> 'migrations'",
    ),
  );
  const statements = tables.map(({ name }) => `DELETE FROM ${quoteTable({ schema: 'freshet', name })}`);
  return {
    control,
    now: () => now,
    advance(ms) {
      now += ms;
    },
    empty: () => onConnection(pool, (session) => session.run(statements.join('; '))),
    async close() {
      await pool.end();
      await control.close();
      await giveBackSqlServerDatabase(connectionString);
    },
  };
}
