import { randomBytes } from 'node:crypto';
import { dropTestDatabases, SQL_SERVER } from './sqlserver.ts';

/** Where a SQL Server is named, the databases that tests make on it go with the run. */
export default function setup(): (() => Promise<void>) | undefined {
  if (!SQL_SERVER) return undefined;
  const run = randomBytes(4).toString('hex');
  // Workers are started with this process's environment.
  process.env.FRESHET_TEST_RUN = run;
  return () => dropTestDatabases(run);
}
