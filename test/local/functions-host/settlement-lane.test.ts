import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Outcome, SettlementLane } from '../../../local/functions-host/service-bus/settlement-lane.ts';

const OUTCOMES = fc.array(fc.constantFrom<Outcome>('complete', 'abandon'), { minLength: 1, maxLength: 30 });

describe('settlements', () => {
  it('of different outcomes are never on their way together, and none is forgotten', async () => {
    await fc.assert(
      fc.asyncProperty(OUTCOMES, fc.scheduler(), async (outcomes, scheduler) => {
        const lane = new SettlementLane();
        const onTheWay: Outcome[] = [];
        const order: number[] = [];
        const settled = outcomes.map((outcome, index) =>
          lane.run(outcome, async () => {
            order.push(index);
            onTheWay.push(outcome);
            expect(new Set(onTheWay).size).toBe(1);
            await scheduler.schedule(Promise.resolve());
            onTheWay.splice(onTheWay.indexOf(outcome), 1);
          }),
        );
        await scheduler.waitFor(Promise.all(settled));
        expect(order).toEqual(outcomes.map((_, index) => index));
      }),
      { numRuns: 200 },
    );
  });

  it('of equal outcome go side by side', async () => {
    const lane = new SettlementLane();
    const first = Promise.withResolvers<void>();
    let second = false;
    const settled = [
      lane.run('complete', () => first.promise),
      lane.run('complete', async () => {
        second = true;
      }),
    ];
    await settled[1];
    expect(second).toBe(true);
    first.resolve();
    await Promise.all(settled);
  });

  it('that fail make way for the next and say so to their caller', async () => {
    const lane = new SettlementLane();
    await expect(lane.run('abandon', () => Promise.reject(new Error('lock lost')))).rejects.toThrow('lock lost');
    await lane.run('complete', () => Promise.resolve());
  });
});
