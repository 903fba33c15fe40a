import type { Pace } from '../../control/model.ts';

/** A longer pause ends a stretch of work. */
const PAUSE_MS = 30_000;
/** Older work counts less and less: what matters is how fast rows come now. */
const STRETCH_MAX_MS = 60_000;

/** The pace after a merge of so many rows that began and ended at these moments (ms). */
export function paceAfter(before: Pace | null, rows: number, began: number, ended: number): Pace {
  if (before === null || began - before.until > PAUSE_MS) return { since: began, until: ended, rows };
  const { since } = before;
  if (ended - since <= STRETCH_MAX_MS) return { since, until: ended, rows: before.rows + rows };
  const half = (before.until - since) / 2;
  return { since: Math.round(since + half), until: ended, rows: Math.round(before.rows / 2) + rows };
}

/** Rows per second lately; 0 while nothing comes. */
export function rowsPerSecond(pace: Pace | null, now: number): number {
  if (pace === null || now - pace.until > PAUSE_MS) return 0;
  const seconds = Math.max(1, pace.until - pace.since) / 1000;
  return Math.round((pace.rows / seconds) * 10) / 10;
}
