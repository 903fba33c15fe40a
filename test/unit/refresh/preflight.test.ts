import { describe, expect, it } from 'vitest';
import type { EnvironmentSettings } from '../../../shared/control/environment.ts';
import { preflight } from '../../../shared/refresh/preflight/preflight.ts';
import { refresh } from '../../../shared/refresh/requests/refresh.ts';
import { compareVersions } from '../../../shared/refresh/versions.ts';
import { PROJECT, settingsOf, TENANT, UAT_ID } from '../../support/refresh-data.ts';
import {
  alterTable,
  MANAGER,
  OWNER,
  RefreshWorld,
  type RefreshWorldOptions,
  WAY,
} from '../../support/refresh-world.ts';

type Settings = Partial<EnvironmentSettings>;

async function worldOf(more: { prod?: Settings; uat?: Settings } = {}, options?: RefreshWorldOptions) {
  return new RefreshWorld(options).register(more);
}

async function codesOf(world: RefreshWorld, severity: 'error' | 'warning' = 'error'): Promise<string[]> {
  const { findings } = await preflight(world.ports, WAY);
  return findings.filter((one) => one.severity === severity).map(({ code }) => code);
}

const servicing = {
  activityId: 'a',
  name: 'Package 7',
  type: 'ApplicationHotfix',
  typeDisplay: 'Application deployable package',
  startedAt: 1,
  endedAt: 2,
  status: 'Completed',
  awaitsSignOff: true,
};

const OF_OTHER_TENANT = { ...settingsOf('UAT').administrator, tenantId: 'other' };

