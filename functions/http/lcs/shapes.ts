import { z } from 'zod';
import { OPERATION_STATES } from '../../../shared/control/operation.ts';
import { environmentBody } from './environment-body.ts';

/**
 * The answers of the Lifecycle Services API, in its own names (reference: finance-operations.md, section 1.3), and of what
 * stands beside it, in the same style. Times are UTC without a zone, as the original writes them.
 */

/** The version of the API is not going to be retired. */
export const VERSION_EOL = '9999-12-31T23:59:59.9999999';

/** A GUID, or its 32 hexadecimal digits, as it was registered. */
const id = z.string();
const time = z.string().describe('UTC without a zone, such as 2021-06-03T15:10:00.0');

/** What each answer begins with. */
export const FRAME = {
  IsSuccess: z.boolean(),
  OperationActivityId: z.string().describe('Of the operation that was begun; else of this call.'),
  ErrorMessage: z.string().nullable(),
  VersionEOL: z.string(),
};

export const lcsResult = z.object(FRAME).meta({ id: 'OperationResult' });

const finding = z.object({
  Code: z.string(),
  Severity: z.enum(['Error', 'Warning']),
  Message: z.string(),
  Remedy: z.string(),
});

/** What the original tells, in its order. */
const ORIGINAL_STATUS = {
  ProjectId: z.int(),
  EnvironmentId: id,
  ActivityId: id.describe('The operation.'),
  CompletionDate: time.nullable(),
  OperationStatus: z.enum(OPERATION_STATES),
};

export const fetchStatus = z.object({ ...FRAME, ...ORIGINAL_STATUS }).meta({ id: 'OperationStatus' });

export const operationDetails = z
  .object({
    ...FRAME,
    ...ORIGINAL_STATUS,
    Name: z.string(),
    SourceEnvironmentId: id,
    StartedBy: z.string(),
    StartDate: time,
    Step: z.string().nullable().describe('What the runbook does now, or did last.'),
    StepProgress: z.string().nullable(),
    PercentComplete: z.int().nullable().describe('Of the step.'),
    Failure: z
      .object({ Step: z.string(), Code: z.string(), Message: z.string(), Remedy: z.string() })
      .nullable()
      .describe('Why it failed.'),
    Warnings: z.array(finding),
    Scrubbed: z
      .array(
        z.object({
          Rule: z.string(),
          Title: z.string(),
          Table: z.string(),
          Rows: z.int().describe('That the rule changed or removed.'),
          Skipped: z.boolean().describe('The table is not in this version.'),
          Verified: z.boolean(),
        }),
      )
      .describe('What was not copied.'),
    StepsToAcknowledge: z
      .array(z.object({ Id: z.string(), Title: z.string() }))
      .describe('What is to be done by hand, and acknowledged at sign-off by its Id.'),
    SignedOffBy: z.string().nullable(),
  })
  .meta({ id: 'OperationDetails' });

export const databaseAsset = z
  .object({
    Id: id,
    ProjectId: z.int(),
    OrganizationId: z.int(),
    Name: z.string(),
    FileName: z.string(),
    FileDescription: z.string(),
    FileLocation: z.string(),
    ModifiedDateTime: time,
    CreatedDateTime: time,
    CreatedByName: z.string().nullable(),
    ModifiedByName: z.string().nullable(),
  })
  .meta({ id: 'DatabaseAsset' });

export const databaseList = z.object({ DatabaseAssets: z.array(databaseAsset), ...FRAME }).meta({ id: 'DatabaseList' });

const text = z.string().nullable().describe('Null when it is not available.');

export const environmentRow = z
  .object({
    EnvironmentId: id,
    EnvironmentName: z.string(),
    ProjectId: z.int(),
    EnvironmentInfrastructure: z.enum(['CustomerManaged', 'MicrosoftManaged', 'SelfService']),
    EnvironmentType: z.enum(['DevTestDev', 'Sandbox', 'Production']),
    EnvironmentGroup: z.enum(['Primary', 'DisasterRecovery']),
    EnvironmentProduct: z.string(),
    EnvironmentEndpointBaseUrl: text,
    DeploymentState: z.string(),
    TopologyDisplayName: text,
    CurrentApplicationBuildVersion: text,
    CurrentApplicationReleaseName: text,
    CurrentPlatformReleaseName: text,
    CurrentPlatformVersion: text,
    DeployedOnUTC: z.string().nullable().describe('Such as 8/5/2021 12:42 PM.'),
    CloudStorageLocation: text,
    DisasterRecoveryLocation: text,
    DeploymentStatusDisplay: z.string(),
    CanStart: z.boolean(),
    CanStop: z.boolean(),
  })
  .meta({ id: 'EnvironmentRow' });

