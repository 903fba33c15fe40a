import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { VirtualClock } from '../../../../shared/platform/clock/virtual.ts';

describe('VirtualClock', () => {
  it('stands still until it is moved', async () => {
    const clock = new VirtualClock(1_000);
    await new Promise((resolve) => setImmediate(resolve));
    expect(clock.now()).toBe(1_000);
    await clock.advance(5);
    expect(clock.now()).toBe(1_005);
    await clock.advanceTo(2_000);
    expect(clock.now()).toBe(2_000);
  });

  it('never goes back', async () => {
    const clock = new VirtualClock(1_000);
    await clock.advanceTo(500);
    expect(clock.now()).toBe(1_000);
  });

  it('shows each sleeper its own time, also one that falls asleep again on the way', async () => {
    const clock = new VirtualClock(0);
    const woken: number[] = [];
    const worker = async () => {
      for (let turn = 0; turn < 3; turn += 1) {
        await clock.sleep(10);
        woken.push(clock.now());
      }
    };
    const working = worker();
    await clock.advance(25);
    expect(woken).toEqual([10, 20]);
    expect(clock.now()).toBe(25);
    await clock.advance(5);
    expect(woken).toEqual([10, 20, 30]);
    await working;
  });

  it('lets all that a sleeper sets off settle before the next wakes', async () => {
    const clock = new VirtualClock(0);
    const events: string[] = [];
    const first = clock.sleep(1).then(async () => {
      for (let step = 0; step < 50; step += 1) await Promise.resolve();
      events.push('first settled');
    });
    const second = clock.sleep(1).then(() => events.push('second woke'));
    await clock.advance(1);
    expect(events).toEqual(['first settled', 'second woke']);
    await Promise.all([first, second]);
  });

  it('tells how many sleep and when the next wakes', async () => {
    const clock = new VirtualClock(0);
    expect([clock.pending, clock.nextWakeAt]).toEqual([0, null]);
    const abort = new AbortController();
    const aborted = clock.sleep(5, abort.signal).catch(() => 'aborted');
    const other = clock.sleep(9);
    expect([clock.pending, clock.nextWakeAt]).toEqual([2, 5]);
    abort.abort();
    expect([clock.pending, clock.nextWakeAt]).toEqual([1, 9]);
    await clock.advance(9);
    expect(clock.pending).toBe(0);
    await Promise.all([aborted, other]);
  });

  it('an abort after waking changes nothing', async () => {
    const clock = new VirtualClock(0);
    const abort = new AbortController();
    const sleeping = clock.sleep(5, abort.signal);
    const other = clock.sleep(9);
    await clock.advance(5);
    abort.abort();
    await sleeping;
    expect(clock.pending).toBe(1);
    await clock.advance(4);
    await other;
  });

  it('wakes by time, and by the order of falling asleep where times are equal', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.integer({ min: 1, max: 8 }), { maxLength: 20 }), async (sleeps) => {
        const clock = new VirtualClock(0);
        const woken: number[] = [];
        for (const [i, ms] of sleeps.entries()) clock.sleep(ms).then(() => woken.push(i));
        await clock.advance(8);
        const expected = sleeps
          .map((ms, i) => ({ ms, i }))
          .toSorted((a, b) => a.ms - b.ms)
          .map(({ i }) => i);
        expect(woken).toEqual(expected);
      }),
    );
  });
});
