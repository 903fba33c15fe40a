import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { VaultClient } from '../../local/client/vault-client.ts';
import { withClient } from '../../local/environments/databases.ts';
import { PRODUCTION_ID, PROJECT_ID, SANDBOX_ID } from '../../local/environments/definitions.ts';
import { ensureEnvironments } from '../../local/environments/ensure.ts';
import { urlOf } from '../../local/environments/server.ts';
import { USER_NAMES, userOf } from '../../local/environments/users.ts';
import { until } from '../../local/support/until.ts';
import { customize } from '../../local/synchronization/client.ts';
import { startInstallation, type TestInstallation } from '../support/installation.ts';
import { type Login, Prowler } from '../support/prowler.ts';

/** A script made of the documented calls of the original, and of those that its pages had instead of calls. */

const REFRESH_MS = 120_000;
const REFRESH = `refresh/project/${PROJECT_ID}/source`;
let test: TestInstallation;
let token = '';
/** The operation that the tests speak of, one after the other. */
let activity = '';

beforeAll(async () => {
  test = await startInstallation();
  await ensureEnvironments(test.installation);
  token = await tokenOf({ roles: ['EnvironmentManager'] });
});
afterAll(() => test?.stop());

async function tokenOf(person: object): Promise<string> {
  const answer = await fetch(`${test.installation.addresses.identity}/token`, {
    method: 'POST',
    body: JSON.stringify(person),
    headers: { 'content-type': 'application/json' },
  });
  return ((await answer.json()) as { access_token: string }).access_token;
}

/** As the client of the original: nothing but `Authorization`, and no body. */
async function call(method: string, path: string, bearer: string | null = token) {
  const answer = await fetch(`${test.installation.addresses.functions}/${path}`, {
    method,
    headers: bearer === null ? {} : { authorization: `Bearer ${bearer}` },
  });
  const text = await answer.text();
  const isJson = answer.headers.get('content-type')?.startsWith('application/json') ?? false;
  return { status: answer.status, headers: answer.headers, text, json: isJson ? JSON.parse(text) : null };
}

const movement = (method: string, path: string) => call(method, `databasemovement/v1/${path}`);
const ofActivity = (what: string) =>
  `${what}/project/${PROJECT_ID}/environment/${SANDBOX_ID}/operationactivity/${activity}`;

/** Polls as the client of the original does, only sooner. */
async function atRest(): Promise<string> {
  let status = '';
  await until(async () => {
    status = (await movement('GET', ofActivity('fetchstatus'))).json.OperationStatus;
    return !['NotStarted', 'InProgress', 'RollbackInProgress'].includes(status);
  }, REFRESH_MS);
  return status;
}

async function begin(): Promise<void> {
  const { status, json } = await movement('POST', `${REFRESH}/${PRODUCTION_ID}/target/${SANDBOX_ID}`);
  expect([status, json.ErrorMessage]).toEqual([200, null]);
  activity = json.OperationActivityId;
}

/** Asks a database of the environments as one of its own users. */
async function ask(environment: string, sql: string, database = 'axdb', user = 'axdbreadonlyuser') {
  const { identity, keyVault, postgres } = test.installation.addresses;
  const vault = await VaultClient.connect({ identity, ...keyVault });
  const password = (await vault.get(`${environment}-${user}`)) ?? '';
  const login = { database: `${environment}_${database}`, user: userOf(environment, user), password };
  return withClient(urlOf(postgres.control, login), async (inside) => (await inside.query(sql)).rows);
}

/** Rows and a checksum of each table. */
async function digestOf(environment: string): Promise<Record<string, string>> {
  const tables = await ask(environment, `SELECT tablename FROM pg_tables WHERE schemaname = 'dbo' ORDER BY 1`);
  const digests: Record<string, string> = {};
  for (const { tablename } of tables) {
    const [row] = await ask(
      environment,
      `SELECT count(*) || ' ' || coalesce(sum(hashtextextended(t::text, 0)), 0) AS digest FROM dbo.${tablename} t`,
    );
    digests[tablename] = row.digest;
  }
  return digests;
}