export const historyRow = z
  .object({
    Name: z.string(),
    Type: z.string(),
    TypeDisplay: z.string(),
    StartDateTimeUtc: time,
    EndDateTimeUtc: time.nullable(),
    Status: z.string(),
    ActivityId: id,
    EnvironmentId: id,
    ProjectId: z.int(),
  })
  .meta({ id: 'HistoryRow' });

const page = <T extends z.ZodType>(row: T) =>
  z.object({ ResultPageCurrent: z.int(), ResultHasMorePages: z.boolean(), Data: z.array(row), ...FRAME });

export const environmentPage = page(environmentRow).meta({ id: 'EnvironmentPage' });
export const historyPage = page(historyRow).meta({ id: 'HistoryPage' });

export const preflightResult = z
  .object({
    ...FRAME,
    Passed: z.boolean(),
    Findings: z.array(finding).describe('Everything that was found, at once; only errors refuse a refresh.'),
    NotCopied: z
      .array(
        z.object({
          Rule: z.string(),
          Title: z.string(),
          Element: z.string().nullable().describe('Of the original’s list; null for rules of one’s own.'),
          Table: z.string(),
          Rows: z.int().nullable().describe('Null: the table is not in this version.'),
        }),
      )
      .describe('The elements that are not copied, with the rows that each rule would touch.'),
    StepsAfterwards: z.array(z.string()).describe('What people complete after the refresh.'),
    EstimatedMinutes: z.int().nullable().describe('Null when the source could not be asked.'),
  })
  .meta({ id: 'PreflightResult' });

export const scrubRuleList = z
  .object({
    ...FRAME,
    UnknownColumns: z.enum(['allow', 'halt']),
    Rules: z
      .array(z.looseObject({ id: z.string(), title: z.string(), table: z.string(), action: z.string() }))
      .describe('As in the rule file.'),
  })
  .meta({ id: 'ScrubRules' });

export const scheduleRow = z
  .object({
    ScheduleId: id,
    ProjectId: z.int(),
    SourceEnvironmentId: id,
    TargetEnvironmentId: id,
    NextDateTimeUtc: time.nullable().describe('Null: it was for once, and is done.'),
    EveryHours: z.number().nullable(),
    CreatedBy: z.string(),
    Last: z
      .object({ DateTimeUtc: time, OperationActivityId: z.string().nullable(), ErrorMessage: z.string().nullable() })
      .nullable()
      .describe('What came of the last one: an operation, or why there is none.'),
  })
  .meta({ id: 'ScheduleRow' });

export const scheduleAnswer = z.object({ ...FRAME, Schedule: scheduleRow }).meta({ id: 'Schedule' });
export const scheduleList = z.object({ ...FRAME, Data: z.array(scheduleRow) }).meta({ id: 'ScheduleList' });

export const scheduleBody = z
  .object({
    At: z.iso.datetime({ offset: true }).describe('When the refresh begins; the first one, if it is repeated.'),
    EveryHours: z.number().min(1).max(8_760).nullish().describe('Between two refreshes; without it, one alone.'),
  })
  .meta({ id: 'ScheduleRequest' });

export const signOffBody = z
  .object({ AcknowledgedSteps: z.array(z.string()).max(100).default([]) })
  .meta({ id: 'SignOffRequest' });

const databaseNamed = z.object({ Name: z.string(), MaxBytes: z.int().nullable() });

/** What is registered, with what became of the environment since. */
export const environmentDetails = z
  .object({
    ...FRAME,
    EnvironmentId: id,
    ProjectId: z.int(),
    Availability: z.enum(['Available', 'Unavailable', 'Stopped']),
    Environment: z.object({
      ...environmentBody.omit({ Secrets: true, Databases: true, SynchronizationUrl: true }).shape,
      TenantId: z.guid().describe('Of its administrator, as its web.config names him where that is told.'),
      SynchronizationHost: z.string().nullable().describe('Its address may hold a key.'),
    }),
    Databases: z.object({ Transactional: databaseNamed, FinancialReporting: databaseNamed }),
    SecretNames: z.array(z.string()).nullable().describe('Never of production: null.'),
  })
  .meta({ id: 'EnvironmentDetails' });
