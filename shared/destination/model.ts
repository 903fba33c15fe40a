import type { Cell, Column } from '../dataverse/columns.ts';

/** Whose tables: names are `[schema].[<prefix>_<entity>]`, or `[schema].[<entity>]` without a prefix. */
export interface DestinationAddress {
  readonly profileId: string;
  readonly schema: string;
  readonly prefix: string;
}

/** One permission of the original's list, and what became of it in this database. */
export interface PermissionCheck {
  /** The original's code and name, e.g. `CRTB`, `CREATE TABLE`. */
  readonly code: string;
  readonly name: string;
  readonly scope: 'database' | 'schema';
  readonly state: 'granted' | 'missing' | 'not applicable';
  readonly reason: string;
  /** Statements that grant what is missing. */
  readonly remedy: string | null;
}

/** What can be known of a database without writing to it. */
export interface Examination {
  readonly permissions: readonly PermissionCheck[];
  /** Nothing can be written, whatever is granted: a replica, or a database set so. */
  readonly readOnly: boolean;
  /** What stands under names of Freshet's own tables, entities' left out, and was not made by Freshet. */
  readonly foreign: readonly string[];
  /** What would be better otherwise, in sentences; nothing fails for it. */
  readonly advice: readonly string[];
}

/** What a profile has applied of one feed; kept in the destination, in the rows' transaction. */
export interface Position {
  readonly entity: string;
  /** The profile that this row belongs to: not ours means that two profiles write to the same tables. */
  readonly profileId: string;
  /** The last page applied. */
  readonly page: string;
  readonly number: number;
  /** SinkModifiedOn of the last transaction, ms since 1970 UTC: max(clock, the one before + 4). */
  readonly stamp: number;
  readonly counters: Counters;
}

/** read = applied + replaced + retrying + failed, always. All but `retrying` and `failed` only grow. */
export interface Counters {
  /** Entries (rows and deletions) of the pages applied. */
  readonly read: number;
  /** Entries whose effect was written (a deletion of an absent row counts). */
  readonly applied: number;
  /** Entries that a later one of the same id replaced, in a merge or as a retry or failed record; or a resync removed. */
  readonly replaced: number;
  /** Retries waiting. */
  readonly retrying: number;
  /** Failed records. */
  readonly failed: number;
  /** Rows that replaced one with a higher versionnumber: by design none, unless the organization went back in time. */
  readonly regressed: number;
}

/** The merge of some pages: the last entry of each id. */
export interface Batch {
  readonly entity: string;
  readonly expected: string;
  readonly to: { readonly page: string; readonly number: number };
  /** The columns of `rows`, in their order; the first is the id (the entity's primary key). */
  readonly columns: readonly Column[];
  readonly rows: readonly Cell[][];
  readonly deletions: readonly string[];
  /** Entries left out of `rows` and `deletions` because the destination refuses them. */
  readonly refused: readonly RefusedEntry[];
  /** Snapshots that begin with the batch's first page. */
  readonly begins: readonly string[];
  /** Snapshots that end in it: rows and retries older than their begin are removed. An unknown begin removes nothing. */
  readonly ends: readonly string[];
  /** Rows deleted or removed are written down, with a version above their last; absent ones are not. */
  readonly deleteLog: boolean;
  /** Entries of the pages before merging. */
  readonly read: number;
  /** The destination's worker clock, ms since 1970 UTC. */
  readonly now: number;
  /** One statement writes at most so many rows or deletions; absent: all. The transaction stays one. */
  readonly statementRows?: number;
  /** Called, perhaps more than once, when many rows have been handed over and the database works on them for a while. */
  readonly onStaged?: () => void;
}

export interface RefusedEntry {
  readonly id: string;
  readonly deletion: boolean;
  /** Name of the blob with the entry's content: also the identity of the retry. */
  readonly blob: string;
  readonly code: string;
  readonly reason: string;
  /** OperationCreatedOn of the page's oldest notification, ms, if known. */
  readonly notifiedAt: number | null;
  /** When to try again; null when no retry is allowed: a failed record at once. */
  readonly dueAt: number | null;
}

export interface Applied {
  readonly stamp: number;
  readonly counters: Counters;
  readonly inserted: number;
  readonly updated: number;
  readonly deleted: number;
  /** Rows and retries removed at the end of a snapshot. */
  readonly removed: number;
}

export type ChangeType = 'New' | 'Update' | 'Delete';

export interface RetryEntry {
  readonly entity: string;
  readonly id: string;
  readonly blob: string;
  readonly changeType: ChangeType;
  /** Attempts made after the first. */
  readonly attempts: number;
  readonly code: string;
  readonly reason: string;
  readonly notifiedAt: number | null;
  /** Null for a failed record, unless a resync tries it again: it stays one until it is written. */
  readonly dueAt: number | null;
  /** Failed records: when, and by which settlement (or page). */
  readonly failedAt: number | null;
  readonly settlementId: string | null;
}

/** What came of trying retries of one entity again. */
export interface RetrySettlement {
  readonly id: string;
  readonly entity: string;
  /** Written with the stamp their entry carries, so that a resync's end still sees their age. Entry k belongs to row k. */
  readonly write: {
    readonly columns: readonly Column[];
    readonly rows: readonly Cell[][];
    readonly entries: readonly RetryEntry[];
  };
  readonly deletions: readonly RetryEntry[];
  /** Refused again: tried at `dueAt`, or, with null, failed records. */
  readonly refused: readonly {
    readonly entry: RetryEntry;
    readonly code: string;
    readonly reason: string;
    readonly dueAt: number | null;
  }[];
  readonly deleteLog: boolean;
  readonly now: number;
}

/** A row as it stands: values as `heldValue` writes them, in the order of the columns asked for. */
export interface HeldRow {
  /** Lower case. */
  readonly id: string;
  readonly cells: readonly Cell[];
}

/** Rows by their ids, or the next after an id (null: the first) in the database's own order. */
export type RowChoice = { readonly ids: readonly string[] } | { readonly after: string | null; readonly limit: number };

export interface Settled {
  readonly counters: Counters;
  readonly written: number;
  /** Entries left out because the feed brought something newer. */
  readonly replaced: number;
  /** Entries that became failed records now. */
  readonly failed: readonly RetryEntry[];
}
