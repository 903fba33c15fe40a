import type { EntityMetadata } from '../dataverse/metadata.ts';
import type { FeedChange } from './feed-change.ts';
import type { Feed, FeedKey, OpenSnapshot, Page, Slot, Snapshot } from './model.ts';

/** Feeds, their pages and snapshots. Every change of a feed is one transaction. Errors: CONTROL_UNAVAILABLE (retry). */
export interface Feeds {
  get(feed: FeedKey): Promise<Feed | null>;
  /** All feeds of an organization. */
  of(organizationId: string): Promise<Feed[]>;
  /** Open snapshots of a feed, oldest first. */
  snapshots(feed: FeedKey): Promise<OpenSnapshot[]>;
  /** The first page of a read of changes is about to be asked for: remembers the rings and the oldest notification until it is appended. */
  beginRead(feed: FeedKey, owner: string): Promise<boolean>;
  /**
   * Appends what one read brought and moves the cursor, if owner, head, cursor, metadata version and the snapshot's link
   * are still those it began with; otherwise nothing happens. A page without entries that neither begins nor ends a
   * snapshot is not kept. Lengthens the lease. Answers with the feed as it is now; null: overtaken, nothing happened.
   */
  append(append: Append): Promise<Feed | null>;
  /** Changes other facts of a feed, if `owner` still holds its lease. */
  update(feed: FeedKey, owner: string, change: FeedChange): Promise<boolean>;
  /** Pages after a position, in order, at most `limit`. */
  pagesAfter(feed: FeedKey, number: number, limit: number): Promise<Page[]>;
  /** Queues a full read, for one profile or for all, and appends the page that marks it; one queued for the same audience before is given up. Safe to repeat with the same id. */
  queueSnapshot(feed: FeedKey, id: string, audience: string | null): Promise<Snapshot>;
  /** Queues a full read for all that only brings rows up to date, unless one for all is queued already: then false. */
  queueRefresh(feed: FeedKey, id: string): Promise<boolean>;
  /** The definition read last, or that of a shape. Shapes are kept as long as a page names them. */
  metadata(feed: FeedKey, shape?: string): Promise<EntityMetadata | null>;
  saveMetadata(feed: FeedKey, shape: string, metadata: EntityMetadata): Promise<void>;
}

/** The cursor a read began with; an append compares all of it. */
export type Cursor = Pick<Feed, 'head' | 'token' | 'nextLink' | 'keysLink' | 'metadataVersion'>;

export interface Append extends FeedKey {
  readonly owner: string;
  readonly expected: Cursor;
  /** Null: nothing was found, or keys were read, which no page carries. Number and previous come from the feed. */
  readonly page: Omit<Page, 'number' | 'previous' | 'notifiedAt'> | null;
  readonly cursor: Partial<Pick<Feed, 'token' | 'nextLink' | 'keysLink' | 'readPast' | 'givenUp'>>;
  /** No next link remains: the rings remembered by beginRead are seen. */
  readonly complete: boolean;
  /** When the next read of changes may begin. */
  readonly slot?: Slot | null;
  readonly snapshot?: {
    readonly id: string;
    readonly link: string | null;
    readonly nextLink: string | null;
    readonly rows: number;
  };
}
