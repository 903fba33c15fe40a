import type { FeedKey } from './model.ts';

/** When feeds are read as a whole by schedule. Moments are those of the caller's clock. Errors: CONTROL_UNAVAILABLE (retry). */
export interface WholeReads {
  /** Feeds of profiles that can be written to, whose time has come by `now` or was never set; those never set first. */
  due(now: number, limit: number): Promise<PlannedRead[]>;
  /** Sets when the feed is due next, and whether its changes can be read at all. */
  plan(feed: FeedKey, plan: { readonly at: number; readonly tracked: boolean }): Promise<void>;
}

export interface PlannedRead extends FeedKey {
  /** Null: never set. */
  readonly at: number | null;
}
