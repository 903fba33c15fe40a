import type { ScrubRule, ScrubRules } from '../environment-databases/scrub-rules.ts';

/**
 * The rules of a refresh unless an environment has its own: the nine elements that the document "Refresh database" says
 * are not copied, with the names of the tables as they are (reference: finance-operations.md, sections 2.2 to 2.7).
 */

/** Batch jobs that may still run: Waiting, Executing, Ready, Canceling. */
const NOT_STOPPED = [1, 2, 5, 7];
const WITHHOLD = 0;
const DISABLED = 0;

/** Admin, and the accounts that the product itself works with. */
export const ACCOUNTS_THAT_STAY = [
  'Admin',
  'Axping',
  'Axrunner',
  'DataSyncFrameworkApp',
  'DataverseSearchApp',
  'DynamicsMaintAppUser',
  'FRServiceUser',
  'Guest',
  'MonitoringAppUser',
  'PowerPlatformApp',
  'PowerPlatformS2S',
  'RetailServiceAccount',
  'ScaleUnitManagement',
  'ScaleUnitPipeline',
  'SysHealthServiceUser',
] as const;

/** Networks' aliases of service accounts whose ids differ. */
const SERVICE_ALIASES = '%@DAXMDSRunner.com';

function emptied(element: string, tables: readonly string[]): ScrubRule[] {
  return tables.map((table) => ({
    id: `empty-${table.toLowerCase()}`,
    title: `Empty ${table}`,
    element,
    table,
    action: 'truncate',
    optional: true,
  }));
}

export const DEFAULT_RULES: ScrubRules = {
  version: 1,
  unknownColumns: 'allow',
  // Which table holds them is not published; as batch jobs they bear what they are in their caption.
  runningJobs: {
    table: 'BatchJob',
    name: 'CAPTION',
    where: [
      { column: 'STATUS', op: 'in', value: NOT_STOPPED },
      { column: 'CAPTION', op: 'like', value: '%recurring%', ignoreCase: true },
    ],
  },
  rules: [
    {
      id: 'email-addresses',
      title: 'Empty what holds an e-mail address',
      element: 'Email addresses in the LogisticsElectronicAddress table',
      table: 'LogisticsElectronicAddress',
      action: 'set',
      column: 'LOCATOR',
      value: '',
      where: [{ column: 'LOCATOR', op: 'like', value: '%@%' }],
      optional: true,
    },
    // The document writes BatchConstraintHistory; the table is called BatchConstraintsHistory.
    ...emptied('Batch job history in the BatchJobHistory, BatchHistory, and BatchConstraintHistory tables', [
      'BatchJobHistory',
      'BatchHistory',
      'BatchConstraintsHistory',
      'BatchConstraintHistory',
    ]),
    ...emptied('SMTP password in the SysEmailSMTPPassword table', ['SysEmailSMTPPassword']),
    {
      id: 'smtp-relay-server',
      title: 'Empty the SMTP relay server',
      element: 'SMTP Relay server in the SysEmailParameters table',
      table: 'SysEmailParameters',
      action: 'set',
      column: 'SMTPRELAYSERVERNAME',
      value: '',
      optional: true,
    },
    ...emptied('Print Management settings in the PrintMgmtSettings and PrintMgmtDocInstance tables', [
      'PrintMgmtSettings',
      'PrintMgmtDocInstance',
    ]),
    ...emptied('Environment-specific records', [
      'SysServerConfig',
      'SysServerSessions',
      'SysCorpNetPrinters',
      'SysClientSessions',
      'BatchServerConfig',
      'BatchServerGroup',
    ]),
    ...emptied('Document attachments in the DocuValue table', ['DocuValue']),
    {
      id: 'users',
      title: 'Disable all users but Admin and the service accounts',
      element: 'All users except the admin will be set to Disabled status',
      table: 'UserInfo',
      action: 'set',
      column: 'ENABLE',
      value: DISABLED,
      where: [
        { column: 'ID', op: 'notIn', value: [...ACCOUNTS_THAT_STAY], ignoreCase: true },
        { column: 'NETWORKALIAS', op: 'notLike', value: SERVICE_ALIASES, ignoreCase: true },
      ],
      optional: true,
    },
    {
      id: 'batch-jobs',
      title: 'Withhold every batch job',
      element: 'All batch jobs are set to Withhold status',
      table: 'BatchJob',
      action: 'set',
      column: 'STATUS',
      value: WITHHOLD,
      optional: true,
    },
  ],
};
