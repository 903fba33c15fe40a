import { describe, expect, it } from 'vitest';
import { DeadlineExceeded, withDeadline } from '../../../../shared/platform/clock/deadline.ts';
import { VirtualClock } from '../../../../shared/platform/clock/virtual.ts';

/** A call that ends only by its signal, in the words of its own library. */
const endless = (signal: AbortSignal) =>
  new Promise<never>((_, reject) => signal.addEventListener('abort', () => reject(new Error('aborted by somebody'))));

describe('withDeadline', () => {
  it('gives what the call gives, and leaves no timer behind', async () => {
    const clock = new VirtualClock();
    expect(await withDeadline(clock, 100, async () => 'answer')).toBe('answer');
    expect(clock.pending).toBe(0);
  });

  it('passes the call’s own error on, and leaves no timer behind', async () => {
    const clock = new VirtualClock();
    const own = new Error('own');
    await expect(withDeadline(clock, 100, () => Promise.reject(own))).rejects.toBe(own);
    expect(clock.pending).toBe(0);
  });

  it('ends a call that takes too long, and says so', async () => {
    const clock = new VirtualClock();
    const outcome = expect(withDeadline(clock, 100, endless)).rejects.toThrow(new DeadlineExceeded(100));
    await clock.advance(99);
    expect(clock.pending).toBe(1);
    await clock.advance(1);
    await outcome;
  });
});
