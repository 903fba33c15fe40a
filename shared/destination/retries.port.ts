import type { RetryEntry, RetrySettlement, Settled } from './model.ts';

/** What was refused: retries, and records whose retries are used up. Errors: those of `Destination`. */
export interface Retries {
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
  /** Those of the ids that have a retry or a failed record, in lower case. */
  refusedIds(entity: string, ids: readonly string[]): Promise<string[]>;
  /** Those of the blobs that a retry or a failed record still names. */
  openBlobs(blobs: readonly string[]): Promise<string[]>;
}
