import type { z } from 'zod';
import type { Operation, PreflightFinding } from '../../../shared/control/operation.ts';
import type { ScrubRules } from '../../../shared/environment-databases/scrub-rules.ts';
import type { Preflight } from '../../../shared/refresh/preflight/preflight.ts';
import type { KeptDatabase } from '../../../shared/refresh/requests/databases.ts';
import type { RetailStep } from '../../../shared/refresh/retail-steps.ts';
import { isRunbookStep, RUNBOOK } from '../../../shared/refresh/runbook/plan.ts';
import type { databaseAsset, FRAME, fetchStatus, operationDetails, preflightResult, scrubRuleList } from './shapes.ts';
import { lcsTime } from './times.ts';

/** An answer without its frame. */
type Unframed<T extends z.ZodType> = Omit<z.infer<T>, keyof typeof FRAME>;

/** `environmentId` as the registry spells it. */
export function statusJson(operation: Operation): Unframed<typeof fetchStatus> {
  return {
    ProjectId: operation.projectId,
    EnvironmentId: operation.targetId,
    ActivityId: operation.id,
    CompletionDate: timeOrNull(operation.endedAt),
    OperationStatus: operation.state,
  };
}

export function detailsJson(operation: Operation, steps: readonly RetailStep[]): Unframed<typeof operationDetails> {
  const { failure, progress } = operation;
  return {
    ...statusJson(operation),
    Name: operation.name,
    SourceEnvironmentId: operation.sourceId,
    StartedBy: operation.by.name,
    StartDate: lcsTime(operation.createdAt),
    Step: titleOf(operation.step),
    StepProgress: progress?.text ?? null,
    PercentComplete: progress?.percent ?? null,
    Failure: failure && {
      Step: titleOf(failure.step) ?? failure.step,
      Code: failure.code,
      Message: failure.message,
      Remedy: failure.remedy,
    },
    Warnings: operation.warnings.map(findingJson),
    Scrubbed: operation.done.map(({ rule, title, table, rows, skipped, verified }) => ({
      Rule: rule,
      Title: title,
      Table: table,
      Rows: rows,
      Skipped: skipped,
      Verified: verified,
    })),
    StepsToAcknowledge: steps.map(({ id, title }) => ({ Id: id, Title: title })),
    SignedOffBy: operation.signOff?.by.name ?? null,
  };
}

const MINUTE_MS = 60_000;

export function preflightJson({
  findings,
  notCopied,
  afterwards,
  estimateMs,
}: Preflight): Unframed<typeof preflightResult> {
  return {
    Passed: findings.every(({ severity }) => severity !== 'error'),
    Findings: findings.map(findingJson),
    NotCopied: notCopied.map(({ rule, title, element, table, rows }) => ({
      Rule: rule,
      Title: title,
      Element: element,
      Table: table,
      Rows: rows,
    })),
    StepsAfterwards: [...afterwards],
    EstimatedMinutes: estimateMs === null ? null : Math.ceil(estimateMs / MINUTE_MS),
  };
}

export function rulesJson({ unknownColumns, rules }: ScrubRules): Unframed<typeof scrubRuleList> {
  return { UnknownColumns: unknownColumns, Rules: [...rules] };
}

export function findingJson({ code, severity, message, remedy }: PreflightFinding) {
  return {
    Code: code,
    Severity: severity === 'error' ? ('Error' as const) : ('Warning' as const),
    Message: message,
    Remedy: remedy,
  };
}

/** An old database that is kept, as the asset library would list a backup. */
export function assetJson({
  operation,
  role,
  serviceName,
  id,
  name,
  keptAt,
}: KeptDatabase): Unframed<typeof databaseAsset> {
  return {
    Id: id,
    ProjectId: operation.projectId,
    OrganizationId: 0,
    Name: `${serviceName} before ${operation.name}`,
    FileName: name,
    FileDescription: `Kept until operation ${operation.id} is signed off (${ROLES[role]})`,
    FileLocation: '',
    ModifiedDateTime: lcsTime(keptAt),
    CreatedDateTime: lcsTime(keptAt),
    CreatedByName: operation.by.name,
    ModifiedByName: null,
  };
}

const ROLES = { transactional: 'Finance and Operations', financialReporting: 'Financial Reporting' } as const;

export const timeOrNull = (ms: number | null): string | null => (ms === null ? null : lcsTime(ms));

const titleOf = (step: string | null): string | null =>
  step === null ? null : isRunbookStep(step) ? RUNBOOK[step].title : step;
