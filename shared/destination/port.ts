import type { Cell } from '../dataverse/columns.ts';
import type { EntityMetadata } from '../dataverse/metadata.ts';
import type { Applied, Batch, DestinationAddress, Position, RetryEntry, RetrySettlement, Settled } from './model.ts';

/**
 * The SQL database of one profile. One instance serves one profile; several calls may run side by side.
 * Errors of every method: DESTINATION_UNAVAILABLE (retry), DESTINATION_BATCH_TOO_LARGE (smaller), RECORD_REFUSED (row), the
 * DESTINATION_* codes of class stop, DESTINATION_SCHEMA_CHANGED (a table or column of ours is gone), DESTINATION_BUG.
 * After a rejected call nothing of it is written, but for a commit whose answer was lost: the position tells.
 */
export interface Destination {
  /** Names of entities whose table stands already (lower case); reads only. */
  existingTables(entities: readonly string[]): Promise<string[]>;
  /** Creates schema, position and retry tables, metadata tables and, if wanted, the delete log. Safe to repeat; true when any was missing. */
  prepare(options: { deleteLog: boolean }): Promise<boolean>;
  /** Creates the entity's table, or adds and widens columns (one per statement; never drops or narrows). Safe to repeat; true when it changed anything. */
  shape(entity: EntityMetadata): Promise<boolean>;
  /** Makes the metadata tables say what the definition says about this entity, in one transaction. */
  describe(entity: EntityMetadata): Promise<void>;
  /** Where every entity of the profile stands. Null: our own tables are gone. Also serves as the breaker's probe. */
  positions(): Promise<Position[] | null>;
  /**
   * Sets an entity's position, forgets snapshots begun, and keeps rows, retries and counters. `expected`: the page that
   * must stand there now, null for none. False, and nothing changed, when another stands there.
   */
  place(entity: string, expected: string | null, to: { page: string; number: number }): Promise<boolean>;
  /** Why this row cannot be held by the entity's columns, found without the database; null when it can. */
  refusal(batch: Pick<Batch, 'columns'>, row: readonly Cell[]): string | null;
  /**
   * Moves the position from `expected` and makes the batch true, in one transaction. POSITION_MOVED when another worker
   * was first: nothing is changed then. Does not change the schema. `trial`: rolls back in the end, to find refused rows.
   */
  apply(batch: Batch, mode?: 'commit' | 'trial'): Promise<Applied>;
  /** Retries due at `now` (ms), oldest first; failed records are not among them. */
  dueRetries(now: number, limit: number): Promise<RetryEntry[]>;
  /** When the next retry is due (ms), null for none. */
  nextRetryAt(): Promise<number | null>;
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
  /** Makes the entity's failed records due at `now`, with all their attempts before them again; answers how many. */
  reviveFailures(entity: string, now: number): Promise<number>;
  /** Those of the blobs that a retry or a failed record still names. */
  openBlobs(blobs: readonly string[]): Promise<string[]>;
  /** Ends all connections; calls under way fail. */
  close(): Promise<void>;
}

/** Opens a destination; connects at the first call. DESTINATION_ADDRESS_INVALID when the connection string cannot be read. */
export type OpenDestination = (connectionString: string, address: DestinationAddress) => Destination;
