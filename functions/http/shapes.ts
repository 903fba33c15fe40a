import { z } from 'zod';

/** The answers of the API, in the original's names (reference: data-export-api.md, section 3); fields of ours are told apart. */

const guid = z.guid();
const moment = z.iso.datetime();

export const organization = z
  .object({
    OrganizationName: z.string(),
    OrganizationUrl: z.url().describe('Ends in a slash.'),
    OrganizationId: guid,
    ConnectorUrl: z.url().describe('An origin without a slash at its end.'),
    ErrorCategory: z.int(),
    ErrorCode: z.int(),
    ErrorMessage: z.string().optional(),
  })
  .meta({ id: 'Organization' });

export const entityRow = z
  .object({
    LogicalName: z.string(),
    DisplayName: z.string(),
    Description: z.string().nullable(),
    IsActivity: z.boolean(),
    IsDisabled: z.boolean(),
    ReasonIfDisabled: z.string().nullable(),
  })
  .meta({ id: 'Entity' });

export const relationshipRow = z
  .object({
    Name: z.string(),
    Entity1LogicalName: z.string(),
    Entity2LogicalName: z.string(),
    IsIntersect: z.literal(true),
    IntersectLogicalName: z.string(),
    SchemaName: z.string(),
    Description: z.string().nullable(),
  })
  .meta({ id: 'Relationship' });

const initialSyncState = z.enum(['NotStarted', 'InProgress', 'Completed', 'CompletedWithFailures']);

const errorDetails = z.object({
  Code: z.string(),
  Message: z.string(),
  Details: z.string().describe('What to do about it.'),
  Since: moment,
});

const lastExportDate = z.string().describe('Never null: 0001-01-01T00:00:00 before the first export.');

const entityStatus = z
  .object({
    Type: z.string(),
    ProfileId: guid,
    TotalNotifications: z.int(),
    SuccessNotifications: z.int(),
    FailureNotifications: z.int().describe('Failed records that are open.'),
    RetryNotifications: z.int(),
    LastExportDate: lastExportDate,
    LastExportStatus: z.enum(['Success', 'Failure', 'NotStarted']),
    EntityMetadataState: z.enum(['Created', 'NotCreated']),
    InitialSyncState: initialSyncState,
    CurrentState: z.enum(['Running', 'Paused', 'Waiting', 'Stopped']),
    ReadBySchedule: z.boolean().describe('Its changes are not tracked: it is read as a whole now and then.'),
    ErrorDetails: errorDetails.nullable().describe('What keeps the organization from being read.'),
    LagInMilliseconds: z.number().nullable(),
    PagesBehind: z.int(),
  })
  .meta({ id: 'EntityStatus' });

const profileStatus = z
  .object({
    ExportStatus: z.enum(['Running', 'Waiting', 'Stopped']),
    InitialSyncState: initialSyncState,
    TotalNotifications: z.int(),
    SuccessNotifications: z.int(),
    FailureNotifications: z.int(),
    LastExportDate: lastExportDate,
    ErrorDetails: errorDetails.nullable(),
  })
  .meta({ id: 'ProfileStatus' });

export const profile = z
  .object({
    Id: guid,
    Version: z.string(),
    State: z.int().describe('0 created, 1 active, 2 deactivated, 4 stopped; 3, deleted, is never listed.'),
    Name: z.string(),
    OrganizationId: guid,
    OrganizationUrl: z.string(),
    Entities: z.array(
      z.object({
        Type: z.string(),
        Settings: z.unknown(),
        Status: entityStatus.nullable().describe('An object when asked for with status=true.'),
        LogicalName: z.string(),
        DisplayName: z.string().nullable(),
      }),
    ),
    DestinationType: z.string(),
    DestinationKeyVaultUri: z.string(),
    DestinationPrefix: z.string(),
    DestinationSchemaName: z.string(),
    RetryPolicy: z.object({
      MaxRetryCount: z.int(),
      IntervalInSeconds: z.int(),
      Backoff: z.union([z.string(), z.number()]),
    }),
    WriteDeleteLog: z.boolean(),
    CreationTime: moment,
    LastModified: moment,
    ActivationTime: moment.nullable(),
    Status: profileStatus.optional(),
  })
  .meta({ id: 'Profile' });

