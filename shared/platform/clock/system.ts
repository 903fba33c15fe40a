import { setTimeout as timer } from 'node:timers/promises';
import type { Clock } from './port.ts';

/** The longest delay that Node's timers take; a longer one would fire at once. */
const TIMER_MAX_MS = 2 ** 31 - 1;

/** Real time. */
export const systemClock: Clock = {
  now: () => Date.now(),

  async sleep(ms, signal) {
    let left = Math.max(0, ms);
    try {
      do {
        const step = Math.min(left, TIMER_MAX_MS);
        await timer(step, undefined, { signal });
        left -= step;
      } while (left > 0);
    } catch (error) {
      throw signal?.aborted ? signal.reason : error;
    }
  },

  every(ms, tick) {
    const interval = setInterval(tick, ms);
    // Nothing is kept alive for the sake of what goes on beside it.
    interval.unref();
    return () => clearInterval(interval);
  },
};
