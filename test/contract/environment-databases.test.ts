import { inject } from 'vitest';
import { makeMemoryHarness } from './environment-databases/memory.harness.ts';
import { makePostgresEnvironments } from './environment-databases/postgres.harness.ts';
import { describeEnvironmentDatabases } from './environment-databases.suite.ts';

describeEnvironmentDatabases('in memory', makeMemoryHarness);
describeEnvironmentDatabases('on PostgreSQL', () => makePostgresEnvironments(inject('postgresUrl')));
