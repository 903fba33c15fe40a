import { beforeEach, expect, it } from 'vitest';
import type { Control } from '../../../shared/control/port.ts';
import {
  ACCOUNTS,
  appendOf,
  appendPages,
  CONTACTS,
  type ControlUnderTest,
  entity,
  feedNow,
  join,
  type MakeControl,
  mustAppend,
  page,
  readableFeed,
} from './kit.ts';

const DAY = 86_400_000;
const WEEK = 7 * DAY;

export function describeRetention(make: MakeControl): void {
  let test: ControlUnderTest;
  let control: Control;
  const forget = (limit = 100) => control.retention.forget(DAY, WEEK, limit);
  const numbers = async () => (await control.feeds.pagesAfter(ACCOUNTS, 0, 100)).map((each) => each.number);
  const passed = (profileId: string, number: number) => control.profiles.report(profileId, 'account', { number });

  beforeEach(async () => {
    test = await make();
    control = test.control;
    await readableFeed(control);
  });

  it('keeps a page for a day after the last position passed it', async () => {
    await join(control, ['p2']);
    await appendPages(control, 4);
    await passed('p1', 4);
    await passed('p2', 1);
    await forget();
    test.advance(DAY - 1);
    await passed('p2', 2);
    await forget();
    expect(await numbers()).toEqual([1, 2, 3, 4]);
    test.advance(1);
    await forget();
    expect(await numbers()).toEqual([2, 3, 4]);
    test.advance(DAY - 1);
    await forget();
    expect(await numbers()).toEqual([3, 4]);
  });

  it('counts the day anew when a position went back', async () => {
    await appendPages(control, 3);
    await passed('p1', 2);
    await forget();
    await passed('p1', 1);
    test.advance(DAY - 1);
    await forget();
    await passed('p1', 3);
    await forget();
    test.advance(1);
    await forget();
    expect(await numbers()).toEqual([2, 3]);
    test.advance(DAY - 1);
    await forget();
    expect(await numbers()).toEqual([3]);
  });

  it('keeps nothing longer than the retention, whoever has not applied it', async () => {
    await appendPages(control, 2);
    test.advance(1);
    await appendPages(control, 2);
    test.advance(WEEK - 1);
    await forget();
    expect(await numbers()).toEqual([3, 4]);
    test.advance(1);
    await forget();
    expect(await numbers()).toEqual([4]);
  });

  it('never deletes the last page of a feed', async () => {
    await appendPages(control, 2);
    await passed('p1', 2);
    await forget();
    test.advance(WEEK * 10);
    await forget();
    await forget();
    expect(await numbers()).toEqual([2]);
    expect(await feedNow(control)).toMatchObject({ head: 2, tail: 'page-2' });
  });

  it('deletes as many as allowed, oldest first, and names their blobs', async () => {
    for (const n of [1, 2, 3, 4]) {
      const body = n % 2 === 0 ? { blob: `blob-${n}`, sha256: 'f00d' } : { text: '{}' };
      const append = appendOf(await feedNow(control), { page: page(`page-${n}`, { body }) });
      await mustAppend(control, append);
      test.advance(10);
    }
    test.advance(WEEK);
    expect(await forget(1)).toEqual([]);
    expect(await numbers()).toEqual([2, 3, 4]);
    expect(await forget(2)).toEqual(['blob-2']);
    expect(await forget()).toEqual([]);
    expect(await numbers()).toEqual([4]);
  });

  it('knows which blobs a page still names', async () => {
    const append = appendOf(await feedNow(control), { page: page('page-1', { body: { blob: 'b1', sha256: 'f' } }) });
    await mustAppend(control, append);
    expect(await control.retention.named(['b2', 'b1', 'page-1'])).toEqual(['b1']);
    expect(await control.retention.named([])).toEqual([]);
  });

  it('forgets shapes that nothing names any more, but none just saved', async () => {
    for (const shape of ['shape-1', 'shape-2', 'shape-3', 'shape-4']) {
      await control.feeds.saveMetadata(ACCOUNTS, shape, entity('account', shape));
    }
    await control.feeds.saveMetadata(CONTACTS, 'shape-1', entity('contact'));
    await control.feeds.update(ACCOUNTS, 'reader', { shape: 'shape-2' });
    await control.profiles.report('p1', 'account', { shape: 'shape-3' });
    await appendPages(control, 2);
    const known = async () => {
      const shapes = ['shape-1', 'shape-2', 'shape-3', 'shape-4'];
      const found = await Promise.all(shapes.map((shape) => control.feeds.metadata(ACCOUNTS, shape)));
      return shapes.filter((_, n) => found[n] !== null);
    };
    test.advance(DAY - 1);
    await forget();
    expect(await known()).toEqual(['shape-1', 'shape-2', 'shape-3', 'shape-4']);
    test.advance(1);
    await forget();
    expect(await known()).toEqual(['shape-1', 'shape-2', 'shape-3']);
    expect(await control.feeds.metadata(CONTACTS)).toBeNull();
    await mustAppend(control, appendOf(await feedNow(control), { page: page('new', { shape: 'shape-2' }) }));
    test.advance(WEEK);
    await forget();
    expect(await known()).toEqual(['shape-2', 'shape-3']);
  });

  it('remembers where a snapshot ended as long as a page or a subscription names it', async () => {
    await control.feeds.queueSnapshot(ACCOUNTS, 'snap', null);
    const whole = page('page-1', { snapshotId: 'snap', begins: true, ends: true });
    const snapshot = { id: 'snap', link: null, nextLink: null, rows: 1 };
    const feed = await feedNow(control);
    await mustAppend(control, appendOf(feed, { page: whole, cursor: {}, complete: false, snapshot }));
    await forget();
    await control.profiles.report('p1', 'account', { snapshotId: 'snap' });
    const end = async () => (await control.profiles.subscriptions('p1'))[0]?.snapshotEnd;
    expect(await end()).toBe(2);
    await appendPages(control, 1);
    test.advance(WEEK);
    await forget();
    expect(await end()).toBe(2);
    await control.profiles.report('p1', 'account', { snapshotId: null });
    await forget();
    await control.profiles.report('p1', 'account', { snapshotId: 'snap' });
    expect(await end()).toBeNull();
  });

  it('forgets an open snapshot for a profile that subscribes no more, and no other', async () => {
    await control.feeds.queueSnapshot(ACCOUNTS, 'for all', null);
    await control.feeds.queueSnapshot(ACCOUNTS, 'for a subscriber', 'p1');
    await control.feeds.queueSnapshot(ACCOUNTS, 'for one that left', 'p9');
    await forget();
    const open = await control.feeds.snapshots(ACCOUNTS);
    expect(open.map(({ snapshot }) => snapshot.id)).toEqual(['for all', 'for a subscriber']);
  });
}
