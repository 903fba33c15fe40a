import { beforeEach, expect, it } from 'vitest';
import type { Control } from '../../../shared/control/port.ts';
import { type MakeControl, profile } from './kit.ts';

export function describeReconciliations(make: MakeControl): void {
  let control: Control;
  const run = (profileId: string, id: string, beganAt: number, dueAt: number | null = beganAt) => ({
    profileId,
    id,
    beganAt,
    dueAt,
    work: { heal: true, names: ['Kontö "1"'] },
  });

  beforeEach(async () => {
    control = (await make()).control;
    for (const [index, id] of ['p1', 'p2', 'p3'].entries())
      await control.profiles.create(profile(id, { activatedAt: 1_000 * (index + 1) }));
  });

  it('are kept one for each profile, the last, until the profile goes', async () => {
    expect(await control.reconciliations.get('p1')).toBeNull();
    expect(await control.reconciliations.begin(run('nobody', 'r0', 1))).toBe(false);
    expect(await control.reconciliations.begin(run('p1', 'r1', 1))).toBe(true);
    expect(await control.reconciliations.begin(run('p1', 'r2', 2))).toBe(true);
    expect(await control.reconciliations.get('p1')).toEqual({ ...run('p1', 'r2', 2), revision: 0 });
    await control.profiles.remove('p1');
    expect(await control.reconciliations.get('p1')).toBeNull();
  });

  it('keep the step of the worker that was first, and none of one given up', async () => {
    await control.reconciliations.begin(run('p1', 'r1', 1));
    const step = { dueAt: null, work: { done: 1 } };
    const known = { profileId: 'p1', id: 'r1', revision: 0 };
    expect(await control.reconciliations.save(known, step)).toBe(true);
    expect(await control.reconciliations.save(known, { dueAt: 5, work: { done: 2 } })).toBe(false);
    expect(await control.reconciliations.get('p1')).toEqual({ ...run('p1', 'r1', 1), ...step, revision: 1 });
    await control.reconciliations.begin(run('p1', 'r2', 2));
    expect(await control.reconciliations.save({ ...known, revision: 1 }, step)).toBe(false);
    expect(await control.reconciliations.save({ ...known, revision: 0 }, step)).toBe(false);
  });

  it('are due from their moment on, the earliest first, and never once they have ended', async () => {
    await control.reconciliations.begin(run('p1', 'r1', 1, 2_000));
    await control.reconciliations.begin(run('p2', 'r2', 1, 1_000));
    await control.reconciliations.begin(run('p3', 'r3', 1, null));
    const due = async (now: number, limit = 9) => (await control.reconciliations.due(now, limit)).map(({ id }) => id);
    expect([await due(999), await due(1_000), await due(9_999)]).toEqual([[], ['r2'], ['r2', 'r1']]);
    expect(await due(9_999, 1)).toEqual(['r2']);
  });

  it('are owed to active profiles whose last one, or else whose activation, is long ago', async () => {
    await control.reconciliations.begin(run('p1', 'r1', 5_000));
    await control.profiles.update('p3', { state: 'deactivated' });
    expect(await control.reconciliations.idle(2_000, 9)).toEqual([]);
    expect(await control.reconciliations.idle(2_001, 9)).toEqual(['p2']);
    expect(await control.reconciliations.idle(9_999, 9)).toEqual(['p1', 'p2']);
    expect(await control.reconciliations.idle(9_999, 1)).toEqual(['p1']);
  });
}