describe('a preflight', () => {
  it('finds nothing against a refresh of a sandbox that is as it should be', async () => {
    expect(await codesOf(await worldOf())).toEqual([]);
  });

  it.each<[what: string, more: { prod?: Settings; uat?: Settings }]>([
    ['another sandbox as the source', { prod: { kind: 'sandbox' } }],
    [
      'platform update 13, the first that can be refreshed',
      { prod: { platformUpdate: 13 }, uat: { platformUpdate: 13 } },
    ],
    ['a newer Financial Reporting in the target', { uat: { financialReportingVersion: '8.1.181.0' } }],
    ['a previous operation that was signed off', { uat: { servicing: [{ ...servicing, awaitsSignOff: false }] } }],
  ])('finds nothing against %s', async (_what, more) => {
    expect(await codesOf(await worldOf(more))).toEqual([]);
  });

  it.each<[code: string, more: { prod?: Settings; uat?: Settings }, remedy: string]>([
    ['TARGET_IS_PRODUCTION', { uat: { kind: 'production' } }, 'Choose a sandbox'],
    ['TARGET_IS_DEVELOPER', { uat: { kind: 'developer' } }, 'Choose a sandbox'],
    ['PREVIOUS_NOT_SIGNED_OFF', { uat: { servicing: [servicing] } }, 'Sign the previous operation off'],
    ['PLATFORM_TOO_OLD', { uat: { platformUpdate: 12 } }, 'Update the environment'],
    ['PLATFORM_TOO_OLD', { prod: { platformUpdate: 11 } }, 'Update the environment'],
    ['TARGET_RELEASE_NEWER', { prod: { applicationRelease: '7.3' } }, 'Refresh before the sandbox is upgraded'],
    ['TARGET_RELEASE_OLDER', { uat: { applicationRelease: '8.0' } }, 'Upgrade the target sandbox'],
    ['FINANCIAL_REPORTING_OLDER', { uat: { financialReportingVersion: '8.1.9.1' } }, 'Update tiles'],
    [
      'FINANCIAL_REPORTING_OLDER_8_0',
      {
        prod: { applicationRelease: '8.0', financialReportingVersion: '8.0.10' },
        uat: { applicationRelease: '8.0', financialReportingVersion: '8.0.9' },
      },
      'Platform and application binary package',
    ],
    ['TENANT_DIFFERS', { uat: { tenantId: 'other' } }, 'within one tenant'],
    ['TENANT_DIFFERS', { uat: { administrator: OF_OTHER_TENANT } }, 'within one tenant'],
    ['TENANT_DIFFERS', { uat: { webConfigAdministrator: OF_OTHER_TENANT } }, 'within one tenant'],
    ['TENANT_DIFFERS', { prod: { webConfigAdministrator: OF_OTHER_TENANT } }, 'within one tenant'],
  ])('refuses with the remedy of the document: %s', async (code, more, remedy) => {
    const world = await worldOf(more);
    const { findings } = await preflight(world.ports, WAY);
    const refusals = findings.filter(({ severity }) => severity === 'error');
    expect(refusals.map((one) => one.code)).toEqual([code]);
    expect(refusals[0]?.remedy).toContain(remedy);
  });

  it('lets another tenant pass where that is allowed', async () => {
    const other = { uat: { tenantId: 'other', webConfigAdministrator: { ...OF_OTHER_TENANT, tenantId: 'third' } } };
    expect(await codesOf(await worldOf(other, { options: { allowOtherTenant: true } }))).toEqual([]);
  });

  it('refuses an environment as its own source, in either form of its id', async () => {
    const world = await worldOf();
    const { findings } = await preflight(world.ports, { projectId: PROJECT, sourceId: UAT_ID, targetId: UAT_ID });
    expect(findings.map(({ code }) => code)).toContain('SAME_ENVIRONMENT');
  });

  it('refuses databases that cannot be used: no secret, no server, no database', async () => {
    const world = await worldOf();
    world.secrets.set('https://freshet.vault.azure.net/secrets/uat-axdb', { value: 'memory://nowhere/AxDB', tags: {} });
    world.uat.remove(world.uat.byName('MRDB')?.id ?? '');
    expect(await codesOf(world)).toEqual(['DATABASE_UNREACHABLE', 'DATABASE_UNREACHABLE']);
  });

  it('refuses a source that is larger than the target may be, and a server without room for both copies', async () => {
    const small = { name: 'AxDB', keyVaultUri: 'https://freshet.vault.azure.net/secrets/uat-axdb', maxBytes: 500 };
    const reporting = { ...small, name: 'MRDB', keyVaultUri: 'https://freshet.vault.azure.net/secrets/uat-mrdb' };
    const world = await worldOf({ uat: { databases: { transactional: small, financialReporting: reporting } } });
    expect(await codesOf(world)).toEqual(['SOURCE_TOO_LARGE']);
    const full = await worldOf();
    Object.assign(full.uat.options, { maxBytes: full.uat.databases.length * 1_500 });
    expect(await codesOf(full)).toEqual(['NO_ROOM_FOR_COPIES']);
  });

  it('refuses running jobs in the target, and warns of those in the source', async () => {
    const world = await worldOf();
    const jobs = [{ CAPTION: 'Recurring export of customers', STATUS: 2 }];
    alterTable(world.prod, 'AxDB', 'dbo.BatchJob', jobs);
    expect(await codesOf(world)).toEqual([]);
    expect(await codesOf(world, 'warning')).toContain('SOURCE_JOBS_RUNNING');
    alterTable(world.uat, 'AxDB', 'dbo.BatchJob', jobs);
    const { findings } = await preflight(world.ports, WAY);
    const running = findings.find(({ code }) => code === 'JOBS_STILL_RUNNING');
    expect(running?.message).toContain('Recurring export of customers');
    expect(running?.remedy).toContain('afterwards they can be resumed');
  });

  it('says how it looked for running jobs, and what it found', async () => {
    const world = await worldOf();
    const told = async () =>
      (await preflight(world.ports, WAY)).findings.find(({ code }) => code === 'JOBS_LOOKED_FOR')?.message;
    expect(await told()).toContain(
      "in BatchJob where STATUS in (1, 2, 5, 7) and CAPTION like '%recurring%' in any letter case: 0 were",
    );
    alterTable(world.uat, 'AxDB', 'dbo.BatchJob', null);
    expect(await told()).toContain('the target has no table BatchJob');
    alterTable(world.uat, 'AxDB', 'dbo.BatchJob', [{ NAME: 'no caption', STATUS: 2 }]);
    expect(await codesOf(world)).toEqual(['SCRUB_COLUMN_MISSING']);
  });

  it('says that room was not checked where the server does not tell it', async () => {
    const world = await worldOf();
    expect(await codesOf(world, 'warning')).toContain('ROOM_NOT_CHECKED');
    Object.assign(world.uat.options, { maxBytes: 1_000_000 });
    expect(await codesOf(world, 'warning')).not.toContain('ROOM_NOT_CHECKED');
  });

  it('refuses a source without Admin, and finds him in any spelling, disabled or not', async () => {
    const world = await worldOf();
    alterTable(world.prod, 'AxDB', 'dbo.UserInfo', [{ ID: 'admin', ENABLE: 0, NETWORKALIAS: 'a' }]);
    expect(await codesOf(world)).toEqual([]);
    alterTable(world.prod, 'AxDB', 'dbo.UserInfo', [{ ID: 'administrator', ENABLE: 1, NETWORKALIAS: 'a' }]);
    expect(await codesOf(world)).toEqual(['ADMIN_MISSING']);
    alterTable(world.prod, 'AxDB', 'dbo.UserInfo', null);
    expect(await codesOf(world)).toEqual([]);
    expect(await codesOf(world, 'warning')).toContain('NO_USERS');
  });

  it('refuses a login that lacks rights on the target’s server', async () => {
    const world = await worldOf();
    Object.assign(world.uat.options, { missingRights: ['the right CREATEDB'] });
    const { findings } = await preflight(world.ports, WAY);
    const refusals = findings.filter(({ severity }) => severity === 'error');
    expect(refusals.map(({ code }) => code)).toEqual(['DATABASE_FORBIDDEN', 'DATABASE_FORBIDDEN']);
    expect(refusals[0]?.message).toContain('lacks the right CREATEDB');
  });

  it('refuses what could not be copied, by its names', async () => {
    const world = await worldOf();
    world.prod.change(world.prod.byName('MRDB')?.id ?? '', { uncopied: ['large object 7', 'aggregate product'] });
    const { findings } = await preflight(world.ports, WAY);
    const refusals = findings.filter(({ severity }) => severity === 'error');
    expect(refusals.map(({ code }) => code)).toEqual(['COPY_UNSUPPORTED']);
    expect(refusals[0]?.message).toContain('large object 7, aggregate product');
  });

  it('refuses columns without a rule where those halt, and rules that do not fit', async () => {
    const world = await worldOf();
    alterTable(world.prod, 'AxDB', 'dbo.CustGroup', [{ RECID: 1 }]);
    const { rules } = world.ports;
    const halting = { ...world.ports, rules: { ...rules, unknownColumns: 'halt' as const } };
    const { findings } = await preflight(halting, WAY);
    expect(findings.find(({ code }) => code === 'COLUMNS_WITHOUT_RULE')?.message).toContain('CustTable.ACCOUNTNUM');
    const misfit = [
      { id: 'a', title: 'a', table: 'CustTable', column: 'NOSUCH', action: 'null' as const },
      { id: 'b', title: 'b', table: 'NoSuchTable', action: 'truncate' as const },
      { id: 'c', title: 'c', table: 'CustGroup', column: 'RECID', action: 'null' as const },
      { id: 'd', title: 'd', table: 'CustGroup', column: 'RECID', action: 'set' as const, value: 'x' },
    ];
    const found = await preflight({ ...world.ports, rules: { ...rules, rules: misfit } }, WAY);
    const codes = found.findings.filter(({ severity }) => severity === 'error').map(({ code }) => code);
    expect(codes).toEqual(
      expect.arrayContaining([
        ...['SCRUB_COLUMN_MISSING', 'SCRUB_TABLE_MISSING', 'SCRUB_COLUMN_NOT_WRITABLE', 'SCRUB_VALUE_UNFIT'],
      ]),
    );
  });

  it('warns of all that follows, of the coming administrator and of who can read the copy', async () => {
    const told = await preflight((await worldOf({ uat: { retail: true } })).ports, WAY);
    const codes = told.findings.map(({ code }) => code);
    const coming = told.findings.find(({ code }) => code === 'COMING_ADMINISTRATOR');
    expect(coming?.message).toContain('uat.admin@contoso.com');
    expect(coming?.message).toContain(TENANT);
    expect(codes).toEqual(
      expect.arrayContaining([
        ...['TARGET_ERASED', 'NO_PRODUCTION_REPORTING', 'TARGET_UNAVAILABLE', 'DOCUMENTS_STAY', 'USERS_DISABLED'],
        ...['RECONNECT_ENDPOINTS', 'COMING_ADMINISTRATOR', 'RETAIL_STEPS', 'READABLE_BY_ADMINISTRATORS'],
        'OTHERS_UNTOUCHED',
      ]),
    );
    expect(codes).not.toContain('WEB_CONFIG_DIFFERS');
    const account = { id: 'x', sid: 'S-9', alias: 'x', domain: 'd', identityProvider: 'i', tenantId: TENANT };
    const { findings } = await preflight((await worldOf({ uat: { webConfigAdministrator: account } })).ports, WAY);
    const differs = findings.find(({ code }) => code === 'WEB_CONFIG_DIFFERS');
    expect(differs?.remedy).toContain('deallocate and delete the target, and redeploy it');
  });

  it('lists what is not copied with the rows that would be touched, and estimates the time', async () => {
    const world = await worldOf();
    const { notCopied, estimateMs, bytes } = await preflight(world.ports, WAY);
    const rows = new Map(notCopied.map((one) => [one.rule, one.rows]));
    expect(rows.get('email-addresses')).toBe(2);
    expect(rows.get('batch-jobs')).toBe(4);
    expect(rows.get('empty-printmgmtsettings')).toBeNull();
    expect(new Set(notCopied.flatMap(({ element }) => element ?? [])).size).toBe(9);
    expect(bytes).toBeGreaterThan(0);
    expect(estimateMs).toBeGreaterThan(0);
  });

  it('changes nothing: no operation, no count, no database', async () => {
    const world = await worldOf();
    const before = [world.source(), world.target(), world.control.snapshot()];
    await preflight(world.ports, WAY);
    expect([world.source(), world.target(), world.control.snapshot()]).toEqual(before);
  });
});

