import { describe, expect, it } from 'vitest';
import { VERSION_EOL } from '../../../functions/http/lcs/shapes.ts';
import { MAX, OLGA, RITA } from '../../support/lcs.ts';
import { BACKWARDS, of, PROD_ID, PROJECT, REFRESH, UAT_ID, useLcs } from './kit.ts';

const GUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

describe('a refresh by the documented calls', () => {
  const lcs = useLcs();

  it('is begun by an answer with the operation’s id, and nothing more than documented', async () => {
    const { status, json } = await lcs.call('POST', REFRESH);
    expect(status).toBe(200);
    expect(json).toEqual({
      IsSuccess: true,
      OperationActivityId: expect.stringMatching(GUID),
      ErrorMessage: null,
      VersionEOL: VERSION_EOL,
    });
  });

  it('is told by fetchstatus until it is completed; the id of the call is another than the operation’s', async () => {
    const id = await lcs.begun();
    const { json } = await lcs.call('GET', of('fetchstatus', id));
    expect(json).toEqual({
      ...{ IsSuccess: true, OperationActivityId: expect.stringMatching(GUID), ErrorMessage: null },
      ...{ VersionEOL: VERSION_EOL, ProjectId: PROJECT, EnvironmentId: UAT_ID, ActivityId: id },
      ...{ CompletionDate: null, OperationStatus: 'NotStarted' },
    });
    expect(json.OperationActivityId).not.toBe(id);
    await lcs.drive();
    const after = (await lcs.call('GET', of('fetchstatus', id))).json;
    expect(after).toMatchObject({
      OperationStatus: 'Completed',
      CompletionDate: expect.stringMatching(/^2026-.*\.\d+$/),
    });
  });

  it('tells what was scrubbed, and in the history how it ended', async () => {
    const id = await lcs.refreshed();
    const { json } = await lcs.call('GET', of('operation', id));
    expect(json).toMatchObject({
      OperationStatus: 'Completed',
      Name: 'Refresh from PROD',
      StartedBy: 'olga',
      Failure: null,
    });
    expect(json.Scrubbed).toContainEqual(
      expect.objectContaining({ Table: 'dbo.LogisticsElectronicAddress', Rows: 2, Skipped: false, Verified: true }),
    );
    const history = await lcs.call(
      'GET',
      `environmentinfo/v1/history/project/${PROJECT}/environment/${UAT_ID}/?page=1`,
    );
    expect(history.json.Data).toEqual([
      {
        ...{ Name: 'Refresh from PROD', Type: 'SFSourceDbToSandbox', TypeDisplay: 'Refresh database' },
        ...{ StartDateTimeUtc: expect.any(String), EndDateTimeUtc: expect.any(String), Status: 'Completed' },
        ...{ ActivityId: id, EnvironmentId: UAT_ID, ProjectId: PROJECT },
      },
    ]);
  });

  it('keeps the old databases in the list until it is signed off', async () => {
    const id = await lcs.refreshed();
    const list = async () =>
      (await lcs.call('GET', `databasemovement/v1/databases/project/${PROJECT}`)).json.DatabaseAssets;
    expect(await list()).toHaveLength(2);
    expect((await list())[0]).toMatchObject({
      ProjectId: PROJECT,
      CreatedByName: 'olga',
      Name: expect.stringContaining('AxDB'),
    });
    await lcs.call('POST', of('signoff', id));
    await lcs.drive();
    expect(await list()).toEqual([]);
    expect(await lcs.status(id)).toBe('SignedOff');
  });

  it('may name environments by their ids with or without hyphens, in any letter case', async () => {
    const spelled = PROD_ID.replaceAll('-', '').toUpperCase();
    const path = `databasemovement/v1/refresh/project/${PROJECT}/source/${spelled}/target/${UAT_ID}`;
    expect((await lcs.call('POST', path)).json).toMatchObject({ IsSuccess: true });
  });

  it('is not the operation of another environment or project', async () => {
    const id = await lcs.begun();
    for (const path of [
      of('fetchstatus', id).replace(UAT_ID, PROD_ID),
      of('fetchstatus', id).replace(`${PROJECT}`, '1'),
    ]) {
      expect((await lcs.call('GET', path)).json).toMatchObject({ IsSuccess: false });
    }
  });

  it('of another that has not been signed off is refused, and says by whom', async () => {
    const id = await lcs.refreshed();
    const { json } = await lcs.call('POST', REFRESH, { as: MAX });
    expect(json).toMatchObject({ IsSuccess: false, ErrorMessage: expect.stringContaining('by olga') });
    expect(json.OperationActivityId).not.toBe(id);
  });
});

