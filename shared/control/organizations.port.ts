import type { Spent } from '../dataverse/usage.ts';

/** What all instances know together of the organizations they read. Errors: CONTROL_UNAVAILABLE (retry). */
export interface Organizations {
  /**
   * Reserves one request to the organization and says how many ms to wait for it; 0: now. Requests over 300 s and their execution
   * time stay under half of what Dataverse allows. `spent`: what was asked without a reservation, and how long all requests took.
   */
  reserve(organizationId: string, spent: Spent): Promise<number>;
  /** Nobody reads the organization for the next `ms`: it said so. */
  throttle(organizationId: string, ms: number): Promise<void>;
  /** Says which entities of an organization send no notifications, all others do: the sweep looks at those sooner. */
  unnotified(organizationId: string, entities: readonly string[]): Promise<void>;
  /**
   * Feeds that a sweep may ring now, longest not read first, at most `limit` over all organizations; those in the middle of
   * a snapshot once in SNAPSHOT_SWEEP_MS, for each look costs it the time of a page. Counts them as swept.
   */
  sweep(limit: number): Promise<{ organizationId: string; entity: string }[]>;
  /** Notes who accepted the privacy terms for the organization; the first acceptance stands. `at`: ms since 1970 UTC. */
  acceptTerms(organizationId: string, by: string, at: number): Promise<void>;
  termsAccepted(organizationId: string): Promise<{ readonly by: string; readonly at: number } | null>;
  /** Adds to a counter of things that belong to no profile. */
  count(name: string, amount: number): Promise<void>;
  counters(): Promise<Record<string, number>>;
}

/** How much sooner a feed's turn comes when no notification ever rings it. */
export const UNNOTIFIED_WEIGHT = 4;
/** How long a sweep leaves a feed in peace whose snapshot is under way. */
export const SNAPSHOT_SWEEP_MS = 120_000;
/** Half of 6,000 requests per 300 s: a burst at once and the rest evenly (reference: dataverse.md, section 2.4). */
export const REQUEST_BURST = 300;
export const REQUESTS_PER_S = 9;
/** Half of 1,200 s of execution per 300 s. */
export const EXECUTION_SHARE = 2;
export const EXECUTION_BURST_MS = 60_000;
