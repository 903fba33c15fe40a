import { describe, expect, it } from 'vitest';
import { activateProfile } from '../../../functions/activate-profile.ts';
import { ACTIVATION_STEPS } from '../../../shared/export/profiles/activation.ts';
import { orchestrate as run } from './orchestrate.ts';

const INPUT = { profileId: 'p1', intent: 'i1' };

const orchestrate = (input: object, answers: readonly object[]) => run(activateProfile, input, answers);

const done = { outcome: 'done' };
const steps = ACTIVATION_STEPS.map(() => done);

describe('the orchestration of an activation', () => {
  it('takes the steps in order under its intent, and watches until the initial synchronization is done', () => {
    const underWay = { outcome: 'under way', done: 0, of: 1 };
    const complete = { outcome: 'done', done: 1, of: 1 };
    const { calls, result, status } = orchestrate(INPUT, [...steps, underWay, underWay, complete]);
    expect(calls.slice(0, steps.length).map(({ input }) => input)).toEqual(
      ACTIVATION_STEPS.map((step) => ({ ...INPUT, step })),
    );
    expect(calls.slice(steps.length).map(({ activity, input }) => [activity, input])).toEqual(
      Array.from({ length: 3 }, () => ['initialSyncProgress', INPUT]),
    );
    expect(result).toEqual({ step: 'watch', ...complete });
    expect(status).toEqual(result);
  });

  it.each([{ outcome: 'superseded' }, { outcome: 'failed', code: 'X', text: 'no' }])(
    'ends at the step that ended %o, and its status says so',
    (ended) => {
      const { calls, result, status } = orchestrate(INPUT, [done, done, ended]);
      expect(calls).toHaveLength(3);
      expect(result).toEqual({ step: 'join', ...ended });
      expect(status).toEqual(result);
    },
  );

  it('ends the watch when a later wish stands', () => {
    const { result, status } = orchestrate(INPUT, [...steps, { outcome: 'superseded', done: 0, of: 1 }]);
    expect(result).toEqual({ step: 'watch', outcome: 'superseded', done: 0, of: 1 });
    expect(status).toEqual(result);
  });

  it('goes on as a new one with the same intent when the watch takes long', () => {
    const { continued } = orchestrate(
      { ...INPUT, watching: true },
      Array.from({ length: 1_000 }, () => ({ outcome: 'under way', done: 0, of: 1 })),
    );
    expect(continued).toEqual({ ...INPUT, watching: true });
  });
});