export const testResult = z
  .object({
    Passed: z.boolean(),
    Findings: z
      .array(
        z.object({
          Code: z.string(),
          Severity: z.enum(['Error', 'Advice']),
          Field: z.string().nullable(),
          Message: z.string(),
          Remedy: z.string(),
        }),
      )
      .describe('Everything that was found, at once; only errors keep a profile from its activation.'),
    Permissions: z
      .array(
        z.object({
          Code: z.string(),
          Name: z.string(),
          Scope: z.enum(['Database', 'Schema']),
          State: z.enum(['Granted', 'Missing', 'NotApplicable']),
          Reason: z.string(),
        }),
      )
      .describe('The permissions that the original asked for; empty when the database could not be asked.'),
  })
  .meta({ id: 'TestResult' });

/** What changed of an entity's definition at one moment; from and to are types, lengths and labels. */
export const schemaEvent = z
  .object({
    Type: z.string(),
    Time: moment,
    Changes: z.array(
      z.object({ Kind: z.string(), Subject: z.string(), From: z.string().nullable(), To: z.string().nullable() }),
    ),
  })
  .meta({ id: 'SchemaEvent' });

/** The entities that an action reached. */
export const affected = z.object({ Entities: z.array(z.string()) }).meta({ id: 'Affected' });

export const resynced = z.object({ ...affected.shape, Records: z.int() }).meta({ id: 'Resynced' });

/** What is told of speed beside the status. */
const speed = {
  RowsPerSecond: z.number().describe('Of late; 0 while nothing comes.'),
  InitialSyncPercent: z
    .int()
    .nullable()
    .describe('Of the rows that the organization says it has; null when it does not say.'),
};

export const statistics = z
  .object({
    ProfileId: guid,
    Time: moment,
    ...profileStatus.shape,
    RetryNotifications: z.int(),
    LagInMilliseconds: z.number().nullable().describe('Of the entity that is slowest.'),
    PagesBehind: z.int(),
    ...speed,
    Entities: z.array(z.object({ ...entityStatus.shape, ...speed })),
  })
  .meta({ id: 'Statistics' });

const checksum = z.string().describe('The sum of the digests of all rows, in hexadecimal digits.');

const sides = {
  SourceRows: z.int(),
  DestinationRows: z.int(),
  SourceChecksum: checksum,
  DestinationChecksum: checksum,
};

const reconciledEntity = z.object({
  Type: z.string(),
  State: z.enum(['NotStarted', 'InProgress', 'Equal', 'Different', 'Skipped']),
  Reason: z.string().nullable().describe('Why it was skipped, or what is wrong with the table as a whole.'),
  ResyncQueued: z.boolean().describe('What differs is being mended.'),
  Result: z
    .object({
      ...sides,
      KeyRanges: z.int().describe('Into how many ranges the ids were divided.'),
      DifferingKeyRanges: z.array(z.object({ From: guid, To: guid, ...sides })).describe('The first 100.'),
      DifferenceCount: z.int(),
      Missing: z.int().describe('In the organization, not in the destination.'),
      Extra: z.int().describe('In the destination, not in the organization.'),
      Different: z.int(),
      Refused: z
        .int()
        .describe('Of the differences, records that the destination refused: retries and failed records.'),
      Unsettled: z.int().describe('Records that changed all the while, so that nothing can be said of them.'),
      Complete: z.boolean().describe('False: there was so much that the rest was not looked at.'),
      Differences: z
        .array(
          z.object({
            RecordId: z.string(),
            Kind: z.enum(['Missing', 'Extra', 'Different']),
            Columns: z.array(z.string()),
            Refused: z.boolean(),
          }),
        )
        .describe('The first 100.'),
    })
    .nullable(),
});

export const reconciliation = z
  .object({
    Id: guid,
    ProfileId: guid,
    State: z.enum(['InProgress', 'Completed', 'Failed']),
    Trigger: z.enum(['Request', 'Schedule']),
    Heal: z.boolean(),
    StartTime: moment,
    EndTime: moment.nullable(),
    Equal: z.boolean().nullable().describe('Null while something is still to be compared.'),
    ErrorDetails: errorDetails.nullable().describe('Why it ended before its time.'),
    Entities: z.array(reconciledEntity),
  })
  .meta({ id: 'Reconciliation' });

export const error = z
  .object({
    CorrelationId: z.string(),
    Message: z.string(),
    Details: z.string().describe('What to do about it.'),
  })
  .meta({ id: 'Error' });
