import { randomBytes } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, inject, it } from 'vitest';
import type { Destination } from '../../shared/destination/port.ts';
import { openPostgresDestination, PostgresDestination } from '../../shared/destination/postgres/destination.ts';
import { connect } from '../../shared/sql/postgres/connect.ts';
import { quoteName } from '../../shared/sql/postgres/names.ts';
import { ACCOUNT, ADDRESS, Chain } from './destination/harness.ts';
import { makePostgresHarness, type PostgresHarness } from './destination/postgres.harness.ts';

/** The permissions of a real login that is nobody's owner. */
describe('the permissions of a login on PostgreSQL', () => {
  let harness: PostgresHarness;
  let login: string;
  let destination: Destination;
  const run = (statement: string) => harness.client.query(statement);
  const missing = async () =>
    (await destination.examine(['account'], { deleteLog: true })).permissions.filter(
      ({ state }) => state === 'missing',
    );

  beforeEach(async () => {
    harness = await makePostgresHarness(inject('postgresUrl'));
    login = `login-${randomBytes(6).toString('hex')}`;
    const database = decodeURIComponent(new URL(harness.url).pathname.slice(1));
    await run(`CREATE ROLE ${quoteName(login)} LOGIN PASSWORD 'word'`);
    await run(`REVOKE TEMPORARY ON DATABASE ${quoteName(database)} FROM PUBLIC`);
    const url = new URL(harness.url);
    url.username = login;
    url.password = 'word';
    destination = openPostgresDestination(url.href, ADDRESS);
  });
  afterEach(async () => {
    await destination.close();
    await run(`DROP OWNED BY ${quoteName(login)} CASCADE`);
    await run(`DROP ROLE ${quoteName(login)}`);
    await harness.close();
  });

  it('that are missing come with statements that grant them, until all is granted and the work can be done', async () => {
    const seen = new Set<string>();
    for (let round = 0; round < 3; round++) {
      const checks = await missing();
      if (checks.length === 0) break;
      for (const { code, remedy } of checks) {
        seen.add(code);
        for (const statement of remedy?.split('; ') ?? []) await run(statement);
      }
    }
    expect([...seen]).toEqual(['CRTB']);
    expect(await missing()).toEqual([]);
    await new Chain(destination).begin();
    expect(await missing()).toEqual([]);
  });

  it('come with advice where the connection need not be encrypted, before anything else', async () => {
    const open = new PostgresDestination(connect(harness.url), ADDRESS, ['Encrypt it.']);
    expect((await open.examine([], { deleteLog: false })).advice[0]).toBe('Encrypt it.');
    await open.close();
    // On this machine it is not needed.
    expect((await destination.examine([], { deleteLog: false })).advice.join()).not.toContain('encrypted');
  });

  it('on tables of another owner are missing one by one, and granted by their statements', async () => {
    await new Chain(harness.open()).begin();
    const codes = new Set((await missing()).map(({ code }) => code));
    expect([...codes]).toEqual(['CRTB', 'AL', 'IN', 'DL', 'SL', 'UP']);
    for (const { remedy } of await missing()) for (const statement of remedy?.split('; ') ?? []) await run(statement);
    expect(await missing()).toEqual([]);
  });

  it('are of no use in a database that takes no writes', async () => {
    await run(`ALTER ROLE ${quoteName(login)} SET default_transaction_read_only = on`);
    expect((await destination.examine([], { deleteLog: true })).readOnly).toBe(true);
  });

  it('a table of somebody else under the name of one of Freshet’s own is told, if it is needed', async () => {
    await run(
      'CREATE SCHEMA dbo; CREATE TABLE dbo.crm_deletelog (id integer); CREATE VIEW dbo.crm_statemetadata AS SELECT 1',
    );
    const foreign = async (deleteLog: boolean) => (await destination.examine([], { deleteLog })).foreign;
    expect(await foreign(true)).toEqual(['crm_deletelog', 'crm_statemetadata']);
    expect(await foreign(false)).toEqual(['crm_statemetadata']);
  });

  it('a table that Freshet did not make is not dropped, nor any other with it', async () => {
    await new Chain(harness.open()).begin();
    await run('CREATE TABLE dbo.crm_contact (id uuid PRIMARY KEY)');
    const owner = harness.open();
    await expect(owner.drop('contact')).rejects.toMatchObject({ code: 'TABLE_FOREIGN' });
    expect(await owner.existingTables(['contact', ACCOUNT.logicalName])).toEqual(['contact', 'account']);
  });
});
