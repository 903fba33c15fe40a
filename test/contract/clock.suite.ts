import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Clock } from '../../shared/platform/clock/port.ts';

export interface ClockHarness {
  readonly clock: Clock;
  /** Lets so much time go by, and everybody wake who is due. */
  pass(ms: number): Promise<void>;
}

/** Timers count whole milliseconds of another clock than `now`: they may seem to end this much too early. */
const TIMER_ERROR_MS = 2;

export function describeClock(name: string, make: () => ClockHarness): void {
  describe(`clock: ${name}`, () => {
    let clock: Clock;
    let pass: ClockHarness['pass'];
    const endings = new AbortController();
    beforeEach(() => {
      ({ clock, pass } = make());
    });
    afterEach(() => endings.abort());

    it('a sleeper wakes after its time, and not before', async () => {
      const before = clock.now();
      let wokeAt = 0;
      clock.sleep(40).then(() => {
        wokeAt = clock.now();
      });
      await pass(5);
      expect(wokeAt).toBe(0);
      await pass(80);
      expect(wokeAt - before).toBeGreaterThanOrEqual(40 - TIMER_ERROR_MS);
    });

    it('sleepers wake in the order of their times', async () => {
      const woken: number[] = [];
      for (const ms of [60, 20, 40]) clock.sleep(ms).then(() => woken.push(ms));
      await pass(120);
      expect(woken).toEqual([20, 40, 60]);
    });

    it('who sleeps for no time goes on at once', async () => {
      await clock.sleep(0);
      await clock.sleep(-5);
    });

    it('an aborted sleeper gets the reason, and does not wait', async () => {
      const abort = new AbortController();
      const reason = new Error('enough');
      const sleeping = clock.sleep(3_600_000, abort.signal);
      abort.abort(reason);
      await expect(sleeping).rejects.toBe(reason);
    });

    it('an aborted signal puts nobody to sleep', async () => {
      const reason = new Error('too late');
      await expect(clock.sleep(3_600_000, AbortSignal.abort(reason))).rejects.toBe(reason);
    });

    it('ticks again and again until it is stopped', async () => {
      let ticks = 0;
      const stop = clock.every(20, () => {
        ticks += 1;
      });
      for (let n = 0; n < 50 && ticks < 3; n++) await pass(60);
      expect(ticks).toBeGreaterThanOrEqual(3);
      stop();
      const before = ticks;
      await pass(60);
      expect(ticks).toBe(before);
    });

    it('a sleep longer than Node’s timers take does not end at once', async () => {
      let woke = false;
      clock.sleep(2 ** 31 + 1000, endings.signal).then(
        () => {
          woke = true;
        },
        () => undefined,
      );
      await pass(20);
      expect(woke).toBe(false);
    });
  });
}
