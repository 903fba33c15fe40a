import type { Schedule } from '../schedules.port.ts';

/** After a moment has come: the first one after `now`, however many were missed meanwhile. */
export function nextMoment({ nextAt, everyMs }: Pick<Schedule, 'nextAt' | 'everyMs'>, now: number): number | null {
  if (nextAt === null || everyMs === null) return null;
  return nextAt + Math.ceil((now + 1 - nextAt) / everyMs) * everyMs;
}
