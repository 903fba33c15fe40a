import { inject } from 'vitest';
import { makeMemoryHarness } from './destination/memory.harness.ts';
import { makePostgresHarness } from './destination/postgres.harness.ts';
import { describeDestination } from './destination.suite.ts';

describeDestination('in memory', makeMemoryHarness);
describeDestination('on PostgreSQL', () => makePostgresHarness(inject('postgresUrl')));
