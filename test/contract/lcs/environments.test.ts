import { describe, expect, it } from 'vitest';
import type { EnvironmentBody } from '../../../functions/http/lcs/environment-body.ts';
import { MAX, OLGA, RITA } from '../../support/lcs.ts';
import { settingsOf } from '../../support/refresh-data.ts';
import { of, PROD_ID, PROJECT, REFRESH, UAT_ID, useLcs } from './kit.ts';

const DETAIL = `environmentinfo/v1/detail/project/${PROJECT}`;
const HISTORY = `environmentinfo/v1/history/project/${PROJECT}/environment`;
const NEW_ID = '5362377c-0000-4000-8000-000000000003';
const REGISTER = `environmentinfo/v1/environment/project/${PROJECT}/environment`;
const VAULT = 'https://contoso.vault.azure.net/secrets';
const ACCOUNT = {
  Id: 'admin@contoso.com',
  NetworkAlias: 'admin@contoso.com',
  Sid: 'S-1-19-1',
  NetworkDomain: 'https://sts.windows.net/',
  IdentityProvider: 'https://sts.windows.net/',
  TenantId: '22222222-2222-4222-8222-222222222222',
};
const BODY: EnvironmentBody = {
  EnvironmentName: 'Build',
  EnvironmentType: 'DevTestDev',
  EnvironmentInfrastructure: 'CustomerManaged',
  DeployedOn: '2021-08-05T12:42:00Z',
  CloudStorageLocation: 'East US',
  TenantId: ACCOUNT.TenantId,
  CurrentApplicationReleaseName: '10.0.21',
  CurrentPlatformReleaseName: 'Update45',
  FinancialReportingVersion: '10.0.21.1',
  EnvironmentAdministrator: ACCOUNT,
  Databases: {
    Transactional: { Name: 'AxDB', KeyVaultUri: `${VAULT}/build-axdb` },
    FinancialReporting: { Name: 'MRDB', KeyVaultUri: `${VAULT}/build-mrdb`, MaxBytes: 1_000_000 },
  },
  Secrets: [`${VAULT}/build-sqladmin`],
};

const UAT = settingsOf('UAT');
/** UAT as it is, in versions of its own. */
const UAT_BODY: EnvironmentBody = {
  ...BODY,
  EnvironmentName: UAT.name,
  EnvironmentType: 'Sandbox',
  EnvironmentAdministrator: {
    ...ACCOUNT,
    Id: UAT.administrator.id,
    NetworkAlias: UAT.administrator.alias,
    Sid: UAT.administrator.sid,
  },
  Databases: {
    Transactional: { Name: 'AxDB', KeyVaultUri: UAT.databases.transactional.keyVaultUri },
    FinancialReporting: { Name: 'MRDB', KeyVaultUri: UAT.databases.financialReporting.keyVaultUri },
  },
  SynchronizationUrl: UAT.synchronizationUrl,
};

type Row = { EnvironmentName: string };
const namesOf = (rows: Row[]) => rows.map(({ EnvironmentName }) => EnvironmentName);

