import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { DatabaseFacts } from '../../../shared/environment-databases/model.ts';
import type { EnvironmentDatabases } from '../../../shared/environment-databases/port.ts';
import { DEFAULT_RULES } from '../../../shared/refresh/default-rules.ts';
import { apply, copyOf, type EnvironmentHarness, type MakeHarness, texts } from './harness.ts';

const ADMINISTRATOR = {
  sid: 'S-1-5-21',
  alias: 'admin@target.example',
  domain: 'https://sts.windows.net/',
  identityProvider: 'https://sts.windows.net/target.example',
  tenantId: '0d4b7c39-0000-4000-8000-000000000001',
};

const user = (RECID: number, ID: string, ENABLE: number, NETWORKALIAS: string | null) => ({
  RECID,
  ID,
  ENABLE,
  SID: 'old',
  NETWORKALIAS,
  NETWORKDOMAIN: 'old',
  IDENTITYPROVIDER: 'old',
});

const EMPTIED = [
  'BatchJobHistory',
  'BatchHistory',
  'BatchConstraintsHistory',
  'SysEmailSMTPPassword',
  'PrintMgmtSettings',
  'PrintMgmtDocInstance',
  'SysServerConfig',
  'SysServerSessions',
  'SysCorpNetPrinters',
  'SysClientSessions',
  'BatchServerConfig',
  'BatchServerGroup',
  'DocuValue',
];

const TABLES = {
  LogisticsElectronicAddress: [
    { RECID: 1, TYPE: 2, LOCATOR: 'someone@contoso.example' },
    { RECID: 2, TYPE: 1, LOCATOR: '+49 30 123' },
    { RECID: 3, TYPE: 0, LOCATOR: 'hidden@contoso.example' },
  ],
  SysEmailParameters: [{ RECID: 1, SMTPRELAYSERVERNAME: 'smtp.contoso.example', SMTPPORTNUMBER: 25 }],
  UserInfo: [
    user(1, 'admin', 1, 'boss@contoso.example'),
    user(2, 'alice', 1, 'alice@contoso.example'),
    user(3, 'FRServiceUser', 1, null),
    user(4, 'bob', 1, null),
    user(5, 'xyz', 1, 'svc@daxmdsrunner.com'),
    user(6, 'carol', 0, 'carol@contoso.example'),
  ],
  BatchJob: [0, 1, 2, 3, 4, 5, 7, 8].map((STATUS) => ({
    RECID: STATUS + 1,
    STATUS,
    CAPTION: `Recurring job ${STATUS}`,
  })),
  SysServiceConfigurationSetting: [
    { RECID: 1, NAME: 'TENANTID', VALUE: 'old' },
    { RECID: 2, NAME: 'OTHER', VALUE: 'old' },
  ],
  CustTable: texts(['stays@contoso.example']),
  ...Object.fromEntries(EMPTIED.map((table) => [table, texts(['a', 'b'])])),
};

export function describeDefaultRules(name: string, make: MakeHarness): void {
  describe(`environment databases ${name}: the rules of a refresh`, () => {
    let harness: EnvironmentHarness;
    let databases: EnvironmentDatabases;
    let source: string;
    let copy: DatabaseFacts;
    beforeEach(async () => {
      harness = await make();
      databases = await harness.open();
      source = await harness.create(TABLES);
      copy = await copyOf(databases, harness, source);
    });
    afterEach(() => harness.close());

    const values = async (table: string, column: string) =>
      (await harness.rows(copy.name, table)).map((row) => row[column]);

    it('take away the nine elements and nothing else', async () => {
      for (const rule of DEFAULT_RULES.rules) {
        const outcome = await apply(databases, copy.id, rule);
        expect([rule.table, outcome.status]).toEqual([
          rule.table,
          rule.table === 'BatchConstraintHistory' ? 'skipped' : 'applied',
        ]);
        expect(await databases.verifyRule(copy.id, rule, harness.connection(source))).toEqual([]);
      }
      expect(await values('LogisticsElectronicAddress', 'LOCATOR')).toEqual(['', '+49 30 123', '']);
      for (const table of EMPTIED) expect(await harness.rows(copy.name, table)).toEqual([]);
      expect(await values('SysEmailParameters', 'SMTPRELAYSERVERNAME')).toEqual(['']);
      expect(await values('UserInfo', 'ENABLE')).toEqual([1, 0, 1, 0, 1, 0]);
      expect(await values('BatchJob', 'STATUS')).toEqual(TABLES.BatchJob.map(() => 0));
      expect(await harness.rows(copy.name, 'CustTable')).toEqual(TABLES.CustTable);
      expect(await harness.rows(source, 'UserInfo')).toEqual(TABLES.UserInfo);
    });

    it('running jobs of recurring import and export are told', async () => {
      expect((await databases.runningJobs(copy.id, DEFAULT_RULES.runningJobs))?.toSorted()).toEqual(
        [1, 2, 5, 7].map((status) => `Recurring job ${status}`),
      );
      expect(await databases.runningJobs(copy.id, { ...DEFAULT_RULES.runningJobs, table: 'Elsewhere' })).toBeNull();
      const misfit = { ...DEFAULT_RULES.runningJobs, table: 'CustTable' };
      await expect(databases.runningJobs(copy.id, misfit)).rejects.toMatchObject({ code: 'SCRUB_COLUMN_MISSING' });
    });

    it('the administrator becomes Admin, and his tenant the environment’s', async () => {
      await harness.change(copy.name, 'UserInfo', 1, 'ENABLE', 0);
      for (const _ of ['once', 'twice'])
        expect(await databases.resetAdministrator(copy.id, ADMINISTRATOR)).toBe('reset');
      expect((await harness.rows(copy.name, 'UserInfo'))[0]).toEqual({
        ...TABLES.UserInfo[0],
        SID: ADMINISTRATOR.sid,
        NETWORKALIAS: ADMINISTRATOR.alias,
        NETWORKDOMAIN: ADMINISTRATOR.domain,
        IDENTITYPROVIDER: ADMINISTRATOR.identityProvider,
      });
      expect((await harness.rows(copy.name, 'UserInfo')).slice(1)).toEqual(TABLES.UserInfo.slice(1));
      expect(await values('SysServiceConfigurationSetting', 'VALUE')).toEqual([ADMINISTRATOR.tenantId, 'old']);
    });

    it('a database without Admin says so', async () => {
      await harness.change(copy.name, 'UserInfo', 1, 'ID', 'somebody');
      expect(await databases.resetAdministrator(copy.id, ADMINISTRATOR)).toBe('absent');
      expect(await values('SysServiceConfigurationSetting', 'VALUE')).toEqual(['old', 'old']);
    });

    it('a database without users says so, and gets the tenant', async () => {
      const { SysServiceConfigurationSetting } = TABLES;
      const other = await copyOf(databases, harness, await harness.create({ SysServiceConfigurationSetting }));
      expect(await databases.resetAdministrator(other.id, ADMINISTRATOR)).toBe('skipped');
      const [tenant] = await harness.rows(other.name, 'SysServiceConfigurationSetting');
      expect(tenant).toMatchObject({ NAME: 'TENANTID', VALUE: ADMINISTRATOR.tenantId });
    });
  });
}
