import { describe, expect, it } from 'vitest';
import { connect } from '../../shared/sql/sqlserver/connect.ts';
import { onConnection } from '../../shared/sql/sqlserver/session.ts';
import { SQL_SERVER } from '../support/sqlserver.ts';
import { describeDefaultRules } from './environment-databases/default-rules.ts';
import { ruleOf, texts } from './environment-databases/harness.ts';
import { describeScrubbing } from './environment-databases/scrubbing.ts';
import { makeSqlServerScrubbing } from './environment-databases/sqlserver.harness.ts';

// Copying and serving need a server with backups or AS COPY OF, whose users can be kept out: their statements are tested by what is sent.
describe.skipIf(!SQL_SERVER)('environment databases on a server that speaks T-SQL', () => {
  const make = () => makeSqlServerScrubbing(SQL_SERVER ?? '');
  describeScrubbing('on SQL Server', make);
  describeDefaultRules('on SQL Server', make);

  it('a value that its column would cut off, round or hold in another form is told before a row is touched', async () => {
    const harness = await make();
    try {
      const source = await harness.create({ Table: texts(['a']) });
      const pool = connect(SQL_SERVER ?? '', { database: source, maxConnections: 1 });
      const columns = `v varchar(5), n nchar(4), d decimal(8, 3), b bit, day date, at datetime2(0), g uniqueidentifier,
        x varbinary(2), i image`;
      await onConnection(pool, (session) => session.run(`CREATE TABLE dbo.kinds (${columns})`)).finally(() =>
        pool.end(),
      );
      const databases = await harness.open();
      const { id = '' } = (await databases.find(source)) ?? {};
      const set = (column: string, value: string | number | boolean) =>
        databases.countRule(id, ruleOf({ table: 'kinds', action: 'set', column, value }));
      const unfit = {
        ...{ v: ['123456'], n: ['12345'], d: [1.2345, 123456], b: ['perhaps'], g: ['x'] },
        ...{ day: ['2026-01-01T00:00:00'], at: ['2026-01-01', 'never'], x: ['0x010203', '0x0'], i: ['x'] },
      };
      for (const [column, values] of Object.entries(unfit))
        for (const value of values)
          await expect(set(column, value), `${column} ${value}`).rejects.toMatchObject({ code: 'SCRUB_VALUE_UNFIT' });
      // No moments and no binary values: servers of the Babelfish kind write them in PostgreSQL's form.
      const guid = '9d2b4f0a-1c3e-4f5a-8b7c-6d5e4f3a2b1c';
      const fit = { v: '12345', n: '12', d: 1.5, b: false, day: '2026-01-01', g: guid };
      for (const [column, value] of Object.entries(fit)) expect(await set(column, value), column).toBe(0);
    } finally {
      await harness.close();
    }
  });
});
