import type { OrganizationIdentity } from '../dataverse/model.ts';
import type { Counters } from '../destination/model.ts';

/** One feed: the log of everything read from one entity of one organization. */
export interface FeedKey {
  readonly organizationId: string;
  readonly entity: string;
}

/** What a bell belongs to: a feed or a profile. Written as one text, so that one mechanism and one key order serve both. */
export type BellKey = `feed/${string}/${string}` | `profile/${string}`;

export const feedBell = ({ organizationId, entity }: FeedKey): BellKey => `feed/${organizationId}/${entity}`;
export const profileBell = (profileId: string): BellKey => `profile/${profileId}`;

export interface Ring {
  readonly key: BellKey;
  /** OperationCreatedOn of the notification (ms); the oldest not yet read is kept. */
  readonly notifiedAt?: number | null;
}

/** What came of answering a bell. */
export type Answer =
  /** The lease is taken. `starts`: turns begun since one last ended in order, this one included. */
  | { readonly lease: 'taken'; readonly starts: number }
  /** Somebody else works on it, and will see every ring. */
  | { readonly lease: 'held' }
  /** Free, but the organization has no more leases to give now: one message counts as pending from BUSY_RETRY_MS on, and the caller sends it. */
  | { readonly lease: 'busy' }
  /** There is no such bell any more. */
  | { readonly lease: 'gone' };

/** Where the reading of a feed stands; what an append compares. */
export interface Feed extends FeedKey {
  readonly head: number;
  /** The id of the last page; `start` before the first. */
  readonly tail: string;
  /** The token of the last complete read; null until the first cursor is taken. */
  readonly token: string | null;
  /** The next link of a read of changes under way. */
  readonly nextLink: string | null;
  /** The next link of the first cursor's read of keys; UNTRIED from its end until its token has been used once. */
  readonly keysLink: string | null;
  /** The organization wants all columns in a first cursor's read. */
  readonly keysNeedColumns: boolean;
  /** The token that was given up last, until its successor is known: an organization's versions never go back by themselves. */
  readonly givenUp: string | null;
  /** The newest version of a row read otherwise than as a change, while changes have not reached it; else null. */
  readonly readPast: string | null;
  /** The organization's metadata version under which the shape was last found right. */
  readonly metadataVersion: string | null;
  readonly shape: string;
  readonly slot: Slot | null;
  /** Reads in a row that did not bring what a notification announced; 0 once something came or QUIET_READS_MAX is passed. */
  readonly quiet: number;
  readonly trouble: Trouble | null;
}

/** A new first cursor's token: a refusal of it is about its columns. */
export const UNTRIED = 'untried';

/** When a feed's next request may be made. */
export interface Slot {
  readonly at: number;
  /** What it was reserved for: changes, or a page of keys or rows. Null: nothing is reserved, only changes wait for `at`. */
  readonly for: 'changes' | 'rows' | null;
}

export interface Trouble {
  readonly code: string;
  readonly text: string;
  readonly since: number;
}

/** One page of a feed without its content. */
export interface PageHeader {
  readonly id: string;
  /** The page before it; a position may only follow this chain. */
  readonly previous: string;
  readonly number: number;
  /** The shape of the entity under which it was read. */
  readonly shape: string;
  /** The only profile concerned; null: all. */
  readonly audience: string | null;
  readonly snapshotId: string | null;
  /** First or last page of its snapshot. */
  readonly begins: boolean;
  readonly ends: boolean;
  /** OperationCreatedOn of the oldest notification that led to it, ms; a snapshot's pages have none. */
  readonly notifiedAt: number | null;
  readonly readAt: number;
  readonly entries: number;
  readonly bytes: number;
}

/** Where a page's content lies: in its row, or in a blob whose length and hash are known. */
export type PageBody = { readonly text: string } | { readonly blob: string; readonly sha256: string };

export type Page = PageHeader & { readonly body: PageBody };

