import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { MemoryBudget, type Reservation } from '../../../../shared/platform/memory/budget.ts';

const settle = () => new Promise((resolve) => setImmediate(resolve));

describe('MemoryBudget', () => {
  it('grants at once what fits, and no more', async () => {
    const budget = new MemoryBudget(100);
    await budget.reserve(60);
    await budget.reserve(40);
    budget.reserve(1);
    await settle();
    expect([budget.reserved, budget.waiting]).toEqual([100, 1]);
  });

  it('serves in the order of asking: a small request does not overtake a large one', async () => {
    const budget = new MemoryBudget(100);
    const first = await budget.reserve(80);
    const served: string[] = [];
    budget.reserve(50).then(() => served.push('large'));
    budget.reserve(10).then(() => served.push('small'));
    await settle();
    expect(served).toEqual([]);
    first.release();
    await settle();
    expect(served).toEqual(['large', 'small']);
  });

  it('grants a request larger than the whole budget, alone', async () => {
    const budget = new MemoryBudget(100);
    const small = await budget.reserve(10);
    let large: Reservation | undefined;
    budget.reserve(500).then((granted) => {
      large = granted;
    });
    let after = false;
    budget.reserve(10).then(() => {
      after = true;
    });
    await settle();
    expect(large).toBeUndefined();
    small.release();
    await settle();
    expect([large?.bytes, after]).toEqual([500, false]);
    large?.release();
    await settle();
    expect(after).toBe(true);
  });

  it('grants what can be left undone only when it is free, and nobody waits', async () => {
    const budget = new MemoryBudget(100);
    const first = budget.tryReserve(60);
    expect(budget.tryReserve(50)).toBeNull();
    budget.reserve(50);
    expect([budget.reserved, budget.waiting, budget.tryReserve(10)]).toEqual([60, 1, null]);
    first?.release();
    expect(budget.tryReserve(10)?.bytes).toBe(10);
    expect(budget.reserved).toBe(60);
  });

  it('takes bytes back once, however often they are given', async () => {
    const budget = new MemoryBudget(100);
    const one = await budget.reserve(60);
    await budget.reserve(40);
    one.release();
    one.release();
    expect(budget.reserved).toBe(40);
  });

  it('takes them back at the end of a using block, also by an error', async () => {
    const budget = new MemoryBudget(100);
    const work = async () => {
      using _reservation = await budget.reserve(100);
      expect(budget.reserved).toBe(100);
      throw new Error('failed');
    };
    await expect(work()).rejects.toThrow('failed');
    expect(budget.reserved).toBe(0);
  });

  it('an aborted request gets the reason, and lets those behind it pass', async () => {
    const budget = new MemoryBudget(100);
    await budget.reserve(60);
    const abort = new AbortController();
    const reason = new Error('shutting down');
    const waiting = budget.reserve(80, abort.signal);
    const behind = budget.reserve(40);
    abort.abort(reason);
    await expect(waiting).rejects.toBe(reason);
    await behind;
    expect([budget.reserved, budget.waiting]).toEqual([100, 0]);
    await expect(budget.reserve(1, abort.signal)).rejects.toBe(reason);
  });

  it('an abort after the grant takes nothing back', async () => {
    const budget = new MemoryBudget(100);
    const abort = new AbortController();
    await budget.reserve(60, abort.signal);
    abort.abort();
    expect(budget.reserved).toBe(60);
  });

  it('never exceeds its total but for one alone, serves all in order, and ends empty', async () => {
    const requests = fc.array(fc.integer({ min: 0, max: 150 }), { minLength: 1, maxLength: 30 });
    await fc.assert(
      fc.asyncProperty(requests, fc.array(fc.nat()), async (sizes, picks) => {
        const budget = new MemoryBudget(100);
        const held: Reservation[] = [];
        const served: number[] = [];
        for (const [i, bytes] of sizes.entries()) {
          budget.reserve(bytes).then((granted) => {
            held.push(granted);
            served.push(i);
          });
        }
        for (let turn = 0; served.length < sizes.length || held.length > 0; turn += 1) {
          await settle();
          const holders = held.filter(({ bytes }) => bytes > 0).length;
          expect(budget.reserved <= 100 || holders === 1).toBe(true);
          held.splice((picks[turn] ?? 0) % held.length, 1)[0]?.release();
        }
        expect(served).toEqual(sizes.map((_, i) => i));
        expect([budget.reserved, budget.waiting]).toEqual([0, 0]);
      }),
      { numRuns: 50 },
    );
  });
});
