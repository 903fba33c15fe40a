import type { Spent } from '../../dataverse/usage.ts';
import { EXECUTION_BURST_MS, EXECUTION_SHARE, REQUEST_BURST, REQUESTS_PER_S } from '../organizations.port.ts';

/**
 * When everything reserved so far will have been paid for (ms): the generic cell rate algorithm, once for requests and once
 * for their execution time. A request may start as long as that lies no further ahead than the burst takes to pay.
 */
export interface Pace {
  readonly requestsPaidAt: number;
  readonly executionPaidAt: number;
}

const REQUEST_MS = 1000 / REQUESTS_PER_S;
const REQUEST_AHEAD_MS = (REQUEST_BURST - 1) * REQUEST_MS;
const EXECUTION_AHEAD_MS = EXECUTION_BURST_MS / EXECUTION_SHARE;

export const UNUSED: Pace = { requestsPaidAt: 0, executionPaidAt: 0 };

/** Pays for what was spent, and takes one slot. `waitMs` is rounded up, so that nobody starts too early. */
export function takeSlot(pace: Pace, spent: Spent, now: number): { pace: Pace; waitMs: number } {
  const requestsPaidAt = Math.max(pace.requestsPaidAt, now) + Math.max(0, spent.requests) * REQUEST_MS;
  const executionPaidAt = Math.max(pace.executionPaidAt, now) + Math.max(0, spent.elapsedMs) / EXECUTION_SHARE;
  const startAt = Math.max(requestsPaidAt - REQUEST_AHEAD_MS, executionPaidAt - EXECUTION_AHEAD_MS);
  return {
    pace: { requestsPaidAt: requestsPaidAt + REQUEST_MS, executionPaidAt },
    waitMs: Math.max(0, Math.ceil(startAt - now)),
  };
}

/** The next start is `ms` away, and no burst follows it: going on fast after a refusal lengthens the next one. */
export function throttled(pace: Pace, ms: number, now: number): Pace {
  return {
    requestsPaidAt: Math.max(pace.requestsPaidAt, now + ms + REQUEST_AHEAD_MS),
    executionPaidAt: Math.max(pace.executionPaidAt, now + ms + EXECUTION_AHEAD_MS),
  };
}
