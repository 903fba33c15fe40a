/** Time of the host. Injected, so that tests run years of timers in milliseconds. */
export interface HostClock {
  /** Milliseconds since 1970-01-01 UTC. */
  now(): number;
  /** Runs `action` once `time` is reached, never before. Returns a function that cancels it. */
  at(time: number, action: () => void): () => void;
}

/**
 * Longest single wait. Node fires timers above 2^31-1 ms at once, and a machine that slept or whose clock was set should
 * notice within the hour.
 */
const LONGEST_WAIT_MS = 3_600_000;

export const systemClock: HostClock = {
  now: () => Date.now(),
  at(time, action) {
    let timer: NodeJS.Timeout | undefined;
    const arm = () => {
      const wait = time - Date.now();
      timer = wait > 0 ? setTimeout(arm, Math.min(wait, LONGEST_WAIT_MS)) : setTimeout(action, 0);
    };
    arm();
    return () => clearTimeout(timer);
  },
};

/** Resolves at `now + ms` of the clock, or as soon as the signal is aborted. */
export function wait(clock: HostClock, ms: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal?.aborted) return resolve();
    const cancel = clock.at(clock.now() + ms, done);
    signal?.addEventListener('abort', done, { once: true });
    function done() {
      cancel();
      signal?.removeEventListener('abort', done);
      resolve();
    }
  });
}
