import { beforeEach, expect, it } from 'vitest';
import { OPERATION_STATES, type Operation, type OperationState } from '../../../shared/control/operation.ts';
import type { Begun, Kept } from '../../../shared/control/operations.port.ts';
import type { Control } from '../../../shared/control/port.ts';
import type { MakeControl } from './kit.ts';
import { newOperation } from './operations.kit.ts';

const LIMIT = { max: 9, windowMs: 10_000 };
const UAT = { projectId: 7, id: 'UAT' };
const PROD = { projectId: 7, id: 'prod' };

export function describeOperations(make: MakeControl): void {
  let control: Control;
  beforeEach(async () => {
    control = (await make()).control;
  });

  const begin = (id: string, more: Partial<Operation> = {}, limit = LIMIT) =>
    control.operations.begin(newOperation(id, more), limit);

  it('are kept as they are, each change once', async () => {
    const begun = await mustBegin(begin('o1'));
    expect(begun).toEqual({ ...newOperation('o1'), revision: 0 });
    expect(await control.operations.get('o1')).toEqual(begun);
    expect(await control.operations.get('nobody')).toBeNull();
    const saved = await control.operations.save(begun, { state: 'InProgress', step: 'copy', attempts: 2 });
    expect(saved).toEqual({ ...begun, state: 'InProgress', step: 'copy', attempts: 2, revision: 1 });
    expect(await control.operations.get('o1')).toEqual(saved);
    expect(await control.operations.save(begun, { step: 'swap' })).toBeNull();
    expect(await control.operations.get('o1')).toEqual(saved);
  });

  it.each([
    ['the same target', { sourceId: 'build', targetId: 'uat' }],
    ['a target that is read', { sourceId: 'build', targetId: 'prod' }],
    ['a source that is a target', { sourceId: 'UAT', targetId: 'build' }],
    ['both the other way round', { sourceId: 'uat', targetId: 'prod' }],
    ['one environment twice', { sourceId: 'uat', targetId: 'uat' }],
  ])('do not begin on %s', async (_, way) => {
    const first = await mustBegin(begin('o1'));
    expect(await begin('o2', way)).toEqual({ lockedBy: first });
    expect(await control.operations.get('o2')).toBeNull();
  });

  it('share a source, and leave other projects alone', async () => {
    await mustBegin(begin('o1'));
    await mustBegin(begin('o2', { targetId: 'build' }));
    await mustBegin(begin('o3', { projectId: 8 }));
  });

  it.each(OPERATION_STATES)('lock as their state says: %s', async (state) => {
    const first = await mustBegin(begin('o1'));
    await control.operations.save(first, { state });
    const locks = async (way: Partial<Operation>) => 'lockedBy' in (await begin('o2', way));
    const [source, target] = expectedLocks(state);
    expect((await control.operations.locking(PROD)).length > 0).toBe(source);
    expect((await control.operations.locking(UAT)).length > 0).toBe(target);
    expect(await locks({ sourceId: 'build', targetId: 'prod' })).toBe(source);
    await control.operations.withdraw({ id: 'o2', revision: 0 });
    expect(await locks({ sourceId: 'build', targetId: 'uat' })).toBe(target);
  });

  it('are limited in number within a time, whatever became of them', async () => {
    const limit = { max: 2, windowMs: 10_000 };
    const ended = await mustBegin(begin('o1', { createdAt: 1_000 }, limit));
    await control.operations.save(ended, { state: 'Aborted', step: null });
    await mustBegin(begin('o2', { createdAt: 5_000, projectId: 8 }, limit));
    expect(await begin('o3', { createdAt: 10_999 }, limit)).toEqual({ limitedSince: 999 });
    await mustBegin(begin('o3', { createdAt: 11_000 }, limit));
    expect(await begin('o4', { createdAt: 12_000, targetId: 'build' }, limit)).toEqual({ limitedSince: 2_000 });
  });

  it('tell of a lock before the limit', async () => {
    await mustBegin(begin('o1'));
    expect(await begin('o2', {}, { max: 1, windowMs: 10_000 })).toHaveProperty('lockedBy');
  });

  it('that are withdrawn lock nothing and do not count, unless somebody changed them meanwhile', async () => {
    const limit = { max: 1, windowMs: 10_000 };
    const first = await mustBegin(begin('o1', {}, limit));
    expect(await control.operations.withdraw(first)).toBe(true);
    expect(await control.operations.withdraw(first)).toBe(false);
    const second = await mustBegin(begin('o2', {}, limit));
    await control.operations.save(second, { step: 'begin' });
    expect(await control.operations.withdraw(second)).toBe(false);
    expect(await control.operations.get('o2')).toMatchObject({ step: 'begin' });
  });

  it('make the history of their target, the newest first', async () => {
    for (const [index, id] of ['o1', 'o2', 'o3'].entries()) {
      const kept = await mustBegin(begin(id, { createdAt: 1_000 * (index + 1) }));
      await control.operations.save(kept, { state: 'SignedOff' });
    }
    await mustBegin(begin('o4', { targetId: 'build', createdAt: 9_000 }));
    const ids = async (offset: number, limit: number) =>
      (await control.operations.history(UAT, offset, limit)).map(({ id }) => id);
    expect(await ids(0, 9)).toEqual(['o3', 'o2', 'o1']);
    expect(await ids(1, 1)).toEqual(['o2']);
  });

  it('are stray when there is something to do and nobody gave a sign', async () => {
    const [first, second, third] = [
      await mustBegin(begin('o1', { targetId: 'a', touchedAt: 3_000 })),
      await mustBegin(begin('o2', { targetId: 'b', touchedAt: 2_000 })),
      await mustBegin(begin('o3', { targetId: 'c', touchedAt: 1_000 })),
    ];
    await control.operations.save(third, { step: null });
    const stray = async (before: number, limit = 9) =>
      (await control.operations.stray(before, limit)).map(({ id }) => id);
    expect(await stray(2_000)).toEqual([]);
    expect(await stray(9_000)).toEqual([second.id, first.id]);
    expect(await stray(9_000, 1)).toEqual([second.id]);
  });
}

async function mustBegin(beginning: Promise<Begun>): Promise<Kept> {
  const begun = await beginning;
  if (!('begun' in begun)) throw new Error(`not begun: ${JSON.stringify(begun)}`);
  return begun.begun;
}

function expectedLocks(state: OperationState): [source: boolean, target: boolean] {
  if (state === 'NotStarted' || state === 'InProgress') return [true, true];
  return [false, !['SignedOff', 'Aborted', 'RollbackCompleted'].includes(state)];
}
