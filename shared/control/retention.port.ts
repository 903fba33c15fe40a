/** What may be forgotten. Errors: CONTROL_UNAVAILABLE (retry). */
export interface Retention {
  /**
   * Deletes up to `limit` pages that every position of their feed passed `passedMs` ago, or that are older than `keepMs`, with
   * shapes that no page names; never the last page of a feed. Answers with the names of their blobs.
   */
  forget(passedMs: number, keepMs: number, limit: number): Promise<string[]>;
  /** Those of the names that some page still names. */
  named(blobs: readonly string[]): Promise<string[]>;
}