describe('a refresh that is refused', () => {
  it('is told all reasons at once, and is as if it had never been', async () => {
    const world = await worldOf({ uat: { kind: 'production', platformUpdate: 3 } });
    const before = [world.control.snapshot(), world.target()];
    await expect(refresh(world.ports, OWNER, WAY)).rejects.toMatchObject({
      code: 'REFRESH_REFUSED',
      message: expect.stringMatching(/TARGET_IS_PRODUCTION.*PLATFORM_TOO_OLD/s),
    });
    expect([world.control.snapshot(), world.target()]).toEqual(before);
  });

  it('is told by whom the environments are kept, and of all else', async () => {
    const world = await worldOf();
    await refresh(world.ports, OWNER, WAY);
    await world.control.environments.register({ ...WAY, id: UAT_ID, settings: await settingsNow(world) });
    await expect(refresh(world.ports, MANAGER, WAY)).rejects.toThrow(/ENVIRONMENT_BUSY.*PLATFORM_TOO_OLD/s);
    await expect(refresh(world.ports, MANAGER, WAY)).rejects.toThrow(OWNER.name);
    const back = { projectId: PROJECT, sourceId: WAY.targetId, targetId: WAY.sourceId };
    await expect(refresh(world.ports, MANAGER, back)).rejects.toThrow(OWNER.name);
  });

  it('works with what is registered once nobody may change it any more, whatever was registered before', async () => {
    const world = await worldOf();
    const { control } = world.ports;
    const { databases } = settingsOf('UAT');
    const elsewhere = { ...databases, transactional: { ...databases.transactional, name: 'AxDB2' } };
    world.uat.change(world.uat.byName('AxDB')?.id ?? '', { name: 'AxDB2' });
    const begin: typeof control.operations.begin = async (...asked) => {
      await world.register({ uat: { databases: elsewhere } });
      return control.operations.begin(...asked);
    };
    const operations = { ...control.operations, begin };
    const { id } = await refresh({ ...world.ports, control: { ...control, operations } }, OWNER, WAY);
    expect(await world.driven(id)).toMatchObject({ state: 'Completed', failure: null });
    expect(world.uat.byName('AxDB2')?.state).toBe('open');
  });

  it('comes too often: three begin within 24 hours, in the words of the original', async () => {
    const world = await worldOf();
    const { operations } = world.control;
    for (let count = 0; count < 3; count++) {
      const { id, revision } = await refresh(world.ports, OWNER, WAY);
      const known = await operations.get(id);
      await operations.save(known ?? ({ id, revision } as never), { state: 'Aborted', step: null });
    }
    const error = await refresh(world.ports, OWNER, WAY).catch((one: Error) => one);
    expect((error as Error).message).toBe('Maximum allowed API operations are 3 from 2025-12-31T00:00:00.0000000');
    await world.clock.advance(86_400_000);
    expect(await refresh(world.ports, OWNER, WAY)).toMatchObject({ state: 'NotStarted', step: 'begin' });
  });

  it('names an environment that nobody registered', async () => {
    const world = new RefreshWorld();
    await expect(refresh(world.ports, OWNER, WAY)).rejects.toMatchObject({ code: 'ENVIRONMENT_NOT_FOUND' });
  });
});

async function settingsNow(world: RefreshWorld): Promise<EnvironmentSettings> {
  const [uat] = (await world.control.environments.list(PROJECT)).filter(({ settings }) => settings.name === 'UAT');
  if (!uat) throw new Error('UAT is not registered');
  return { ...uat.settings, platformUpdate: 3 };
}

describe('versions', () => {
  it.each([
    ['8.1', '8.1.0', 0],
    ['8.1.180.4003', '8.1.9.1', 1],
    ['7.3', '8.0', -1],
    ['October 2018 (8.1)', '8.1', 0],
    ['10.0.21', '10.0.3', 1],
  ])('%s beside %s', (a, b, sign) => {
    expect(Math.sign(compareVersions(a, b))).toBe(sign);
  });
});