export interface Snapshot extends FeedKey {
  readonly id: string;
  readonly audience: string | null;
  /** The number of the page, named by the snapshot's id, that marks where it was queued. */
  readonly mark: number;
  readonly link: string | null;
  readonly started: boolean;
  /** Only brings rows up to date: what it does not show is not removed. */
  readonly refresh: boolean;
  /** The number of its last page, once appended. */
  readonly endNumber: number | null;
  readonly rows: number;
}

export interface OpenSnapshot {
  readonly snapshot: Snapshot;
  /** Its pages that the fastest profile addressed has yet to apply. */
  readonly unapplied: number;
  /** The active profiles addressed. */
  readonly audience: readonly string[];
  /** It may not begin yet: SNAPSHOTS_FOR_ALL others of the organization, addressed to all, are under way. */
  readonly waits: boolean;
}

/** After an expiry every feed of an organization may need one: they begin so many at a time. */
export const SNAPSHOTS_FOR_ALL = 2;

/** A profile's part in one feed. Position and counters are what a worker reported last; the truth is in the destination. */
export interface Subscription extends FeedKey {
  readonly profileId: string;
  readonly page: string;
  readonly number: number;
  readonly counters: Counters;
  /** The shape the destination's table was last made for. */
  readonly shape: string | null;
  /** The snapshot that fills the table. */
  readonly snapshotId: string | null;
  readonly lastExportAt: number | null;
  /** Milliseconds from the change to its commit, of the last batch that had a notification. */
  readonly lagMs: number | null;
  /** How fast rows came lately; null before the first. */
  readonly pace: Pace | null;
  /** Somebody wants its table to stand still; the feed goes on for others. */
  readonly paused: boolean;
}

/** A subscription beside the end of its feed. */
export interface Subscribed extends Subscription {
  readonly head: number;
  readonly tail: string;
  /** False: its changes cannot be read, it is read as a whole by schedule. */
  readonly tracked: boolean;
  /** Why the feed cannot be read now. */
  readonly feedTrouble: Trouble | null;
  /** The last page's number of the snapshot that fills the table, once it is read. */
  readonly snapshotEnd: number | null;
  /** Rows of it that were read so far; null without one. */
  readonly snapshotRows: number | null;
}

/** A stretch of work without a longer pause. */
export interface Pace {
  readonly since: number;
  readonly until: number;
  /** Rows and deletions read from the feed in between. */
  readonly rows: number;
}

export interface Breaker {
  readonly code: string;
  readonly reason: string;
  readonly since: number;
  readonly probeAt: number;
}

/** Reads after a notification that brought nothing, before it is given up: 2 + 4 + … + 60 s, longer than transactions last. */
export const QUIET_READS_MAX = 6;

export type ProfileState = 'created' | 'active' | 'deactivated' | 'stopped';

/** What an administrator asks for; names of the API's fields are in shared/export/profile-json.ts. */
export interface ProfileSettings {
  readonly name: string;
  readonly organizationId: string;
  readonly entities: readonly { readonly entity: string; readonly settings: unknown }[];
  readonly destinationType: string;
  readonly keyVaultUri: string;
  readonly prefix: string;
  readonly schema: string;
  readonly retry: { readonly maxCount: number; readonly intervalS: number; readonly backoff: string | number };
  readonly writeDeleteLog: boolean;
}

export interface Profile {
  readonly id: string;
  readonly settings: ProfileSettings;
  readonly state: ProfileState;
  /**
   * Names the last wish (to activate, to deactivate, to delete); null before the first. What carries a wish out step by step
   * changes the profile only while it still carries that name: the later wish wins.
   */
  readonly intent: string | null;
  /** The organization as it was at the first activation; null before. Another one, or one at another place, needs another profile. */
  readonly origin: OrganizationIdentity | null;
  /** Why the profile does not run, or its last activation failed. */
  readonly trouble: Trouble | null;
  readonly breaker: Breaker | null;
  /** When the next retry is due in the destination, as reported last, ms. */
  readonly retryAt: number | null;
  readonly createdAt: number;
  readonly modifiedAt: number;
  readonly activatedAt: number | null;
}
