import type { Clock } from './port.ts';

/** A call to another service took longer than it is given. */
export class DeadlineExceeded extends Error {
  constructor(ms: number) {
    super(`no answer within ${ms} ms`);
    this.name = 'DeadlineExceeded';
  }
}

/**
 * Runs a call with a signal that is aborted after `ms` milliseconds of the clock. Rejects with DeadlineExceeded when it
 * failed because of that, whatever the library called makes of the abort.
 */
export async function withDeadline<T>(clock: Clock, ms: number, call: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const deadline = new AbortController();
  const done = new AbortController();
  clock.sleep(ms, done.signal).then(
    () => deadline.abort(new DeadlineExceeded(ms)),
    () => undefined,
  );
  try {
    return await call(deadline.signal);
  } catch (error) {
    throw deadline.signal.aborted ? deadline.signal.reason : error;
  } finally {
    done.abort();
  }
}
