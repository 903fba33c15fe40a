import type { Profile, ProfileState, Subscribed, Trouble } from '../../control/model.ts';
import { type ErrorValues, remedyOf } from '../../errors/error.ts';
import type { Organization } from '../ports.ts';

/** The original's numbers (reference: data-export-api.md, section 5; 0, 2 and 4 are our choice). 3, deleted, is never listed. */
const STATES: Record<ProfileState, number> = { created: 0, active: 1, deactivated: 2, stopped: 4 };
/** What clients of the original read as "never": their date has no null. */
const NEVER = '0001-01-01T00:00:00';
const VERSION = '1.0';

export type InitialSyncState = 'NotStarted' | 'InProgress' | 'Completed' | 'CompletedWithFailures';

/** A profile as the API shows it; with its subscriptions also the status blocks. */
export function profileJson(
  profile: Profile,
  organization: Organization | undefined,
  subscriptions?: readonly Subscribed[],
) {
  const { settings } = profile;
  const byEntity = new Map(subscriptions?.map((subscribed) => [subscribed.entity, subscribed]));
  return {
    Id: profile.id,
    Version: VERSION,
    State: STATES[profile.state],
    Name: settings.name,
    OrganizationId: settings.organizationId,
    OrganizationUrl: organization?.url ?? '',
    Entities: settings.entities.map(({ entity, settings: own }) => ({
      Type: entity,
      Settings: own ?? {},
      Status: subscriptions ? entityStatus(profile, entity, byEntity.get(entity)) : null,
      LogicalName: entity,
      DisplayName: null,
    })),
    DestinationType: settings.destinationType,
    DestinationKeyVaultUri: settings.keyVaultUri,
    DestinationPrefix: settings.prefix,
    DestinationSchemaName: settings.schema,
    RetryPolicy: {
      MaxRetryCount: settings.retry.maxCount,
      IntervalInSeconds: settings.retry.intervalS,
      Backoff: settings.retry.backoff,
    },
    WriteDeleteLog: settings.writeDeleteLog,
    CreationTime: isoTime(profile.createdAt),
    LastModified: isoTime(profile.modifiedAt),
    ActivationTime: profile.activatedAt === null ? null : isoTime(profile.activatedAt),
    ...(subscriptions ? { Status: profileStatus(profile, subscriptions) } : {}),
  };
}

export type ProfileJson = ReturnType<typeof profileJson>;

export function entityStatus(profile: Profile, entity: string, subscribed: Subscribed | undefined) {
  const { read = 0, applied = 0, replaced = 0, failed = 0, retrying = 0 } = subscribed?.counters ?? {};
  return {
    Type: entity,
    ProfileId: profile.id,
    TotalNotifications: read,
    SuccessNotifications: applied + replaced,
    FailureNotifications: failed,
    RetryNotifications: retrying,
    LastExportDate: subscribed?.lastExportAt ? isoTime(subscribed.lastExportAt) : NEVER,
    LastExportStatus: failed > 0 ? 'Failure' : subscribed?.lastExportAt ? 'Success' : 'NotStarted',
    EntityMetadataState: subscribed?.shape ? 'Created' : 'NotCreated',
    InitialSyncState: initialSyncState(subscribed),
    CurrentState: subscribed?.paused ? 'Paused' : exportStatus(profile),
    /** Changes of the entity cannot be read: it is read as a whole now and then. */
    ReadBySchedule: subscribed ? !subscribed.tracked : false,
    ErrorDetails: troubleJson(subscribed?.feedTrouble ?? null, { profileId: profile.id, entity }),
    LagInMilliseconds: subscribed?.lagMs ?? null,
    PagesBehind: subscribed ? Math.max(0, subscribed.head - subscribed.number) : 0,
  };
}

/** Derived: the snapshot that fills the table is read to its end, and the position has passed it. */
export function initialSyncState(subscribed: Subscribed | undefined): InitialSyncState {
  if (!subscribed?.snapshotId) return 'NotStarted';
  const { snapshotEnd, number, counters } = subscribed;
  if (snapshotEnd === null || number < snapshotEnd) return 'InProgress';
  return counters.failed > 0 ? 'CompletedWithFailures' : 'Completed';
}

export function profileStatus(profile: Profile, subscriptions: readonly Subscribed[]) {
  const sum = (pick: (subscribed: Subscribed) => number) => subscriptions.reduce((total, one) => total + pick(one), 0);
  const { breaker } = profile;
  const waits = breaker ? { ...breaker, text: breaker.reason } : profile.trouble;
  const last = Math.max(0, ...subscriptions.map(({ lastExportAt }) => lastExportAt ?? 0));
  return {
    ExportStatus: exportStatus(profile),
    InitialSyncState: overall(subscriptions.map(initialSyncState)),
    TotalNotifications: sum(({ counters }) => counters.read),
    SuccessNotifications: sum(({ counters }) => counters.applied + counters.replaced),
    FailureNotifications: sum(({ counters }) => counters.failed),
    LastExportDate: last > 0 ? isoTime(last) : NEVER,
    ErrorDetails: troubleJson(waits, { profileId: profile.id }),
  };
}

function exportStatus({ state, breaker }: Profile): 'Running' | 'Waiting' | 'Stopped' {
  if (state !== 'active') return 'Stopped';
  return breaker ? 'Waiting' : 'Running';
}

/** What keeps something from going on, what to do about it, and since when. `values` fill the remedy's placeholders. */
export function troubleJson(trouble: Trouble | null, values: ErrorValues) {
  if (trouble === null) return null;
  const { code, text, since } = trouble;
  return { Code: code, Message: text, Details: remedyOf(code, values), Since: isoTime(since) };
}

function overall(states: readonly InitialSyncState[]): InitialSyncState {
  const all = (...wanted: InitialSyncState[]) => states.every((state) => wanted.includes(state));
  if (all('NotStarted')) return 'NotStarted';
  if (all('Completed')) return 'Completed';
  return all('Completed', 'CompletedWithFailures') ? 'CompletedWithFailures' : 'InProgress';
}

function isoTime(ms: number): string {
  return new Date(ms).toISOString();
}
