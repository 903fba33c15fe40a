import { afterAll, beforeAll, describe } from 'vitest';
import { SQL_SERVER } from '../support/sqlserver.ts';
import { type SqlServerTestDatabase, sqlServerTestDatabase } from './control/sqlserver.database.ts';
import { describeControl } from './control.suite.ts';

describe.skipIf(!SQL_SERVER)('FRESHET_TEST_MSSQL', () => {
  let database: SqlServerTestDatabase;
  beforeAll(async () => {
    database = await sqlServerTestDatabase(1_700_000_000_000);
  });
  afterAll(() => database.close());

  describeControl('SQL Server', async () => {
    await database.empty();
    return database;
  });
});
