import { describe } from 'vitest';
import { SQL_SERVER } from '../support/sqlserver.ts';
import { makeSqlServerHarness } from './destination/sqlserver.harness.ts';
import { describeDestination } from './destination.suite.ts';

describe.skipIf(!SQL_SERVER)('FRESHET_TEST_MSSQL', () => describeDestination('on SQL Server', makeSqlServerHarness));