/** True where something of production can be read that a sandbox must never show: by marks that UAT's own data has not. */
const UNSCRUBBED = `SELECT
  EXISTS (SELECT FROM dbo.sysemailparameters WHERE smtprelayservername LIKE '%prod%')
  OR EXISTS (SELECT FROM dbo.batchserverconfig WHERE serverid LIKE '%PROD%')
  OR (SELECT count(*) FROM dbo.logisticselectronicaddress WHERE locator LIKE '%@%') > 5000 AS found`;

/** All users of both environments, by their passwords. */
async function everybody(): Promise<Login[]> {
  const { identity, keyVault } = test.installation.addresses;
  const vault = await VaultClient.connect({ identity, ...keyVault });
  const pairs = ['prod', 'uat'].flatMap((environment) => USER_NAMES.map((name) => [environment, name] as const));
  return Promise.all(
    pairs.map(async ([environment, name]) => ({
      user: userOf(environment, name),
      password: (await vault.get(`${environment}-${name}`)) ?? '',
    })),
  );
}

/** Queries that are not the scrub's: each must find nothing after a refresh. */
const MUST_BE_GONE: Readonly<Record<string, string>> = {
  'e-mail addresses': `SELECT FROM dbo.logisticselectronicaddress WHERE strpos(locator, '@') > 0`,
  'batch job history':
    'SELECT recid FROM dbo.batchjobhistory UNION ALL SELECT recid FROM dbo.batchhistory UNION ALL SELECT recid FROM dbo.batchconstraintshistory',
  'SMTP password': 'SELECT FROM dbo.sysemailsmtppassword',
  'SMTP relay server': `SELECT FROM dbo.sysemailparameters WHERE length(smtprelayservername) > 0`,
  'print management': 'SELECT recid FROM dbo.printmgmtsettings UNION ALL SELECT recid FROM dbo.printmgmtdocinstance',
  'environment records':
    'SELECT recid FROM dbo.sysserverconfig UNION ALL SELECT recid FROM dbo.sysserversessions UNION ALL SELECT recid FROM dbo.syscorpnetprinters UNION ALL SELECT recid FROM dbo.sysclientsessions UNION ALL SELECT recid FROM dbo.batchserverconfig UNION ALL SELECT recid FROM dbo.batchservergroup',
  attachments: 'SELECT FROM dbo.docuvalue',
  'enabled people': `SELECT FROM dbo.userinfo WHERE enable > 0 AND id <> 'Admin' AND networkalias NOT LIKE '%@DAXMDSRunner.com'`,
  'batch jobs that could run': 'SELECT FROM dbo.batchjob WHERE NOT status = 0',
};
const SCRUBBED_TABLES =
  'logisticselectronicaddress batchjobhistory batchhistory batchconstraintshistory sysemailsmtppassword sysemailparameters printmgmtsettings printmgmtdocinstance sysserverconfig sysserversessions syscorpnetprinters sysclientsessions batchserverconfig batchservergroup docuvalue userinfo batchjob'.split(
    ' ',
  );

function withoutScrubbed(digests: Record<string, string>): Record<string, string> {
  return Object.fromEntries(Object.entries(digests).filter(([table]) => !SCRUBBED_TABLES.includes(table)));
}

