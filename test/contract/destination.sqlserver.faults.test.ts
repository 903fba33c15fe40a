import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openSqlServerDestination, SqlServerDestination } from '../../shared/destination/sqlserver/destination.ts';
import { parseAddress } from '../../shared/sql/sqlserver/address.ts';
import { connect } from '../../shared/sql/sqlserver/connect.ts';
import { SQL_SERVER } from '../support/sqlserver.ts';
import { ACCOUNT, ADDRESS, Chain, idOf, rowOf } from './destination/harness.ts';
import { type FaultyNetwork, faultyNetwork } from './destination/proxy.ts';
import { makeSqlServerHarness, type SqlServerHarness } from './destination/sqlserver.harness.ts';

/** What only a real server can do: break, and refuse whoever may not. */
describe.skipIf(!SQL_SERVER)('FRESHET_TEST_MSSQL: a SQL Server that breaks or refuses', () => {
  let harness: SqlServerHarness;
  let chain: Chain;
  beforeEach(async () => {
    harness = await makeSqlServerHarness();
    chain = await new Chain(harness.open()).begin();
  });
  afterEach(() => harness.close());

  describe('broken connections', () => {
    let network: FaultyNetwork;
    let destination: SqlServerDestination;
    beforeEach(async () => {
      const { host, port } = parseAddress(harness.connectionString);
      network = await faultyNetwork({ hostname: host, port });
      const through = `${harness.connectionString};Data Source=127.0.0.1,${network.port}`;
      destination = new SqlServerDestination(connect(through), ADDRESS);
      await destination.positions();
    });
    afterEach(async () => {
      await destination.close();
      await network.close();
    });

    it.each([3, 700])(
      'whichever of its statements a batch of %i rows is cut at, COMMIT included, it is written whole or not at all',
      async (count) => {
        let committed = 0;
        for (let at = 1; ; at++) {
          const rows = Array.from({ length: count }, (_, k) => rowOf(idOf(k), { name: `round ${at}` }));
          const batch = chain.next({ rows, deletions: [idOf(count)], deleteLog: true });
          network.cutAt(at);
          const error: unknown = await destination.apply(batch).catch((reason: unknown) => reason);
          const { page } = (await chain.position()) ?? {};
          const isWritten = page === batch.to.page;
          if (!network.hasCut) {
            expect(isWritten).toBe(true);
            break;
          }
          expect(error).toMatchObject({ code: 'DESTINATION_UNAVAILABLE' });
          const names = new Set((await harness.rows(ACCOUNT)).map(({ cells }) => cells.name));
          if (isWritten) {
            committed++;
            chain.page = batch.to.page;
            chain.number = batch.to.number;
            expect(names).toEqual(new Set([`round ${at}`]));
          } else {
            expect(names.has(`round ${at}`)).toBe(false);
          }
          await destination.positions().catch(() => null);
        }
        // The answer to COMMIT was lost once.
        expect(committed).toBe(1);
      },
    );

    it('a peer that never answers again is given up', async () => {
      network.freeze();
      await expect(destination.positions()).rejects.toMatchObject({ code: 'DESTINATION_UNAVAILABLE' });
    });
  });

  it.each([
    ['a database that does not exist', 'Initial Catalog=nowhere', /DESTINATION_(UNAVAILABLE|LOGIN_FAILED)/],
    ['a port nobody listens on', 'Server=127.0.0.1,1', /DESTINATION_UNAVAILABLE/],
    ['a user with a wrong password', 'User ID=nobody;Password=wrong', /DESTINATION_LOGIN_FAILED/],
  ])('%s is told as what it is', async (_, change, code) => {
    const destination = openSqlServerDestination(`${harness.connectionString};${change}`, ADDRESS);
    await expect(destination.positions()).rejects.toMatchObject({ code: expect.stringMatching(code) });
    await destination.close();
  });

  it('a value that the customer declared unique may go over to another row in one batch, and is refused else', async () => {
    await harness.run('CREATE UNIQUE INDEX [one_name] ON [dbo].[crm_account] ([name])');
    await chain.apply({ rows: [rowOf(idOf(2), { name: 'one' })] });
    expect(await chain.apply({ rows: [rowOf(idOf(1), { name: 'one' })], deletions: [idOf(2)] })).toMatchObject({
      inserted: 1,
      deleted: 1,
    });
    await expect(chain.apply({ rows: [rowOf(idOf(3), { name: 'one' })] })).rejects.toMatchObject({
      code: 'RECORD_REFUSED',
    });
  });

  it('a value that the customer declared unique may go over to a new row among many, whatever was guessed of them', async () => {
    await harness.run('CREATE UNIQUE INDEX [one_name] ON [dbo].[crm_account] ([name])');
    const MANY = 900;
    const named = (first: number) =>
      Array.from({ length: MANY }, (_, k) => rowOf(idOf(first + k), { name: `name ${first + k}` }));
    await chain.apply({ rows: named(0) });
    const renamed = rowOf(idOf(0), { name: 'another', versionnumber: '2' });
    const heir = rowOf(idOf(MANY), { name: 'name 0' });
    const rows = [renamed, heir, ...named(MANY + 1)];
    expect(await chain.apply({ rows })).toMatchObject({ inserted: MANY + 1, updated: 1 });
    expect(await harness.rows(ACCOUNT)).toHaveLength(2 * MANY + 1);
  });
});