describe('the details of environments', () => {
  const lcs = useLcs();

  it('are listed by pages, with the slash before the question mark or without', async () => {
    for (const path of [DETAIL, `${DETAIL}/?page=1`, `${DETAIL}?page=1`]) {
      const { json } = await lcs.call('GET', path, { as: RITA });
      expect(json).toMatchObject({ IsSuccess: true, ResultPageCurrent: 1, ResultHasMorePages: false });
      expect(namesOf(json.Data)).toEqual(['PROD', 'UAT']);
    }
    expect((await lcs.call('GET', `${DETAIL}/?page=2`)).json).toMatchObject({ ResultPageCurrent: 2, Data: [] });
  });

  it('of more than fifty have a next page', async () => {
    const { control } = lcs.world();
    for (let number = 10; number < 60; number++) {
      const settings = settingsOf('UAT', { name: `Build ${number}` });
      await control.environments.register({ projectId: PROJECT, id: `${number}`.repeat(16), settings });
    }
    const first = (await lcs.call('GET', `${DETAIL}/?page=1`)).json;
    expect([first.Data.length, first.ResultHasMorePages]).toEqual([50, true]);
    const second = (await lcs.call('GET', `${DETAIL}/?page=2`)).json;
    expect([namesOf(second.Data), second.ResultHasMorePages]).toEqual([['PROD', 'UAT'], false]);
  });

  it('of one are found by its id or its name', async () => {
    expect(namesOf((await lcs.call('GET', `${DETAIL}/?environmentId=${PROD_ID}`)).json.Data)).toEqual(['PROD']);
    expect(namesOf((await lcs.call('GET', `${DETAIL}/?environmentName=uat`)).json.Data)).toEqual(['UAT']);
    expect((await lcs.call('GET', `${DETAIL}/?environmentName=none`)).json).toMatchObject({
      IsSuccess: true,
      Data: [],
    });
  });

  it('have null for what is not known', async () => {
    const [uat] = (await lcs.call('GET', `${DETAIL}/?environmentName=UAT`)).json.Data;
    expect(uat).toMatchObject({ EnvironmentId: UAT_ID, DeployedOnUTC: null, TopologyDisplayName: null, CanStop: true });
  });

  it('are admitted six times a minute and project; then 429 says when to call again', async () => {
    for (let time = 0; time < 6; time++) expect((await lcs.call('GET', DETAIL)).status).toBe(200);
    const { status, headers, json } = await lcs.call('GET', DETAIL, { as: MAX });
    expect([status, headers.get('retry-after'), json.IsSuccess]).toEqual([429, '60', false]);
    const other = DETAIL.replace(`${PROJECT}`, '1');
    expect((await lcs.call('GET', other)).status).toBe(200);
    await lcs.world().clock.advance(60_000);
    expect((await lcs.call('GET', DETAIL)).status).toBe(200);
  });
});

describe('the history of an environment', () => {
  const lcs = useLcs(
    {},
    {
      uat: {
        servicing: [
          {
            ...{ activityId: 'a', name: 'Contoso Package deployment', type: 'ApplicationHotfix' },
            ...{ typeDisplay: 'Application deployable package', startedAt: 0, endedAt: 60_000, status: 'Completed' },
            awaitsSignOff: false,
          },
        ],
      },
    },
  );

  it('holds the servicing that was registered, in the documented form', async () => {
    expect((await lcs.call('GET', `${HISTORY}/${UAT_ID}`)).json.Data).toEqual([
      {
        ...{
          Name: 'Contoso Package deployment',
          Type: 'ApplicationHotfix',
          TypeDisplay: 'Application deployable package',
        },
        ...{ StartDateTimeUtc: '1970-01-01T00:00:00.0', EndDateTimeUtc: '1970-01-01T00:01:00.0', Status: 'Completed' },
        ...{ ActivityId: 'a', EnvironmentId: UAT_ID, ProjectId: PROJECT },
      },
    ]);
  });

  it('is admitted six times in 30 seconds and environment, and six times a minute and project', async () => {
    for (let time = 0; time < 6; time++) expect((await lcs.call('GET', `${HISTORY}/${UAT_ID}`)).status).toBe(200);
    const { status, headers } = await lcs.call('GET', `${HISTORY}/${UAT_ID}`);
    expect([status, headers.get('retry-after')]).toEqual([429, '60']);
    expect((await lcs.call('GET', `${HISTORY}/${PROD_ID}`)).status).toBe(429);
    await lcs.world().clock.advance(60_000);
    expect((await lcs.call('GET', `${HISTORY}/${PROD_ID}`)).status).toBe(200);
  });
});

