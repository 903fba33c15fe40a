import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { tableNames } from '../../shared/destination/postgres/dialect.ts';
import { removalStatement } from '../../shared/destination/postgres/retries.ts';
import { deletionStatement, upsertStatement } from '../../shared/destination/postgres/rows.ts';
import { arraySource, copySource, rowShape } from '../../shared/destination/postgres/staging.ts';
import { connect, type PostgresPool } from '../../shared/sql/postgres/connect.ts';
import { inTransaction, type Session } from '../../shared/sql/postgres/session.ts';
import { ADDRESS, Chain, COLUMNS, idOf, rowOf } from './destination/harness.ts';
import { makePostgresHarness, type PostgresHarness } from './destination/postgres.harness.ts';

const ROWS = 100_000;
const names = tableNames(ADDRESS);
const account = names.entity('account');

/** A batch costs what it brings, not what the table holds: no statement may read a table as a whole. */
describe('plans on a table of 100,000 rows and as many retries', () => {
  let harness: PostgresHarness;
  let pool: PostgresPool;
  beforeAll(async () => {
    harness = await makePostgresHarness(inject('postgresUrl'));
    pool = connect(harness.url);
    await new Chain(harness.open()).begin();
    await harness.client.query(
      `INSERT INTO dbo.crm_account (id, sinkmodifiedon, versionnumber)
       SELECT ('00000000-0000-4000-8000-' || lpad(n::text, 12, '0'))::uuid, now(), n FROM generate_series(1, ${ROWS}) n`,
    );
    await harness.client.query(
      `INSERT INTO dbo.crm_freshetretry (entity, id, blob, changetype, attempts, code, reason, dueat, stamp)
       SELECT 'account', '00000000-0000-4000-8000-' || lpad(n::text, 12, '0'), n::text, 'New', 0, 'C', 'r', n, n
       FROM generate_series(1, ${ROWS}) n`,
    );
  });
  afterAll(async () => {
    await pool?.end();
    await harness?.close();
  });

  const rows = (count: number) => Array.from({ length: count }, (_, k) => rowOf(idOf(k * 13), { versionnumber: '5' }));
  const ids = (count: number) => rows(count).map(([id]) => String(id));

  interface Question {
    readonly text: string;
    readonly values: readonly unknown[];
  }

  /** The tables that the statement reads as a whole. */
  async function scanned(question: (session: Session) => Promise<Question> | Question): Promise<string[]> {
    const plan = await inTransaction(
      pool,
      async (session) => {
        const { text, values } = await question(session);
        return session.query<{ 'QUERY PLAN': string }>(`EXPLAIN ${text}`, values);
      },
      { end: 'rollback' },
    );
    return plan
      .flatMap((line) => /Seq Scan on (\w+)/.exec(line['QUERY PLAN'])?.[1] ?? [])
      .filter((table) => table.startsWith('crm_'));
  }

  describe.each([
    ['with statistics', 'ANALYZE'],
    ['without statistics', `DELETE FROM pg_statistic WHERE starelid = 'dbo.crm_account'::regclass`],
  ])('%s', (_, prepare) => {
    beforeAll(() => harness.client.query(prepare));

    it.each(
      [1, 50, 500, 5_000].flatMap((count) => [
        { count, same: 'keep' as const },
        { count, same: 'touch' as const },
      ]),
    )('an upsert of $count rows ($same) probes the key', async ({ count, same }) => {
      const shape = rowShape(COLUMNS);
      const sources = [
        async () => arraySource(shape, rows(count), 1),
        (session: Session) => copySource(session, shape, rows(count), 1),
      ];
      for (const sourceOf of sources) {
        const found = scanned(async (session) => {
          const source = await sourceOf(session);
          return { text: upsertStatement(account, shape, source, same), values: source.values };
        });
        expect(await found).toEqual([]);
      }
    });

    it.each([1, 50, 500])('deleting %i rows, logged or not, probes the key', async (count) => {
      const condition = 'id = ANY ($1::uuid[])';
      expect(
        await scanned(() => ({ text: deletionStatement(account, condition, null), values: [ids(count)] })),
      ).toEqual([]);
      const log = { table: names.deleteLog, entity: 'account', at: 1, hasVersion: true };
      const logged = deletionStatement(account, condition, log);
      expect(await scanned(() => ({ text: logged, values: [ids(count), 'account', '2026-01-01'] }))).toEqual([]);
    });

    it.each([1, 50, 500])('replacing retries of %i ids probes their key', async (count) => {
      const text = removalStatement(names.retry, 'entity = $1 AND id = ANY ($2::text[])');
      expect(await scanned(() => ({ text, values: ['account', ids(count)] }))).toEqual([]);
    });
  });
});