describe('a refresh that is refused', () => {
  const lcs = useLcs(
    {},
    { uat: { platformUpdate: 12, applicationRelease: '8.0', financialReportingVersion: '8.0.1' } },
  );

  it('names all reasons at once, each with what to do, and is answered with 200', async () => {
    const { status, json } = await lcs.call('POST', REFRESH);
    expect(status).toBe(200);
    expect(json.IsSuccess).toBe(false);
    for (const code of ['PLATFORM_TOO_OLD', 'TARGET_RELEASE_OLDER', 'FINANCIAL_REPORTING_OLDER_8_0'])
      expect(json.ErrorMessage).toContain(code);
    expect(json.ErrorMessage).toContain('Upgrade the target sandbox');
  });

  it('says the same in the dry run, with the rows that would not be copied', async () => {
    const path = `databasemovement/v1/preflight/project/${PROJECT}/source/${PROD_ID}/target/${UAT_ID}`;
    const { json } = await lcs.call('GET', path);
    expect(json).toMatchObject({ IsSuccess: true, Passed: false });
    expect(json.Findings.map(({ Code }: { Code: string }) => Code)).toContain('PLATFORM_TOO_OLD');
    expect(json.NotCopied).toContainEqual(expect.objectContaining({ Table: 'LogisticsElectronicAddress', Rows: 2 }));
    expect((await lcs.call('POST', path, { as: RITA })).json.Findings).toEqual(json.Findings);
  });

  it('does not count', async () => {
    for (let time = 0; time < 5; time++)
      expect((await lcs.call('POST', REFRESH)).json.ErrorMessage).not.toContain('Maximum');
    expect((await lcs.call('POST', BACKWARDS)).json.ErrorMessage).toContain('TARGET_IS_PRODUCTION');
  });
});

describe('triggering calls', () => {
  const lcs = useLcs();

  it('are three in 24 hours, and one more is answered in the original’s words', async () => {
    for (let time = 0; time < 3; time++) {
      const id = await lcs.refreshed();
      await lcs.call('POST', of('signoff', id));
      await lcs.drive();
    }
    const { status, json } = await lcs.call('POST', REFRESH);
    expect(status).toBe(200);
    expect(json).toEqual({
      IsSuccess: false,
      OperationActivityId: expect.stringMatching(GUID),
      ErrorMessage: expect.stringMatching(
        /^Maximum allowed API operations are 3 from \d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{7}$/,
      ),
      VersionEOL: VERSION_EOL,
    });
    await lcs.world().clock.advance(86_400_000);
    expect((await lcs.call('POST', REFRESH)).json.IsSuccess).toBe(true);
  });
});

describe('a refresh whose database synchronization fails', () => {
  const lcs = useLcs();

  it('is Failed with step and reason, its log can be had, and a rollback brings back what was there', async () => {
    const before = lcs.world().target();
    lcs.world().synchronization.outcome = { status: 'failed', text: 'a column cannot be made' };
    const id = await lcs.refreshed();
    expect(await lcs.status(id)).toBe('Failed');
    const { Failure } = (await lcs.call('GET', of('operation', id))).json;
    expect(Failure).toMatchObject({ Code: 'SYNCHRONIZATION_FAILED', Message: expect.stringContaining('a column') });
    const log = await lcs.call('GET', of('runbooklog', id), { as: RITA });
    expect([log.status, log.headers.get('content-type')]).toEqual([200, 'text/plain; charset=utf-8']);
    expect(log.text).toContain('a column cannot be made');
    const zip = await lcs.call('GET', `${of('runbooklog', id)}?format=zip`);
    expect([zip.headers.get('content-type'), zip.text.slice(0, 2)]).toEqual(['application/zip', 'PK']);

    expect((await lcs.call('POST', of('signoff', id))).json.IsSuccess).toBe(false);
    expect((await lcs.call('POST', of('rollback', id))).json).toMatchObject({
      IsSuccess: true,
      OperationActivityId: id,
    });
    expect(await lcs.status(id)).toBe('RollbackInProgress');
    await lcs.drive();
    expect(await lcs.status(id)).toBe('RollbackCompleted');
    expect(lcs.world().target()).toEqual(before);
    expect((await lcs.call('POST', of('rollback', id))).json.IsSuccess).toBe(false);
  });
});

describe('an operation that is aborted', () => {
  const lcs = useLcs();

  it('leaves nothing, and the next may begin', async () => {
    const before = lcs.world().target();
    const id = await lcs.begun();
    expect((await lcs.call('POST', of('abort', id))).json).toMatchObject({ IsSuccess: true });
    await lcs.drive();
    expect(await lcs.status(id)).toBe('Aborted');
    expect(lcs.world().target()).toEqual(before);
    expect((await lcs.call('POST', REFRESH)).json.IsSuccess).toBe(true);
  });
});