describe('the documented calls of Lifecycle Services', () => {
  it('name the environments as they were registered', async () => {
    const { json } = await call('GET', `environmentinfo/v1/detail/project/${PROJECT_ID}/?page=1`);
    expect(json).toMatchObject({ IsSuccess: true, ResultPageCurrent: 1, ResultHasMorePages: false });
    expect(json.Data.map(({ EnvironmentName }: { EnvironmentName: string }) => EnvironmentName)).toEqual([
      'PROD',
      'UAT',
    ]);
    const [uat] = (await call('GET', `environmentinfo/v1/detail/project/${PROJECT_ID}?environmentName=UAT`)).json.Data;
    expect(uat).toMatchObject({ EnvironmentId: SANDBOX_ID, DeployedOnUTC: '11/6/2018 12:42 PM', CanStop: true });
  });

  it('are refused without a token with 401, and without a role with IsSuccess false', async () => {
    expect((await call('GET', `environmentinfo/v1/detail/project/${PROJECT_ID}`, null)).status).toBe(401);
    const reader = await tokenOf({ roles: ['Reader'] });
    const path = `databasemovement/v1/${REFRESH}/${PRODUCTION_ID}/target/${SANDBOX_ID}`;
    expect(await call('POST', path, reader)).toMatchObject({ status: 200, json: { IsSuccess: false } });
  });

  it('refuse to refresh production, with the reason, and do not count that', async () => {
    for (let time = 0; time < 4; time++) {
      const { status, json } = await movement('POST', `${REFRESH}/${SANDBOX_ID}/target/${PRODUCTION_ID}`);
      expect(status).toBe(200);
      expect(json).toMatchObject({ IsSuccess: false, ErrorMessage: expect.stringMatching(/production/i) });
    }
  });

  it('refresh the sandbox from production: what must not be copied is gone, all else is equal, the source is as it was', async () => {
    const source = await digestOf('prod');
    const { control } = test.installation.addresses.postgres;
    const logins = await everybody();
    const inProduction = new Prowler(control, logins, UNSCRUBBED, (name) => name !== 'prod_axdb');
    inProduction.start();
    expect(await until(() => inProduction.found.length > 0, 20_000), 'it finds what there is to find').toBe(true);
    await inProduction.stop();
    const prowler = new Prowler(control, logins, UNSCRUBBED, (name) => name.startsWith('prod_'));
    prowler.start();
    const [worker] = logins.filter(({ user }) => user === userOf('prod', 'axruntimeuser'));
    await withClient(urlOf(control, { database: 'prod_axdb', ...worker }), async (session) => {
      await session.query('BEGIN');
      await session.query('UPDATE dbo.custtable SET blocked = blocked WHERE recid = 5637144577');
      await begin();
      expect(await atRest()).toBe('Completed');
      // Its session and its transaction went on all the while.
      await session.query('ROLLBACK');
    });
    await prowler.stop();
    expect(prowler.found).toEqual([]);
    expect([...prowler.names].filter((name) => name.startsWith('freshet_')).length).toBeGreaterThanOrEqual(2);
    expect(prowler.tries).toBeGreaterThan(200);
    const status = (await movement('GET', ofActivity('fetchstatus'))).json;
    expect(Object.keys(status)).toEqual([
      ...['IsSuccess', 'OperationActivityId', 'ErrorMessage', 'VersionEOL'],
      ...['ProjectId', 'EnvironmentId', 'ActivityId', 'CompletionDate', 'OperationStatus'],
    ]);
    expect(status).toMatchObject({ ProjectId: PROJECT_ID, EnvironmentId: SANDBOX_ID, ActivityId: activity });
    for (const [what, query] of Object.entries(MUST_BE_GONE)) expect(await ask('uat', query), what).toEqual([]);
    expect(withoutScrubbed(await digestOf('uat'))).toEqual(withoutScrubbed(source));
    expect(await digestOf('prod')).toEqual(source);
    expect(await ask('uat', `SELECT networkalias FROM dbo.userinfo WHERE id = 'Admin' AND enable = 1`)).toEqual([
      { networkalias: 'admin@uat.example' },
    ]);
    const facts = 'SELECT count(*)::int AS facts FROM reporting.fact';
    expect(await ask('uat', facts, 'financialreporting', 'axmrruntimeuser')).toEqual(
      await ask('prod', facts, 'financialreporting', 'axmrruntimeuser'),
    );
  });

  it('tell of it in the history, list the database that is kept, and give the runbook log', async () => {
    const { json } = await call('GET', `environmentinfo/v1/history/project/${PROJECT_ID}/environment/${SANDBOX_ID}`);
    expect(json.Data[0]).toMatchObject({
      ...{ Name: 'Refresh from PROD', Type: 'SFSourceDbToSandbox', TypeDisplay: 'Refresh database' },
      ...{ Status: 'Completed', ActivityId: activity, EnvironmentId: SANDBOX_ID, ProjectId: PROJECT_ID },
    });
    expect((await movement('GET', `databases/project/${PROJECT_ID}`)).json.DatabaseAssets.length).toBeGreaterThan(0);
    expect((await movement('GET', ofActivity('runbooklog'))).text).toContain('Scrubs the copy');
    const zip = await movement('GET', `${ofActivity('runbooklog')}?format=zip`);
    expect([zip.headers.get('content-type'), zip.text.slice(0, 2)]).toEqual(['application/zip', 'PK']);
  });

  it('refuse the next one until the last is signed off', async () => {
    const path = `${REFRESH}/${PRODUCTION_ID}/target/${SANDBOX_ID}`;
    expect((await movement('POST', path)).json).toMatchObject({ IsSuccess: false });
    // Retail is in use: what is to be done by hand must be acknowledged.
    expect((await movement('POST', ofActivity('signoff'))).json).toMatchObject({ IsSuccess: false });
    const signed = (await movement('POST', `${ofActivity('signoff')}?acknowledge=all`)).json;
    expect([signed.IsSuccess, signed.ErrorMessage]).toEqual([true, null]);
    expect(await atRest()).toBe('SignedOff');
  });

  it('roll a refresh back whose database synchronization failed, to what was there before', async () => {
    // Something that only UAT has: a rollback that did nothing would be noticed.
    const tester = `INSERT INTO dbo.logisticselectronicaddress (location, type, locator) VALUES (1, 2, 'tester@uat.example')`;
    await ask('uat', tester, 'axdb', 'axruntimeuser');
    const before = await digestOf('uat');
    await customize(test.installation.addresses.synchronization, SANDBOX_ID, [
      'CREATE TABLE dbo.contosomailinglist (locator varchar(255) PRIMARY KEY)',
      'INSERT INTO dbo.contosomailinglist SELECT locator FROM dbo.logisticselectronicaddress WHERE type = 2',
    ]);
    await begin();
    expect(await atRest()).toBe('Failed');
    expect((await movement('GET', ofActivity('runbooklog'))).text).toContain('duplicate key');
    expect((await movement('POST', ofActivity('rollback'))).json).toMatchObject({ IsSuccess: true });
    expect(await atRest()).toBe('RollbackCompleted');
    expect(await digestOf('uat')).toEqual(before);
  });

  it('admit three in 24 hours, over all, and say so as the original does', async () => {
    await begin();
    await movement('POST', ofActivity('abort'));
    await atRest();
    const { status, json } = await movement('POST', `${REFRESH}/${PRODUCTION_ID}/target/${SANDBOX_ID}`);
    expect(status).toBe(200);
    expect(json).toMatchObject({
      IsSuccess: false,
      ErrorMessage: expect.stringMatching(
        /^Maximum allowed API operations are 3 from \d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{7}$/,
      ),
    });
  });

  it('are answered with 429 and retry-after when they come too often', async () => {
    let answer = await call('GET', `environmentinfo/v1/detail/project/${PROJECT_ID}`);
    for (let time = 0; time < 7 && answer.status === 200; time++)
      answer = await call('GET', `environmentinfo/v1/detail/project/${PROJECT_ID}`);
    expect(answer.status).toBe(429);
    expect(Number(answer.headers.get('retry-after'))).toBeGreaterThan(0);
  });

  it('export nothing, and say so', async () => {
    const path = `export/project/${PROJECT_ID}/environment/${SANDBOX_ID}/backupName/test`;
    expect((await movement('POST', path)).json).toMatchObject({ IsSuccess: false });
  });
});
