import type { Cell, Column } from '../dataverse/columns.ts';
import type { EntityMetadata } from '../dataverse/metadata.ts';
import type {
  Applied,
  Batch,
  DestinationAddress,
  Examination,
  HeldRow,
  Position,
  RetryEntry,
  RetrySettlement,
  RowChoice,
  Settled,
} from './model.ts';

/**
 * The SQL database of one profile. One instance serves one profile; several calls may run side by side.
 * Errors of every method: DESTINATION_UNAVAILABLE (retry), DESTINATION_BATCH_TOO_LARGE (smaller), RECORD_REFUSED (row), the
 * DESTINATION_* codes of class stop, DESTINATION_SCHEMA_CHANGED (a table or column of ours is gone), DESTINATION_BUG.
 * After a rejected call nothing of it is written, but for a commit whose answer was lost: the position tells.
 */
export interface Destination {
  /** What the login may do here with the profile's tables, those of `entities` included, what stands in their way, and what to advise; reads only. */
  examine(entities: readonly string[], options: { deleteLog: boolean }): Promise<Examination>;
  /** Names of entities whose table stands already (lower case); reads only. */
  existingTables(entities: readonly string[]): Promise<string[]>;
  /** Why the table that stands cannot become the entity's by adding and widening columns; null when it can, or none stands. */
  misfit(entity: EntityMetadata): Promise<string | null>;
  /** Creates schema, position and retry tables, metadata tables and, if wanted, the delete log. Safe to repeat; true when any was missing. */
  prepare(options: { deleteLog: boolean }): Promise<boolean>;
  /**
   * Creates the entity's table, or adds and widens columns (one per statement; never drops or narrows; one of another type is set
   * aside under another name). Safe to repeat; true when it changed anything. `at`: the page where the position must stand, null
   * for nowhere; POSITION_MOVED otherwise, for whoever was overtaken knows an older definition.
   */
  shape(entity: EntityMetadata, at?: string | null): Promise<boolean>;
  /** Makes the metadata tables say what the definition says about this entity, in one transaction. `at`: as for `shape`. */
  describe(entity: EntityMetadata, at?: string | null): Promise<void>;
  /** Whether the metadata tables tell of the entity: its table is, or was, one of these. Reads only. */
  describes(entity: string): Promise<boolean>;
  /** Where every entity of the profile stands. Null: our own tables are gone. Also serves as the breaker's probe. */
  positions(): Promise<Position[] | null>;
  /**
   * Sets an entity's position, forgets snapshots begun, and keeps rows, retries and counters. `expected`: the page that
   * must stand there now, null for none. False, and nothing changed, when another stands there; and when a first one would stand
   * beside positions of another profile.
   */
  place(entity: string, expected: string | null, to: { page: string; number: number }): Promise<boolean>;
  /** Forgets position, retries and failed records of an entity; its table stays. Safe to repeat. */
  forget(entity: string): Promise<void>;
  /**
   * Makes the tables this profile's alone, in one transaction: entities without a position get one that stands `NOWHERE`, and so do
   * those of `former` profiles, whose retries and failed records are forgotten; tables stay. Safe to repeat. False, and nothing
   * changed, when positions of others stand.
   */
  claim(entities: readonly string[], former: readonly string[]): Promise<boolean>;
  /** Drops the entity's table and forgets it; false when none stood. TABLE_FOREIGN when it is not one that Freshet made. */
  drop(entity: string): Promise<boolean>;
  /** Drops what `prepare` makes; false when nothing of it stood. Entities' tables stay. */
  dropOwn(): Promise<boolean>;
  /** Why this row cannot be held by the entity's columns, found without the database; null when it can. */
  refusal(batch: Pick<Batch, 'columns'>, row: readonly Cell[]): string | null;
  /**
   * Moves the position from `expected` and makes the batch true, in one transaction. POSITION_MOVED when another worker
   * was first: nothing is changed then. Does not change the schema. `trial`: rolls back in the end, to find refused rows.
   */
  apply(batch: Batch, mode?: 'commit' | 'trial'): Promise<Applied>;
  /** Retries due at `now` (ms), oldest first, but for the entities of `except`; failed records are among them while a resync tries them again. */
  dueRetries(now: number, limit: number, except?: readonly string[]): Promise<RetryEntry[]>;
  /** When the next retry of other entities than `except` is due (ms), null for none. */
  nextRetryAt(except?: readonly string[]): Promise<number | null>;
  /**
   * Ends or postpones retries under the position's lock, in one transaction. Entries that a newer page replaced are left
   * out. RECORD_REFUSED: one of `write` was refused and nothing is changed.
   */
  settleRetries(settlement: RetrySettlement, mode?: 'commit' | 'trial'): Promise<Settled>;
  /**
   * Failed records whose failure-log line is not known to be written, grouped by the settlement that ended them, the oldest
   * first: whole settlements, as many as it takes for `limit` of them.
   */
  unloggedFailures(limit: number): Promise<RetryEntry[]>;
  markLogged(settlementIds: readonly string[]): Promise<void>;
  /**
   * Makes the entity's failed records due at `now`, with all their attempts before them again; answers how many. They count as
   * failed until they are written or replaced.
   */
  reviveFailures(entity: string, now: number): Promise<number>;
  /** Of these columns, those that the entity's table has, each as wide as it is there; none without a table. Freshet's own are left out. */
  heldColumns(entity: string, columns: readonly Column[]): Promise<Column[]>;
  /** Rows as they stand; `columns` are such as `heldColumns` answers with. Ids without a row are left out, the order of ids given is not kept. */
  heldRows(entity: string, columns: readonly Column[], which: RowChoice): Promise<HeldRow[]>;
  /** Those of the ids that have a retry or a failed record, in lower case. */
  refusedIds(entity: string, ids: readonly string[]): Promise<string[]>;
  /** Those of the blobs that a retry or a failed record still names. */
  openBlobs(blobs: readonly string[]): Promise<string[]>;
  /** Ends all connections; calls under way fail. */
  close(): Promise<void>;
}

/** Opens a destination; connects at the first call. DESTINATION_ADDRESS_INVALID when the connection string cannot be read. */
export type OpenDestination = (connectionString: string, address: DestinationAddress) => Destination;
