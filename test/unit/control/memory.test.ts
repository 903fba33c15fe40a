import { describe, expect, it } from 'vitest';
import { createMemoryControl, type Hook } from '../../../shared/control/memory/control.ts';
import { ACCOUNT_BELL, ACCOUNTS, appendPages, entity, profile, readableFeed } from '../../contract/control/kit.ts';

const clock = { now: () => 1_000_000 };

describe('the control database in memory', () => {
  it('goes back to a copy as a whole, as often as wanted', async () => {
    const control = createMemoryControl({ clock });
    await readableFeed(control);
    await appendPages(control, 1);
    const backup = control.snapshot();
    for (let times = 0; times < 2; times++) {
      await appendPages(control, 2);
      await control.bells.ring([{ key: ACCOUNT_BELL }]);
      await control.profiles.create(profile('p2'));
      await control.feeds.queueSnapshot(ACCOUNTS, 'snap', null);
      await control.feeds.saveMetadata(ACCOUNTS, 'shape-1', entity('account'));
      await control.organizations.count('n', 1);
      await control.profiles.report('p1', 'account', { number: 7 });
      control.restore(backup);
      expect(await control.feeds.get(ACCOUNTS)).toMatchObject({ head: 1, tail: 'page-1' });
      expect(await control.feeds.pagesAfter(ACCOUNTS, 0, 9)).toHaveLength(1);
      expect(await control.bells.hold(ACCOUNT_BELL, 'reader')).toEqual({ rung: 0, seen: 0 });
      expect(await control.profiles.get('p2')).toBeNull();
      expect(await control.feeds.snapshots(ACCOUNTS)).toEqual([]);
      expect(await control.feeds.metadata(ACCOUNTS)).toBeNull();
      expect(await control.organizations.counters()).toEqual({});
      expect(await control.profiles.subscriptions('p1')).toMatchObject([{ number: 0 }]);
    }
  });

  it('tells of every operation before and after it', async () => {
    const calls: string[] = [];
    const hook: Hook = (operation, moment) => {
      calls.push(`${moment} ${operation}`);
    };
    const control = createMemoryControl({ clock, hook });
    await control.profiles.create(profile('p1'));
    await control.organizations.reserve('contoso', { requests: 0, elapsedMs: 0 });
    expect(calls).toEqual([
      'before profiles.create',
      'after profiles.create',
      'before organizations.reserve',
      'after organizations.reserve',
    ]);
  });

  it('lets a crash come before an operation or between it and its answer', async () => {
    let crashAt = 'before';
    const hook: Hook = (_operation, moment) => {
      if (moment === crashAt) throw new Error('killed');
    };
    const control = createMemoryControl({ clock, hook });
    await expect(control.organizations.count('n', 1)).rejects.toThrow('killed');
    crashAt = 'after';
    await expect(control.organizations.count('n', 10)).rejects.toThrow('killed');
    crashAt = 'never';
    expect(await control.organizations.counters()).toEqual({ n: 10 });
  });
});
