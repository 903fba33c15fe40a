import { beforeEach, expect, it } from 'vitest';
import { feedBell } from '../../../shared/control/model.ts';
import type { Control } from '../../../shared/control/port.ts';
import { ACCOUNTS, CONTACTS, join, known, type MakeControl } from './kit.ts';

export function describeWholeReads(make: MakeControl): void {
  let control: Control;
  const due = async (now: number, limit = 9) => (await control.wholeReads.due(now, limit)).map(({ entity }) => entity);

  beforeEach(async () => {
    control = (await make()).control;
    await join(control, ['p1'], CONTACTS);
    await control.profiles.subscribe('p1', ACCOUNTS, known('shape-1'));
  });

  it('are due when never planned, and again from their moment on', async () => {
    expect(await control.wholeReads.due(0, 9)).toEqual([
      { ...ACCOUNTS, at: null },
      { ...CONTACTS, at: null },
    ]);
    await control.wholeReads.plan(ACCOUNTS, { at: 2_000, tracked: true });
    await control.wholeReads.plan(CONTACTS, { at: 1_000, tracked: false });
    expect(await due(999)).toEqual([]);
    expect(await due(1_000)).toEqual(['contact']);
    expect(await due(2_000)).toEqual(['contact', 'account']);
    expect(await due(2_000, 1)).toEqual(['contact']);
  });

  it('are due for nobody while no profile can be written to', async () => {
    await control.profiles.update('p1', { state: 'deactivated' });
    expect(await due(9_999)).toEqual([]);
    await control.profiles.update('p1', { state: 'active', breaker: { code: 'C', reason: 'r', since: 1, probeAt: 2 } });
    expect(await due(9_999)).toEqual([]);
  });

  it('are planned anew when a definition says that changes are tracked, or no longer', async () => {
    await control.bells.ring([{ key: feedBell(CONTACTS) }]);
    await control.bells.answer(feedBell(CONTACTS), 'reader');
    for (const tracked of [false, true]) {
      await control.wholeReads.plan(CONTACTS, { at: 1_000, tracked: !tracked });
      expect(await control.feeds.update(CONTACTS, 'reader', { trouble: null })).toBe(true);
      expect(await due(999)).toEqual(['account']);
      expect(await control.feeds.update(CONTACTS, 'reader', { tracked })).toBe(true);
      expect(await control.wholeReads.due(0, 9)).toContainEqual({ ...CONTACTS, at: null });
      const [, contact] = await control.profiles.subscriptions('p1');
      expect(contact).toMatchObject({ tracked });
    }
  });

  it('tell the subscriptions of a feed whether its changes are read', async () => {
    await control.wholeReads.plan(CONTACTS, { at: 1_000, tracked: false });
    const told = (await control.profiles.subscriptions('p1')).map(({ entity, tracked }) => [entity, tracked]);
    expect(told).toEqual([
      ['account', true],
      ['contact', false],
    ]);
  });
}
