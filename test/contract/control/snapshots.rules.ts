import { beforeEach, expect, it } from 'vitest';
import { type Feed, feedBell, type Page } from '../../../shared/control/model.ts';
import type { Control } from '../../../shared/control/port.ts';
import {
  ACCOUNTS,
  appendOf,
  CONTACTS,
  type ControlUnderTest,
  feedNow,
  join,
  known,
  type MakeControl,
  mustAppend,
  page,
  readableFeed,
} from './kit.ts';

export function describeSnapshots(make: MakeControl): void {
  let test: ControlUnderTest;
  let control: Control;
  const open = async () => (await control.feeds.snapshots(ACCOUNTS)).map(({ snapshot }) => snapshot.id);
  const only = async () => (await control.feeds.snapshots(ACCOUNTS))[0];

  /** Appends one page of the snapshot, from its link to the next. */
  const read = async (link: string | null, nextLink: string | null, more: Partial<Page> = {}): Promise<Feed> => {
    const feed = await feedNow(control);
    const ofSnapshot = page(`page-${feed.head + 1}`, { snapshotId: 'snap', begins: link === null, ...more });
    const snapshot = { id: 'snap', link, nextLink, rows: ofSnapshot.entries };
    return mustAppend(control, appendOf(feed, { page: ofSnapshot, cursor: {}, complete: false, snapshot }));
  };

  beforeEach(async () => {
    test = await make();
    control = test.control;
    await readableFeed(control);
  });

  it('is queued before its first page', async () => {
    const queued = await control.feeds.queueSnapshot(ACCOUNTS, 'snap', 'p1');
    const none = { link: null, started: false, endNumber: null, rows: 0 };
    const expected = { ...ACCOUNTS, id: 'snap', audience: 'p1', mark: 1, refresh: false, ...none };
    expect(queued).toEqual(expected);
    expect(await only()).toEqual({ snapshot: expected, unapplied: 0, audience: ['p1'], waits: false });
    expect(await control.feeds.snapshots(CONTACTS)).toEqual([]);
  });

  it('is marked by an empty page of its name, in its place of the chain', async () => {
    await mustAppend(control, appendOf(await feedNow(control)));
    const before = await feedNow(control);
    const queued = await control.feeds.queueSnapshot(ACCOUNTS, 'snap', 'p1');
    expect(queued.mark).toBe(2);
    expect(await feedNow(control)).toEqual({ ...before, head: 2, tail: 'snap' });
    const [mark] = await control.feeds.pagesAfter(ACCOUNTS, 1, 9);
    expect(mark).toMatchObject({
      id: 'snap',
      previous: before.tail,
      number: 2,
      shape: before.shape,
      audience: 'p1',
      entries: 0,
    });
    await mustAppend(control, appendOf(await feedNow(control)));
    expect((await control.feeds.pagesAfter(ACCOUNTS, 2, 9))[0]?.previous).toBe('snap');
  });

  it('that only refreshes is for all, has no mark, ends with its last link, and yields to any other for all', async () => {
    const before = await feedNow(control);
    expect(await control.feeds.queueRefresh(ACCOUNTS, 'snap')).toBe(true);
    expect(await feedNow(control)).toEqual(before);
    expect(await only()).toMatchObject({ snapshot: { id: 'snap', audience: null, refresh: true }, audience: ['p1'] });
    expect(await control.feeds.queueRefresh(ACCOUNTS, 'another')).toBe(false);
    await read(null, 'two', { begins: false });
    await read('two', null, { entries: 0 });
    expect(await open()).toEqual([]);
    expect(await control.feeds.queueRefresh(ACCOUNTS, 'later')).toBe(true);
    await control.feeds.queueSnapshot(ACCOUNTS, 'whole', null);
    expect(await open()).toEqual(['whole']);
    expect(await control.feeds.queueRefresh(ACCOUNTS, 'latest')).toBe(false);
    expect(await control.feeds.queueRefresh(CONTACTS, 'nowhere')).toBe(false);
  });

  it('gives up the one queued before for the same audience, started or not, and no other', async () => {
    await control.feeds.queueSnapshot(ACCOUNTS, 'snap', null);
    await read(null, 'two');
    await control.feeds.queueSnapshot(ACCOUNTS, 'for-p1', 'p1');
    await control.feeds.queueSnapshot(ACCOUNTS, 'for-p2', 'p2');
    expect(await open()).toEqual(['snap', 'for-p1', 'for-p2']);
    await control.feeds.queueSnapshot(ACCOUNTS, 'again', null);
    await control.feeds.queueSnapshot(ACCOUNTS, 'again-p1', 'p1');
    expect(await open()).toEqual(['for-p2', 'again', 'again-p1']);
  });

  it('queued twice with one id is queued once, and keeps what was read', async () => {
    await control.feeds.queueSnapshot(ACCOUNTS, 'snap', null);
    await read(null, 'two', { entries: 3 });
    const again = await control.feeds.queueSnapshot(ACCOUNTS, 'snap', null);
    expect(again).toMatchObject({ link: 'two', started: true, rows: 3 });
    expect(await open()).toEqual(['snap']);
  });

  it('is not kept for a feed that is gone', async () => {
    await control.profiles.remove('p1');
    expect(await control.feeds.queueSnapshot(ACCOUNTS, 'snap', null)).toMatchObject({ id: 'snap', started: false });
    await join(control, ['p2']);
    expect(await open()).toEqual([]);
  });

  it('moves with its pages from link to link, counts its rows and is no more open after its last page', async () => {
    await control.feeds.queueSnapshot(ACCOUNTS, 'snap', null);
    await read(null, 'two', { entries: 3 });
    expect(await only()).toMatchObject({ snapshot: { link: 'two', started: true, rows: 3 }, unapplied: 1 });
    await read('two', 'three', { entries: 4 });
    expect(await only()).toMatchObject({ snapshot: { link: 'three', started: true, rows: 7 }, unapplied: 2 });
    await control.profiles.report('p1', 'account', { snapshotId: 'snap' });
    expect((await control.profiles.subscriptions('p1'))[0]?.snapshotEnd).toBeNull();
    await read('three', null, { entries: 1, ends: true });
    expect(await open()).toEqual([]);
    expect((await control.profiles.subscriptions('p1'))[0]).toMatchObject({ snapshotId: 'snap', snapshotEnd: 4 });
  });

  it('that is gone is not what a subscription waits for', async () => {
    const report = { page: 'mark', number: 7, snapshotId: 'snap' };
    expect(await control.profiles.report('p1', 'account', report)).toBe(false);
    expect((await control.profiles.subscriptions('p1'))[0]).toMatchObject({ page: '', snapshotId: null });
    await control.profiles.subscribe('p1', CONTACTS, known('shape-1'));
    await control.feeds.queueSnapshot(CONTACTS, 'snap of contacts', 'p1');
    expect(await control.profiles.report('p1', 'account', { ...report, snapshotId: 'snap of contacts' })).toBe(false);
    await control.feeds.queueSnapshot(ACCOUNTS, 'snap', 'p1');
    expect(await control.profiles.report('p1', 'account', report)).toBe(true);
    expect((await control.profiles.subscriptions('p1'))[0]).toMatchObject(report);
    expect(await control.profiles.report('p1', 'lead', report)).toBe(false);
  });

  it('keeps empty pages only where it begins or ends', async () => {
    await control.feeds.queueSnapshot(ACCOUNTS, 'snap', null);
    await read(null, 'two', { entries: 0 });
    expect(await read('two', 'three', { entries: 0 })).toMatchObject({ head: 2 });
    expect(await only()).toMatchObject({ snapshot: { link: 'three' } });
    expect(await read('three', null, { entries: 0, ends: true })).toMatchObject({ head: 3 });
    const pages = await control.feeds.pagesAfter(ACCOUNTS, 1, 9);
    expect(pages.map(({ begins, ends }) => ({ begins, ends }))).toEqual([
      { begins: true, ends: false },
      { begins: false, ends: true },
    ]);
  });

  it('takes no page whose link it has left, and none once it is given up or ended', async () => {
    await control.feeds.queueSnapshot(ACCOUNTS, 'snap', null);
    await read(null, 'two');
    await expect(read(null, 'two')).rejects.toThrow('overtaken');
    await expect(read('other', 'three')).rejects.toThrow('overtaken');
    await read('two', null, { ends: true });
    await expect(read(null, 'two')).rejects.toThrow('overtaken');
    await control.feeds.queueSnapshot(ACCOUNTS, 'next', null);
    await control.feeds.queueSnapshot(ACCOUNTS, 'last', null);
    const feed = await feedNow(control);
    const givenUp = { id: 'next', link: null, nextLink: 'two', rows: 1 };
    expect(await control.feeds.append(appendOf(feed, { cursor: {}, snapshot: givenUp }))).toBeNull();
    expect(await feedNow(control)).toEqual(feed);
  });

  it('begins anew when the shape has changed, but not if it has ended', async () => {
    await control.feeds.queueSnapshot(ACCOUNTS, 'snap', null);
    await read(null, null, { ends: true });
    await control.feeds.queueSnapshot(ACCOUNTS, 'snap-2', null);
    const feed = await feedNow(control);
    const begun = { id: 'snap-2', link: null, nextLink: 'two', rows: 5 };
    await mustAppend(control, appendOf(feed, { cursor: {}, complete: false, snapshot: begun }));
    await control.profiles.report('p1', 'account', { snapshotId: 'snap' });
    expect(await control.feeds.update(ACCOUNTS, 'reader', { shape: 'shape-2', restartSnapshots: true })).toBe(true);
    expect(await only()).toMatchObject({ snapshot: { id: 'snap-2', link: null, started: false, rows: 0 } });
    expect((await control.profiles.subscriptions('p1'))[0]?.snapshotEnd).toBe(2);
  });

  it('tells how many of its own pages the fastest active profile addressed has yet to apply', async () => {
    await join(control, ['p2', 'p3']);
    await control.feeds.queueSnapshot(ACCOUNTS, 'snap', null);
    await read(null, 'two');
    await mustAppend(control, appendOf(await feedNow(control)));
    await read('two', 'three');
    await read('three', 'four');
    expect(await only()).toMatchObject({ unapplied: 3, audience: ['p1', 'p2', 'p3'] });
    await control.profiles.report('p1', 'account', { number: 2 });
    await control.profiles.report('p2', 'account', { number: 4 });
    await control.profiles.report('p3', 'account', { number: 5 });
    expect(await only()).toMatchObject({ unapplied: 0 });
    await control.profiles.update('p3', { state: 'deactivated' });
    expect(await only()).toMatchObject({ unapplied: 1, audience: ['p1', 'p2'] });
    await control.profiles.update('p2', { breaker: { code: 'c', reason: 'r', since: 1, probeAt: 2 } });
    expect(await only()).toMatchObject({ unapplied: 1, audience: ['p1', 'p2'] });
  });

  it('for all waits to begin while two others of the organization are under way', async () => {
    const begin = { id: 'snap', link: null, nextLink: 'two', rows: 1 };
    await control.feeds.queueSnapshot(ACCOUNTS, 'snap', null);
    await mustAppend(control, appendOf(await feedNow(control), { cursor: {}, complete: false, snapshot: begin }));
    expect(await only()).toMatchObject({ waits: false });
    const others = ['lead', 'task'].map((entity) => ({ ...ACCOUNTS, entity }));
    for (const feed of others) {
      await control.profiles.subscribe('p1', feed, known('shape-1'));
      await control.feeds.queueSnapshot(feed, `snap-${feed.entity}`, null);
    }
    const waiting = async () =>
      Promise.all(others.map(async (feed) => (await control.feeds.snapshots(feed))[0]?.waits));
    expect(await waiting()).toEqual([false, false]);
    const [lead] = others as [typeof ACCOUNTS];
    expect(await control.bells.answer(feedBell(lead), 'other')).toMatchObject({ lease: 'taken' });
    const first = { ...lead, owner: 'other', snapshot: { ...begin, id: 'snap-lead' }, cursor: {}, complete: false };
    const feed = await control.feeds.get(lead);
    if (!feed) throw new Error('no feed');
    await mustAppend(control, {
      ...appendOf(feed),
      ...first,
      page: page('lead-1', { snapshotId: 'snap-lead', begins: true }),
    });
    expect(await waiting()).toEqual([false, true]);
    await control.profiles.update('p1', { breaker: { code: 'c', reason: 'r', since: 1, probeAt: 2 } });
    expect(await waiting()).toEqual([false, false]);
    await control.profiles.update('p1', { breaker: null });
    await read('two', null, { ends: true });
    expect(await waiting()).toEqual([false, false]);
  });

  it('addressed to one profile waits for that one alone, and goes with it', async () => {
    await join(control, ['p2']);
    await control.feeds.queueSnapshot(ACCOUNTS, 'snap', 'p2');
    await read(null, 'two', { audience: 'p2' });
    await control.profiles.report('p1', 'account', { number: 1 });
    expect(await only()).toMatchObject({ unapplied: 1, audience: ['p2'] });
    await control.profiles.update('p2', { state: 'stopped' });
    expect(await only()).toMatchObject({ unapplied: 1, audience: [] });
    await control.profiles.remove('p2');
    expect(await open()).toEqual([]);
  });
}
