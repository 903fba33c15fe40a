/** Units of work on one database, whatever dialect its sessions speak. */

export interface UnitOptions {
  /** `rollback`: as if it had been committed, deferred constraints included, and then undone. */
  readonly end?: 'commit' | 'rollback';
  /** For statements that may last longer than others. */
  readonly statementTimeoutMs?: number;
  /** A peer that is silent for so long is taken to be gone; absent: as long as its statements may last. */
  readonly silenceMs?: number;
}

/** Every error is classified. */
export interface Units<S> {
  /** After a rejection nothing is written, but for a commit whose answer was lost: DESTINATION_UNAVAILABLE then. */
  inTransaction<T>(work: (session: S) => Promise<T>, options?: UnitOptions): Promise<T>;
  /** Questions and single changes, each a transaction by itself. */
  onConnection<T>(work: (session: S) => Promise<T>, options?: Pick<UnitOptions, 'silenceMs'>): Promise<T>;
  close(): Promise<void>;
}
