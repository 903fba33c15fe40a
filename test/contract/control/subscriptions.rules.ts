import { beforeEach, describe, expect, it } from 'vitest';
import type { Control } from '../../../shared/control/port.ts';
import {
  ACCOUNT_BELL,
  ACCOUNTS,
  appendOf,
  appendPages,
  CONTACTS,
  type ControlUnderTest,
  feedNow,
  join,
  known,
  type MakeControl,
  mustAppend,
  page,
  profile,
  readableFeed,
} from './kit.ts';

const QUIET_MS = 600_000;

export function describeSubscriptions(make: MakeControl): void {
  let test: ControlUnderTest;
  let control: Control;
  const due = () => control.profiles.due(test.now(), QUIET_MS);

  beforeEach(async () => {
    test = await make();
    control = test.control;
  });

  it('stand nowhere in the beginning', async () => {
    await join(control, ['p1']);
    expect(await control.profiles.subscriptions('p1')).toEqual([
      {
        ...ACCOUNTS,
        profileId: 'p1',
        page: '',
        number: 0,
        counters: { read: 0, applied: 0, replaced: 0, retrying: 0, failed: 0, regressed: 0 },
        shape: null,
        snapshotId: null,
        lastExportAt: null,
        lagMs: null,
        pace: null,
        paused: false,
        head: 0,
        tail: 'start',
        tracked: true,
        feedTrouble: null,
        snapshotEnd: null,
        snapshotRows: null,
      },
    ]);
  });

  it('make a new feed that knows its shape and the metadata version it was found at', async () => {
    await control.profiles.create(profile('p1'));
    await control.profiles.subscribe('p1', ACCOUNTS, { shape: 'shape-1', metadataVersion: '7' });
    expect(await feedNow(control)).toMatchObject({ shape: 'shape-1', metadataVersion: '7', token: null });
  });

  it('that are made again change nothing, neither of the feed nor of the position', async () => {
    await readableFeed(control);
    const feed = await appendPages(control, 2);
    await control.profiles.report('p1', 'account', { page: 'page-2', number: 2 });
    await control.profiles.subscribe('p1', ACCOUNTS, known('shape-9'));
    await join(control, ['p2']);
    expect(await feedNow(control)).toEqual(feed);
    expect(await control.profiles.subscriptions('p1')).toMatchObject([{ page: 'page-2', number: 2, head: 2 }]);
    expect(await control.profiles.subscriptions('p2')).toMatchObject([
      { page: '', number: 0, head: 2, tail: 'page-2' },
    ]);
    expect(await control.bells.answer(ACCOUNT_BELL, 'other')).toEqual({ lease: 'held' });
  });

  it('that are paused keep their place, and nothing is read, rung or due for them alone', async () => {
    await readableFeed(control);
    await control.profiles.subscribe('p1', CONTACTS, known('shape-1'));
    await appendPages(control, 1);
    await control.feeds.queueSnapshot(ACCOUNTS, 'snap', null);
    await due();
    await control.profiles.pause('p1', ['account', 'nothing'], true);
    const [account, contact] = await control.profiles.subscriptions('p1');
    expect([account?.paused, contact?.paused]).toEqual([true, false]);
    expect(await control.profiles.listeners(ACCOUNTS)).toEqual([]);
    expect(await control.profiles.listeners(CONTACTS)).toEqual(['p1']);
    expect(await control.feeds.snapshots(ACCOUNTS)).toMatchObject([{ audience: [] }]);
    expect(await control.organizations.sweep(9)).toEqual([CONTACTS]);
    await control.profiles.report('p1', 'contact', { page: 'start' });
    expect(await due()).toEqual([]);
    await control.profiles.pause('p1', ['account'], false);
    expect(await control.profiles.listeners(ACCOUNTS)).toEqual(['p1']);
    expect(await control.feeds.snapshots(ACCOUNTS)).toMatchObject([{ audience: ['p1'] }]);
    expect(await due()).toEqual(['p1']);
  });

  it('that end leave the feed to others; the last takes it along, and names the blobs of its pages', async () => {
    await join(control, ['p1', 'p2']);
    await control.bells.answer(ACCOUNT_BELL, 'reader');
    const body = { blob: 'blob-1', sha256: 'f00d' };
    await mustAppend(control, appendOf(await feedNow(control), { page: page('account-1', { body }) }));
    await control.feeds.queueSnapshot(ACCOUNTS, 'snap', 'p1');
    expect(await control.profiles.leave('p1', ACCOUNTS)).toEqual([]);
    expect(await control.profiles.subscriptions('p1')).toEqual([]);
    expect(await control.feeds.snapshots(ACCOUNTS)).toEqual([]);
    expect(await control.feeds.pagesAfter(ACCOUNTS, 0, 9)).toHaveLength(2);
    expect(await control.profiles.leave('p1', ACCOUNTS)).toEqual([]);
    expect(await control.profiles.leave('p2', ACCOUNTS)).toEqual(['blob-1']);
    expect(await control.feeds.get(ACCOUNTS)).toBeNull();
    expect(await control.bells.answer(ACCOUNT_BELL, 'a')).toEqual({ lease: 'gone' });
    expect(await control.profiles.get('p2')).not.toBeNull();
  });

  it('are neither made nor ended for whoever expects another intent', async () => {
    await join(control, ['p1']);
    await control.profiles.update('p1', { intent: 'later' });
    await control.profiles.subscribe('p1', CONTACTS, known('shape-1'), { intent: 'earlier' });
    expect(await control.profiles.leave('p1', ACCOUNTS, { intent: 'earlier' })).toEqual([]);
    expect(await control.profiles.subscriptions('p1')).toMatchObject([{ entity: 'account' }]);
    expect(await control.feeds.get(CONTACTS)).toBeNull();
    await control.profiles.subscribe('p1', CONTACTS, known('shape-1'), { intent: 'later' });
    await control.profiles.leave('p1', ACCOUNTS, { intent: 'later' });
    expect(await control.profiles.subscriptions('p1')).toMatchObject([{ entity: 'contact' }]);
    expect(await control.profiles.leave('nobody', ACCOUNTS, { intent: 'later' })).toEqual([]);
  });

  it('are not made for a profile that is gone', async () => {
    await control.profiles.subscribe('nobody', ACCOUNTS, known('shape-1'));
    expect(await control.feeds.get(ACCOUNTS)).toBeNull();
    expect(await control.bells.answer(ACCOUNT_BELL, 'a')).toEqual({ lease: 'gone' });
  });

  it('remember what a worker reports, and keep what it does not name', async () => {
    await join(control, ['p1']);
    await control.profiles.subscribe('p1', CONTACTS, known('shape-1'));
    await control.feeds.queueSnapshot(ACCOUNTS, 'x', 'p1');
    const counters = { read: 9, applied: 7, replaced: 1, retrying: 1, failed: 0, regressed: 0 };
    const pace = { since: 1, until: 8, rows: 9 };
    const moments = { lastExportAt: 8, lagMs: 250, pace };
    const report = { page: 'page-3', number: 3, counters, shape: 's', snapshotId: 'x', ...moments };
    await control.profiles.report('p1', 'account', report);
    await control.profiles.report('p1', 'account', { number: 4, lagMs: null });
    await control.profiles.report('p1', 'account', {});
    await control.profiles.report('p1', 'lead', { number: 4 });
    expect(await control.profiles.subscriptions('p1')).toMatchObject([
      { entity: 'account', ...report, number: 4, lagMs: null },
      { entity: 'contact', page: '', number: 0 },
    ]);
  });

  it('make listeners of active profiles whose destination can be used', async () => {
    await join(control, ['p2', 'p1', 'p3', 'p4']);
    await control.profiles.create(profile('p5'));
    expect(await control.profiles.listeners(ACCOUNTS)).toEqual(['p1', 'p2', 'p3', 'p4']);
    await control.profiles.update('p2', { state: 'deactivated' });
    await control.profiles.update('p3', { breaker: { code: 'c', reason: 'r', since: 1, probeAt: 2 } });
    expect(await control.profiles.listeners(ACCOUNTS)).toEqual(['p1', 'p4']);
    expect(await control.profiles.listeners(CONTACTS)).toEqual([]);
  });

  describe('a profile that the sweep has to ring', () => {
    beforeEach(async () => {
      await readableFeed(control);
      await control.profiles.report('p1', 'account', { page: 'start' });
    });

    it('is one not looked at for long', async () => {
      expect(await due()).toEqual(['p1']);
      expect(await due()).toEqual([]);
      test.advance(QUIET_MS - 1);
      expect(await due()).toEqual([]);
      test.advance(1);
      expect(await due()).toEqual(['p1']);
      expect(await due()).toEqual([]);
    });

    it('is one that stands anywhere but at the end of a feed', async () => {
      await due();
      await appendPages(control, 1);
      expect(await due()).toEqual(['p1']);
      expect(await due()).toEqual(['p1']);
      await control.profiles.report('p1', 'account', { page: 'page-1', number: 1 });
      expect(await due()).toEqual([]);
      await control.profiles.subscribe('p1', CONTACTS, known('shape-1'));
      expect(await due()).toEqual(['p1']);
    });

    it('is one whose retries are due', async () => {
      await due();
      await control.profiles.update('p1', { retryAt: test.now() + 1 });
      expect(await due()).toEqual([]);
      test.advance(1);
      expect(await due()).toEqual(['p1']);
    });

    it('is one whose breaker asks for a probe, and nothing else matters then', async () => {
      const breaker = { code: 'c', reason: 'r', since: 1, probeAt: test.now() + 1 };
      await control.profiles.update('p1', { breaker, retryAt: 0 });
      await appendPages(control, 1);
      expect(await due()).toEqual([]);
      test.advance(1);
      expect(await due()).toEqual(['p1']);
    });

    it('is none that is not active', async () => {
      await appendPages(control, 1);
      for (const state of ['created', 'deactivated', 'stopped'] as const) {
        await control.profiles.update('p1', { state, breaker: { code: 'c', reason: 'r', since: 1, probeAt: 0 } });
        expect(await due()).toEqual([]);
      }
    });
  });
}
