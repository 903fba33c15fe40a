/** What may be forgotten. Errors: CONTROL_UNAVAILABLE (retry). */
export interface Retention {
  /**
   * Deletes up to `limit` pages that every position of their feed passed `passedMs` ago, or that are older than `keepMs`; never
   * the last page of a feed. Shapes and ended snapshots that no page, feed or subscription names any more go too (a shape
   * not before `passedMs`, for it is saved before it is named), and open snapshots for a profile that subscribes no more. Answers with the names of the pages' blobs.
   */
  forget(passedMs: number, keepMs: number, limit: number): Promise<string[]>;
  /** Those of the names that some page still names. */
  named(blobs: readonly string[]): Promise<string[]>;
}
