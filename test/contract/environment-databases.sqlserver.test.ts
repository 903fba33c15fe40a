import { describe } from 'vitest';
import { SQL_SERVER } from '../support/sqlserver.ts';
import { describeDefaultRules } from './environment-databases/default-rules.ts';
import { describeScrubbing } from './environment-databases/scrubbing.ts';
import { makeSqlServerScrubbing } from './environment-databases/sqlserver.harness.ts';

// Copying and serving need a server with backups or AS COPY OF, whose users can be kept out: their statements are tested by what is sent.
describe.skipIf(!SQL_SERVER)('environment databases on a server that speaks T-SQL', () => {
  const make = () => makeSqlServerScrubbing(SQL_SERVER ?? '');
  describeScrubbing('on SQL Server', make);
  describeDefaultRules('on SQL Server', make);
});
