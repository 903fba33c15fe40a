import type { EnvironmentSettings } from '../../shared/control/environment.ts';
import { type MemoryDatabase, memoryTable } from '../../shared/environment-databases/memory/server.ts';
import type { ScrubRules } from '../../shared/environment-databases/scrub-rules.ts';
import { DEFAULT_RULES } from '../../shared/refresh/default-rules.ts';

/** Two environments in small: what the document says is not copied, something that is, and something of one's own. */

export const PROJECT = 112_233;
export const PROD_ID = '60b557b2-0000-4000-8000-000000000005';
export const UAT_ID = '9ba7fcc3e3b941e09eccd40abde85429';
export const TENANT = '22222222-2222-4222-8222-222222222222';
const VAULT = 'https://freshet.vault.azure.net/secrets';

/** The nine elements, and a mask of one's own whose seed is known, so that every run masks alike. */
export const WORLD_RULES: ScrubRules = {
  ...DEFAULT_RULES,
  rules: [
    ...DEFAULT_RULES.rules,
    {
      id: 'mask-names',
      title: 'Mask the names of parties',
      table: 'DirPartyTable',
      action: 'mask',
      column: 'NAME',
      mask: 'hash',
      seed: 'a seed of the tests',
    },
  ],
};

const ADMINISTRATOR = {
  id: 'uat.admin@contoso.com',
  sid: 'S-1-19-42',
  alias: 'uat.admin@contoso.com',
  domain: 'https://sts.windows.net/',
  identityProvider: 'https://sts.windows.net/',
  tenantId: TENANT,
};

export function settingsOf(name: 'PROD' | 'UAT', more: Partial<EnvironmentSettings> = {}): EnvironmentSettings {
  const secret = name.toLowerCase();
  return {
    name,
    kind: name === 'PROD' ? 'production' : 'sandbox',
    infrastructure: 'CustomerManaged',
    group: 'Primary',
    product: 'Finance and Operations',
    topology: null,
    endpointUrl: null,
    region: 'West Europe',
    disasterRecoveryRegion: null,
    tenantId: TENANT,
    deployedAt: null,
    deploymentState: 'Finished',
    deploymentStatus: 'Deployed',
    applicationRelease: '8.1',
    applicationBuild: null,
    platformUpdate: 24,
    platformVersion: null,
    financialReportingVersion: '8.1.180.4003',
    administrator: ADMINISTRATOR,
    webConfigAdministrator: null,
    retail: false,
    databases: {
      transactional: { name: 'AxDB', keyVaultUri: `${VAULT}/${secret}-axdb`, maxBytes: null },
      financialReporting: { name: 'MRDB', keyVaultUri: `${VAULT}/${secret}-mrdb`, maxBytes: null },
    },
    secrets: [],
    synchronizationUrl: `https://${secret}.contoso.com/synchronize`,
    servicing: [],
    ...more,
  };
}

type Parts = Pick<MemoryDatabase, 'tables' | 'users'>;

/** What production holds; `secret` marks what nobody may read anywhere else. */
export function transactionalOf(name: 'PROD' | 'UAT'): Parts {
  const secret = name === 'PROD' ? 'production' : 'sandbox';
  const tables = new Map([
    [
      'dbo.LogisticsElectronicAddress',
      memoryTable([
        { LOCATOR: `anna@${secret}.example` },
        { LOCATOR: '+49 89 1234' },
        { LOCATOR: `ben@${secret}.example` },
      ]),
    ],
    [
      'dbo.BatchJob',
      memoryTable([0, 1, 2, 3, 4].map((status) => ({ CAPTION: `${secret} job ${status}`, STATUS: status }))),
    ],
    ['dbo.BatchJobHistory', memoryTable([{ CAPTION: `history of ${secret}` }])],
    ['dbo.SysEmailSMTPPassword', memoryTable([{ PASSWORD: `password of ${secret}` }])],
    ['dbo.SysEmailParameters', memoryTable([{ SMTPRELAYSERVERNAME: `smtp.${secret}.example`, SMTPPORTNUMBER: 25 }])],
    ['dbo.DocuValue', memoryTable([{ FILENAME: `${secret}.pdf` }])],
    [
      'dbo.UserInfo',
      memoryTable([
        { ID: 'Admin', ENABLE: 1, ...accountOf(`admin@${secret}.example`) },
        { ID: 'FRServiceUser', ENABLE: 1, ...accountOf('fr') },
        { ID: 'anna', ENABLE: 1, ...accountOf(`anna of ${secret}`) },
      ]),
    ],
    ['dbo.DirPartyTable', memoryTable([{ NAME: `Anna Alt of ${secret}` }, { NAME: `Ben Neu of ${secret}` }])],
    ['dbo.CustTable', memoryTable([{ ACCOUNTNUM: `${secret}-1` }, { ACCOUNTNUM: `${secret}-2` }])],
  ]);
  return { tables, users: { [`ax_${secret}`]: ['db_owner'] } };
}

export function reportingOf(name: 'PROD' | 'UAT'): Parts {
  const tables = new Map([['Reporting.ControlReport', memoryTable([{ NAME: `report of ${name}` }])]]);
  return { tables, users: { [`mr_${name.toLowerCase()}`]: ['db_datareader'] } };
}

function accountOf(alias: string) {
  return { SID: `S-${alias}`, NETWORKALIAS: alias, NETWORKDOMAIN: 'contoso.com', IDENTITYPROVIDER: 'idp' };
}

/** Texts of production that must be gone from a copy before anybody can read it. */
export const UNSCRUBBED = [
  'anna@production.example',
  'ben@production.example',
  'history of production',
  'password of production',
  'smtp.production.example',
  'production.pdf',
  'Anna Alt of production',
  'Ben Neu of production',
  'admin@production.example',
];
