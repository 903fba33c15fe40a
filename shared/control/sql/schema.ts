import type { Generated } from 'kysely';
import type { BellKey, ProfileState, Slot } from '../model.ts';
import type { OperationState } from '../operation.ts';

/**
 * The tables of the control database, in schema `freshet`; column names are written in snake case there. Moments are
 * milliseconds since 1970 UTC, by the database's clock where a worker's lease or a row's age is meant. `json` columns are
 * text: nothing is ever asked about what they hold.
 */
export interface ControlTables {
  bells: BellTable;
  feeds: FeedTable;
  pages: PageTable;
  snapshots: SnapshotTable;
  shapes: ShapeTable;
  schemaHistory: SchemaHistoryTable;
  profiles: ProfileTable;
  subscriptions: SubscriptionTable;
  organizations: OrganizationTable;
  counters: CounterTable;
  reconciliations: ReconciliationTable;
  environments: EnvironmentTable;
  operations: OperationTable;
  schedules: ScheduleTable;
  calls: CallTable;
}

export interface BellTable {
  key: BellKey;
  /** The organization whose leases it counts among; null for a profile's bell. */
  scope: string | null;
  rung: number;
  seen: number;
  pendingAt: number | null;
  owner: string | null;
  leaseUntil: number;
  starts: number;
  notifiedAt: number | null;
}

export interface FeedTable {
  organizationId: string;
  entity: string;
  head: number;
  tail: string;
  token: string | null;
  nextLink: string | null;
  keysLink: string | null;
  keysNeedColumns: boolean;
  givenUp: string | null;
  readPast: string | null;
  metadataVersion: string | null;
  shape: string;
  slotAt: number | null;
  slotFor: Slot['for'];
  quiet: number;
  /** json */
  trouble: string | null;
  readingRung: number | null;
  readingAt: number | null;
  /** When it was last read to its end or swept. */
  lookedAt: number | null;
  /** Up to this number the pages have been noted as passed by every position. */
  passed: Generated<number>;
  /** False: Dataverse has no steps that would notify us, so only the sweep finds changes. */
  registered: Generated<boolean>;
  /** When it is due to be read as a whole; null: not planned yet. */
  wholeAt: number | null;
  /** False: its changes cannot be read. */
  tracked: Generated<boolean>;
}

export interface PageTable {
  id: string;
  organizationId: string;
  entity: string;
  number: number;
  previous: string;
  shape: string;
  audience: string | null;
  snapshotId: string | null;
  begins: boolean;
  ends: boolean;
  notifiedAt: number | null;
  readAt: number;
  entries: number;
  bytes: number;
  /** Either the content, or the blob that holds it and the blob's hash. */
  body: string | null;
  blob: string | null;
  sha256: string | null;
  appendedAt: number;
  passedAt: number | null;
}

export interface SnapshotTable {
  id: string;
  /** The order of queuing. */
  sequence: Generated<number>;
  organizationId: string;
  entity: string;
  audience: string | null;
  mark: number;
  link: string | null;
  started: boolean;
  endNumber: number | null;
  rows: number;
  refresh: Generated<boolean>;
}

export interface SchemaHistoryTable {
  sequence: Generated<number>;
  organizationId: string;
  entity: string;
  at: number;
  /** json */
  changes: string;
}

export interface ShapeTable {
  organizationId: string;
  entity: string;
  shape: string;
  /** The order of saving. */
  sequence: Generated<number>;
  /** json */
  definition: string;
  savedAt: number;
}

export interface ProfileTable {
  id: string;
  organizationId: string;
  /** The name in lower case: unique in its organization. */
  nameKey: string;
  /** json */
  settings: string;
  state: ProfileState;
  intent: string | null;
  /** json */
  origin: string | null;
  /** json */
  trouble: string | null;
  /** json; with `probeAt` beside it, for the sweep asks for that. */
  breaker: string | null;
  probeAt: number | null;
  retryAt: number | null;
  createdAt: number;
  modifiedAt: number;
  activatedAt: number | null;
  lookedAt: number | null;
}

export interface SubscriptionTable {
  profileId: string;
  entity: string;
  organizationId: string;
  page: string;
  number: number;
  /** json */
  counters: string;
  shape: string | null;
  snapshotId: string | null;
  lastExportAt: number | null;
  lagMs: number | null;
  /** json */
  pace: string | null;
  paused: Generated<boolean>;
}

export interface OrganizationTable {
  organizationId: string;
  requestsPaidAt: number;
  executionPaidAt: number;
  termsAcceptedBy: string | null;
  termsAcceptedAt: number | null;
}

export interface CounterTable {
  name: string;
  amount: number;
}

export interface ReconciliationTable {
  profileId: string;
  id: string;
  revision: number;
  beganAt: number;
  dueAt: number | null;
  /** json */
  work: string;
}

export interface EnvironmentTable {
  projectId: number;
  /** The id as it is compared; `id` is as it was registered. */
  idKey: string;
  id: string;
  nameKey: string;
  /** json */
  settings: string;
  started: boolean;
  heldBy: string | null;
}

export interface OperationTable {
  id: string;
  revision: number;
  projectId: number;
  sourceKey: string;
  targetKey: string;
  state: OperationState;
  /** There is a step to be taken. */
  pending: boolean;
  createdAt: number;
  touchedAt: number;
  /** json: the whole operation. */
  operation: string;
}

export interface ScheduleTable {
  id: string;
  projectId: number;
  nextAt: number | null;
  /** json: the whole schedule. */
  schedule: string;
}

export interface CallTable {
  key: string;
  /** json: when calls were counted, the oldest first. */
  moments: string;
}
