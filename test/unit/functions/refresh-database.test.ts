import { describe, expect, it } from 'vitest';
import { refreshDatabase } from '../../../functions/refresh-database.ts';
import { orchestrate } from './orchestrate.ts';

const again = (afterMs: number) => ({ outcome: 'again', afterMs, step: 'copy' });
const ended = { outcome: 'ended', state: 'Completed' };
const run = (answers: readonly object[]) => orchestrate(refreshDatabase, 'operation', answers);

describe('the orchestration of an operation', () => {
  it('takes one step after the other until there is none, and its status says how it ended', () => {
    const { calls, timers, result, status } = run([again(0), again(0), ended]);
    expect(calls).toEqual(Array.from({ length: 3 }, () => ({ activity: 'runbookStep', input: 'operation' })));
    expect(timers).toEqual([]);
    expect([result, status]).toEqual([ended, ended]);
  });

  it('waits without a worker for as long as a step says', () => {
    expect(run([again(5_000), again(0), again(60_000), ended]).timers).toEqual([5_000, 60_000]);
  });

  it('goes on as a new one with the same operation when it takes long', () => {
    const { continued, result } = run(Array.from({ length: 1_000 }, () => again(1)));
    expect([continued, result]).toEqual(['operation', null]);
  });
});