describe('starting and stopping', () => {
  const lcs = useLcs();
  const path = (wish: string, id = UAT_ID) => `environment/v1/${wish}/project/${PROJECT}/environment/${id}`;
  const later = () => lcs.world().clock.advance(5 * 60_000);

  it('stops a started one and starts a stopped one; to start a started one is no mistake, to stop a stopped one is', async () => {
    for (const [wish, well] of [
      ['start', true],
      ['stop', true],
      ['stop', false],
      ['start', true],
    ] as const) {
      expect((await lcs.call('POST', path(wish), { as: MAX })).json.IsSuccess, wish).toBe(well);
      await later();
    }
  });

  it('is admitted once in five minutes and environment', async () => {
    await lcs.call('POST', path('stop'));
    const { status, headers } = await lcs.call('POST', path('start'));
    expect([status, headers.get('retry-after')]).toEqual([429, '300']);
    expect((await lcs.call('POST', path('stop', PROD_ID))).status).toBe(200);
  });

  it('is refused while an operation concerns the environment', async () => {
    await lcs.call('POST', REFRESH);
    expect((await lcs.call('POST', path('stop'))).json.IsSuccess).toBe(false);
  });
});

describe('the registry', () => {
  const lcs = useLcs();

  it('takes an environment of an owner, and the details tell of it', async () => {
    expect((await lcs.call('PUT', `${REGISTER}/${NEW_ID}`, { body: BODY })).json.ErrorMessage).toBeNull();
    const [row] = (await lcs.call('GET', `${DETAIL}/?environmentId=${NEW_ID}`)).json.Data;
    expect(row).toMatchObject({
      ...{ EnvironmentName: 'Build', EnvironmentType: 'DevTestDev', DeployedOnUTC: '8/5/2021 12:42 PM' },
      ...{ CurrentPlatformReleaseName: 'Update45', EnvironmentGroup: 'Primary', DeploymentStatusDisplay: 'Deployed' },
    });
    const { Environment } = (await lcs.call('GET', `${REGISTER}/${NEW_ID}`)).json;
    expect(Environment).toMatchObject({
      ...{ FinancialReportingVersion: '10.0.21.1', EnvironmentAdministrator: ACCOUNT, WebConfigAdministrator: null },
    });
    expect((await lcs.call('PUT', `${REGISTER}/${NEW_ID}`, { as: MAX, body: BODY })).json.IsSuccess).toBe(false);
  });

  it('tells the tenant of the administrator that a refresh brings, as the dry run does', async () => {
    const WebConfigAdministrator = { ...ACCOUNT, TenantId: '33333333-3333-4333-8333-333333333333' };
    await lcs.call('PUT', `${REGISTER}/${UAT_ID}`, { body: { ...UAT_BODY, WebConfigAdministrator } });
    const { Environment } = (await lcs.call('GET', `${REGISTER}/${UAT_ID}`)).json;
    expect(Environment).toMatchObject({ TenantId: WebConfigAdministrator.TenantId, WebConfigAdministrator });
    const preflight = `databasemovement/v1/preflight/project/${PROJECT}/source/${PROD_ID}/target/${UAT_ID}`;
    const { Findings } = (await lcs.call('GET', preflight)).json;
    const messages = new Map(Findings.map((one: { Code: string; Message: string }) => [one.Code, one.Message]));
    for (const code of ['TENANT_DIFFERS', 'COMING_ADMINISTRATOR'])
      expect(messages.get(code)).toContain(WebConfigAdministrator.TenantId);
  });

  it('holds servicing by others until an owner says that it was signed off: a refresh waits for that', async () => {
    const deployed = {
      ...{
        ActivityId: 'a',
        Name: 'Package 7',
        Type: 'ApplicationHotfix',
        TypeDisplay: 'Application deployable package',
      },
      ...{ StartDate: '2021-08-05T12:42:00Z', Status: 'Completed' },
    };
    const preflight = `databasemovement/v1/preflight/project/${PROJECT}/source/${PROD_ID}/target/${NEW_ID}`;
    for (const AwaitsSignOff of [true, false]) {
      const body = { ...BODY, ServicingHistory: [{ ...deployed, AwaitsSignOff }] };
      expect((await lcs.call('PUT', `${REGISTER}/${NEW_ID}`, { body })).json.ErrorMessage).toBeNull();
      const { Findings } = (await lcs.call('GET', preflight)).json;
      const codes = Findings.map(({ Code }: { Code: string }) => Code);
      expect(codes.includes('PREVIOUS_NOT_SIGNED_OFF')).toBe(AwaitsSignOff);
    }
  });

  it('names every field that is wrong, at once, and repeats no secret’s address', async () => {
    const body = { ...BODY, EnvironmentType: 'Toy', FinancialReportingVersion: 'new', Databases: {} };
    const { json } = await lcs.call('PUT', `${REGISTER}/${NEW_ID}`, { body });
    expect(json.IsSuccess).toBe(false);
    for (const field of ['EnvironmentType', 'FinancialReportingVersion', 'Databases.Transactional'])
      expect(json.ErrorMessage).toContain(field);
    const stranger = { ...BODY, Secrets: ['https://evil.example/secrets/a'] };
    const refused = (await lcs.call('PUT', `${REGISTER}/${NEW_ID}`, { body: stranger })).json;
    expect(refused.ErrorMessage).toContain('Key Vault');
  });

  it('takes nothing under what is no id of the original, and finds nothing there', async () => {
    for (const id of ['build', '1'.repeat(31), 'x%00y', '..%2f..']) {
      expect((await lcs.call('PUT', `${REGISTER}/${id}`, { body: BODY })).json.IsSuccess, id).toBe(false);
      const found = (await lcs.call('GET', `${REGISTER}/${id}`)).json;
      expect(found.ErrorMessage, id).toContain('There is no environment');
    }
  });

  it('shows the names of a sandbox’s secrets to those who may act, those of production to nobody, and no value or address', async () => {
    await lcs.call('PUT', `${REGISTER}/${NEW_ID}`, { body: BODY });
    const namesFor = async (as: typeof OLGA, id: string) =>
      (await lcs.call('GET', `${REGISTER}/${id}`, { as })).json.SecretNames;
    expect(await namesFor(OLGA, NEW_ID)).toEqual(['build-axdb', 'build-mrdb', 'build-sqladmin']);
    expect(await namesFor(MAX, NEW_ID)).toEqual(['build-axdb', 'build-mrdb', 'build-sqladmin']);
    expect(await namesFor(RITA, NEW_ID)).toBeNull();
    for (const as of [OLGA, MAX, RITA]) expect(await namesFor(as, PROD_ID)).toBeNull();
    const { text, json } = await lcs.call('GET', `${REGISTER}/${NEW_ID}`);
    expect(text).not.toContain('vault.azure.net');
    expect(json).toMatchObject({ Availability: 'Available', Environment: { TenantId: ACCOUNT.TenantId } });
  });

  it('keeps what an operation works with, and says who has the environment', async () => {
    const id = await lcs.begun();
    const put = (body: EnvironmentBody) => lcs.call('PUT', `${REGISTER}/${UAT_ID}`, { body });
    const moved = { ...UAT_BODY, Databases: BODY.Databases };
    const { status, json } = await put(moved);
    expect([status, json.IsSuccess]).toEqual([200, false]);
    expect(json.ErrorMessage).toContain(id);
    expect((await put({ ...UAT_BODY, EnvironmentName: 'UAT 2' })).json.ErrorMessage).toBeNull();
    await lcs.drive();
    expect(await lcs.status(id)).toBe('Completed');
    expect((await put(moved)).json.IsSuccess).toBe(false);
    await lcs.call('POST', of('signoff', id));
    expect((await put(moved)).json.ErrorMessage).toBeNull();
  });

  it('gives an environment up, but not in the middle of an operation', async () => {
    const id = await lcs.begun();
    expect((await lcs.call('DELETE', `${REGISTER}/${UAT_ID}`)).json.IsSuccess).toBe(false);
    await lcs.call('POST', of('abort', id));
    await lcs.drive();
    expect((await lcs.call('DELETE', `${REGISTER}/${UAT_ID}`)).json.IsSuccess).toBe(true);
    expect((await lcs.call('GET', `${REGISTER}/${UAT_ID}`)).json.IsSuccess).toBe(false);
  });
});