describe('a sign-off of an environment with Retail functionality', () => {
  const lcs = useLcs({}, { uat: { retail: true } });
  const steps = async (id: string): Promise<string[]> =>
    (await lcs.call('GET', of('operation', id))).json.StepsToAcknowledge.map(({ Id }: { Id: string }) => Id);

  it('needs each step acknowledged, by its id', async () => {
    const id = await lcs.refreshed();
    const ids = await steps(id);
    expect(ids.length).toBeGreaterThan(1);
    const missing = (await lcs.call('POST', of('signoff', id), { body: { AcknowledgedSteps: ids.slice(1) } })).json;
    expect(missing).toMatchObject({ IsSuccess: false, ErrorMessage: expect.stringContaining(ids[0] ?? '') });
    expect((await lcs.call('POST', of('signoff', id), { body: { AcknowledgedSteps: ids } })).json.IsSuccess).toBe(true);
    expect((await lcs.call('GET', of('operation', id))).json.SignedOffBy).toBe('olga');
  });

  it('may acknowledge all of them at once', async () => {
    const id = await lcs.refreshed();
    expect((await lcs.call('POST', `${of('signoff', id)}?acknowledge=all`)).json.IsSuccess).toBe(true);
  });
});

describe('a second person at the sign-off', () => {
  const lcs = useLcs({ options: { secondPersonSignsOff: true } });

  it('is somebody else than who began', async () => {
    const id = await lcs.refreshed();
    expect((await lcs.call('POST', of('signoff', id))).json.IsSuccess).toBe(false);
    expect((await lcs.call('POST', of('signoff', id), { as: MAX })).json.IsSuccess).toBe(true);
  });
});

describe('who may call', () => {
  const lcs = useLcs();
  const WISHES = ['rollback', 'signoff', 'abort'];

  it('is nobody without a token: 401, and where to get one', async () => {
    for (const [method, path] of [
      ['POST', REFRESH],
      ['GET', `environmentinfo/v1/detail/project/${PROJECT}`],
    ] as const) {
      const { status, headers, json } = await lcs.call(method, path, { as: null });
      expect([status, json.IsSuccess]).toEqual([401, false]);
      expect(headers.get('www-authenticate')).toContain('authorization_uri');
    }
  });

  it('is whoever reads for looks, and owners and managers for acts', async () => {
    const id = await lcs.begun({ as: MAX });
    expect((await lcs.call('GET', of('fetchstatus', id), { as: RITA })).json.IsSuccess).toBe(true);
    for (const wish of WISHES)
      expect((await lcs.call('POST', of(wish, id), { as: RITA })).json.ErrorMessage).toContain('EnvironmentManager');
    expect((await lcs.call('POST', REFRESH, { as: RITA })).json.ErrorMessage).toContain('EnvironmentManager');
  });

  it('is nobody in a project that the token does not name, and nobody without a role', async () => {
    for (const as of [{ ...OLGA, projects: ['1'] }, { roles: ['SystemAdministrator'] }])
      expect((await lcs.call('POST', REFRESH, { as })).json).toMatchObject({ IsSuccess: false });
    expect((await lcs.call('POST', REFRESH.replace(`${PROJECT}`, 'x'))).json.ErrorMessage).toContain('no project x');
  });
});

describe('beside the original', () => {
  const lcs = useLcs();

  it('an export is not supported, and says so', async () => {
    const path = `databasemovement/v1/export/project/${PROJECT}/environment/${UAT_ID}/backupName/one`;
    expect((await lcs.call('POST', path)).json).toMatchObject({
      IsSuccess: false,
      ErrorMessage: expect.stringContaining('not supported'),
    });
  });

  it('the scrub rules can be read', async () => {
    const { json } = await lcs.call('GET', `databasemovement/v1/scrubrules/project/${PROJECT}`, { as: RITA });
    expect(json.Rules.map(({ table }: { table: string }) => table)).toEqual(
      expect.arrayContaining(['LogisticsElectronicAddress', 'DocuValue', 'UserInfo', 'BatchJob']),
    );
  });

  it('a refresh can be scheduled, listed and taken back', async () => {
    const path = `databasemovement/v1/schedule/project/${PROJECT}`;
    const at = new Date(lcs.world().clock.now() + 3_600_000).toISOString();
    const made = await lcs.call('POST', `${path}/source/${PROD_ID}/target/${UAT_ID}`, {
      body: { At: at, EveryHours: 24 },
    });
    expect(made.json.Schedule).toMatchObject({ NextDateTimeUtc: at.replace('00Z', ''), EveryHours: 24, Last: null });
    const past = { At: '2000-01-01T00:00:00Z' };
    expect((await lcs.call('POST', `${path}/source/${PROD_ID}/target/${UAT_ID}`, { body: past })).json.IsSuccess).toBe(
      false,
    );
    const wrong = await lcs.call('POST', `${path}/source/${PROD_ID}/target/${UAT_ID}`, { body: { At: 'soon' } });
    expect(wrong.json.ErrorMessage).toContain('At');
    expect((await lcs.call('GET', path)).json.Data).toEqual([made.json.Schedule]);
    const one = `${path}/schedule/${made.json.Schedule.ScheduleId}`;
    expect((await lcs.call('DELETE', one)).json.IsSuccess).toBe(true);
    expect((await lcs.call('DELETE', one)).json.IsSuccess).toBe(false);
  });
});
