import { rm } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ensureDatabase, type Sample, withClient } from '../../../local/environments/databases.ts';
import { urlOf } from '../../../local/environments/server.ts';
import { ensureUser, grantAccess, USER_NAMES, userOf } from '../../../local/environments/users.ts';
import { type Postgres, startPostgres } from '../../../local/postgres/postgres.ts';
import { removePostgresData } from '../../../local/postgres/remove.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

const NAMES = { transactional: 'uat_axdb', financialReporting: 'uat_financialreporting' };
const SAMPLE: Sample = { environment: 'uat', seed: 7, scale: 1, administrator: 'admin@uat.example' };
let data = '';
let postgres: Postgres;
let runbook = '';

beforeAll(async () => {
  data = await temporaryFolder('environments');
  postgres = await startPostgres({ port: 0, data, durable: false });
  await withClient(postgres.url('postgres'), (server) => ensureUser(server, 'runbook', 'runbook', 'CREATEDB'));
  runbook = urlOf(postgres.url('postgres'), { user: 'runbook', password: 'runbook' });
  await ensureDatabase(runbook, NAMES.transactional, 'transactional', SAMPLE);
  await ensureDatabase(runbook, NAMES.financialReporting, 'financialReporting', SAMPLE);
});
afterAll(async () => {
  await postgres.stop();
  await removePostgresData(data);
  await rm(data, { recursive: true, force: true });
});

const ask = (sql: string, name = NAMES.transactional, login: { user?: string; password?: string } = {}) =>
  withClient(urlOf(runbook, { database: name, ...login }), async (inside) => (await inside.query(sql)).rows);
const countOf = async (sql: string): Promise<number> => Number((await ask(sql))[0].count);
const digest = (name: string) =>
  ask(`SELECT md5(string_agg(t::text, '|' ORDER BY recid)) AS digest FROM dbo.batchjob t`, name);

describe('the databases of an environment', () => {
  test('hold what a refresh must not copy: some 10,000 e-mail addresses, jobs in every status, secrets and sessions', async () => {
    expect(await countOf(`SELECT count(*) FROM dbo.logisticselectronicaddress WHERE locator LIKE '%@%'`)).toBe(10_000);
    const statuses = await ask('SELECT DISTINCT status FROM dbo.batchjob ORDER BY status');
    expect(statuses.map(({ status }) => status)).toEqual([0, 1, 2, 3, 4, 5, 7, 8]);
    const emptied =
      'batchjobhistory batchhistory batchconstraintshistory sysemailsmtppassword printmgmtsettings printmgmtdocinstance sysserverconfig sysserversessions syscorpnetprinters sysclientsessions batchserverconfig batchservergroup docuvalue';
    for (const table of emptied.split(' '))
      expect(await countOf(`SELECT count(*) FROM dbo.${table}`)).toBeGreaterThan(0);
    expect(await ask('SELECT smtprelayservername AS relay FROM dbo.sysemailparameters')).toEqual([
      { relay: 'smtp.uat.example' },
    ]);
    expect(await ask(`SELECT enable, networkalias FROM dbo.userinfo WHERE id = 'Admin'`)).toEqual([
      { enable: 1, networkalias: 'admin@uat.example' },
    ]);
  });

  test('hold addresses that are none of e-mail, and the other way round: the type does not tell', async () => {
    expect(
      await countOf(`SELECT count(*) FROM dbo.logisticselectronicaddress WHERE type <> 2 AND locator LIKE '%@%'`),
    ).toBeGreaterThan(0);
    expect(
      await countOf(
        `SELECT count(*) FROM dbo.logisticselectronicaddress WHERE locator NOT LIKE '%@%' AND locator <> ''`,
      ),
    ).toBe(2_000);
  });

  test('hold some 100,000 rows at scale 1', async () => {
    const rows = await countOf(
      `SELECT sum(reltuples)::int AS count FROM pg_class WHERE relkind = 'r' AND relnamespace = 'dbo'::regnamespace`,
    );
    expect(rows).toBeGreaterThan(90_000);
  });

  test('are the same for the same seed, and others for another one', async () => {
    const small = { ...SAMPLE, scale: 0.01 };
    for (const [name, seed] of [
      ['same_1', 7],
      ['same_2', 7],
      ['other', 8],
    ] as const)
      await ensureDatabase(runbook, name, 'transactional', { ...small, seed });
    expect(await digest('same_1')).toEqual(await digest('same_2'));
    expect(await digest('same_1')).not.toEqual(await digest('other'));
  });

  test('are left as they are when they are there, and a draft that was broken off is made anew', async () => {
    await ask('UPDATE dbo.sysemailparameters SET smtpportnumber = 1');
    await ensureDatabase(runbook, NAMES.transactional, 'transactional', { ...SAMPLE, seed: 9 });
    expect(await ask('SELECT smtpportnumber AS port FROM dbo.sysemailparameters')).toEqual([{ port: 1 }]);
    await withClient(runbook, (server) => server.query('CREATE DATABASE broken_draft'));
    await ensureDatabase(runbook, 'broken', 'financialReporting', { ...SAMPLE, scale: 0.01 });
    expect(await ask('SELECT count(*)::int AS companies FROM reporting.controlcompany', 'broken')).toEqual([
      { companies: 2 },
    ]);
  });
});

test('each user of an environment may do there what it is for, and no more', async () => {
  await withClient(postgres.url('postgres'), async (server) => {
    for (const user of USER_NAMES) await ensureUser(server, userOf('uat', user), 'secret');
  });
  for (const kind of ['transactional', 'financialReporting'] as const)
    await withClient(urlOf(runbook, { database: NAMES[kind] }), (inside) => grantAccess(inside, 'uat', kind, NAMES));
  const as = (user: string, sql: string, name = NAMES.transactional) =>
    ask(sql, name, { user: userOf('uat', user), password: 'secret' });
  expect(
    await as('axdbreadonlyuser', "SELECT count(*)::int AS admins FROM userinfo WHERE enable = 1 AND id = 'Admin'"),
  ).toEqual([{ admins: 1 }]);
  await as('axruntimeuser', 'UPDATE custtable SET blocked = 0 WHERE recid = 5637144577');
  await as('axdeployuser', 'CREATE TABLE contosoextension (id integer)');
  await expect(as('axdbreadonlyuser', 'DELETE FROM custtable')).rejects.toThrow(/permission denied/);
  await expect(as('axruntimeuser', 'SELECT 1', NAMES.financialReporting)).rejects.toThrow(/permission denied/);
});
