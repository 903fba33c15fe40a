import { beforeEach, describe, expect, it } from 'vitest';
import { LEASE_MS } from '../../../shared/control/bells.port.ts';
import type { FeedChange } from '../../../shared/control/feed-change.ts';
import type { Append } from '../../../shared/control/feeds.port.ts';
import { type Feed, QUIET_READS_MAX } from '../../../shared/control/model.ts';
import type { Control } from '../../../shared/control/port.ts';
import {
  ACCOUNT_BELL,
  ACCOUNTS,
  appendOf,
  appendPages,
  CONTACTS,
  type ControlUnderTest,
  entity,
  feedNow,
  known,
  type MakeControl,
  mustAppend,
  page,
  readableFeed,
} from './kit.ts';

export function describeFeeds(make: MakeControl): void {
  let test: ControlUnderTest;
  let control: Control;
  let feed: Feed;
  const pages = () => control.feeds.pagesAfter(ACCOUNTS, 0, 100);
  const seen = async () => (await control.bells.hold(ACCOUNT_BELL, 'reader'))?.seen;

  beforeEach(async () => {
    test = await make();
    control = test.control;
    feed = await readableFeed(control);
  });

  it('a new feed stands before its first page and has no cursor', () => {
    expect(feed).toEqual({
      ...ACCOUNTS,
      head: 0,
      tail: 'start',
      token: null,
      nextLink: null,
      keysLink: null,
      keysNeedColumns: false,
      givenUp: null,
      readPast: null,
      metadataVersion: null,
      shape: 'shape-1',
      slot: null,
      quiet: 0,
      trouble: null,
    });
  });

  it('feeds are found by organization, and one that is not there is null', async () => {
    await control.profiles.subscribe('p1', CONTACTS, known('shape-c'));
    await control.profiles.subscribe('p1', { organizationId: 'fabrikam', entity: 'lead' }, known('shape-l'));
    expect((await control.feeds.of('contoso')).map((each) => each.entity)).toEqual(['account', 'contact']);
    expect(await control.feeds.of('nobody')).toEqual([]);
    expect(await control.feeds.get({ ...ACCOUNTS, entity: 'lead' })).toBeNull();
  });

  describe('an append', () => {
    it('numbers the page, names the page before it and moves head, tail, cursor and slot', async () => {
      const slot = { at: test.now() + 250, for: 'changes' as const };
      const cursor = { token: 'token-1', readPast: '9007199254740993' };
      const first = await mustAppend(control, appendOf(feed, { slot, cursor }));
      expect(first).toMatchObject({ head: 1, tail: 'page-1', ...cursor, slot });
      const body = { blob: 'blob-2', sha256: 'f00d' };
      const second = await mustAppend(control, appendOf(first, { page: page('page-2', { body, entries: 7 }) }));
      expect(second).toMatchObject({ head: 2, tail: 'page-2', slot });
      expect(await feedNow(control)).toEqual(second);
      expect(await pages()).toEqual([
        { ...page('page-1'), previous: 'start', number: 1, notifiedAt: null },
        { ...page('page-2', { body, entries: 7 }), previous: 'page-1', number: 2, notifiedAt: null },
      ]);
    });

    const STALE: [string, Partial<Append['expected']>][] = [
      ['head', { head: 4 }],
      ['token', { token: 'other' }],
      ['next link', { nextLink: 'other' }],
      ['keys link', { keysLink: 'other' }],
      ['metadata version', { metadataVersion: 'other' }],
    ];
    it.each(STALE)('changes nothing when the %s is no more what the read began with', async (_what, other) => {
      await control.bells.ring([{ key: ACCOUNT_BELL, notifiedAt: 5 }]);
      await control.feeds.beginRead(ACCOUNTS, 'reader');
      const append = appendOf(feed, { expected: { ...feed, ...other }, slot: { at: 9, for: null } });
      expect(await control.feeds.append(append)).toBeNull();
      expect(await feedNow(control)).toEqual(feed);
      expect(await pages()).toEqual([]);
      expect(await seen()).toBe(0);
    });

    it('changes nothing when another has taken the lease, and works after it ran out if nobody has', async () => {
      test.advance(LEASE_MS * 2);
      const standing = await mustAppend(control, appendOf(feed));
      test.advance(LEASE_MS);
      await control.bells.answer(ACCOUNT_BELL, 'other');
      expect(await control.feeds.append(appendOf(standing))).toBeNull();
      expect(await pages()).toHaveLength(1);
      expect(await control.feeds.append(appendOf(standing, { owner: 'other' }))).toMatchObject({ head: 2 });
    });

    it('lengthens the lease', async () => {
      test.advance(LEASE_MS - 1);
      await mustAppend(control, appendOf(feed));
      test.advance(LEASE_MS - 1);
      expect(await control.bells.answer(ACCOUNT_BELL, 'other')).toEqual({ lease: 'held' });
    });

    it('keeps no page without entries, but moves the cursor', async () => {
      const empty = { page: page('empty', { entries: 0 }), cursor: { token: 't', nextLink: null } };
      expect(await mustAppend(control, appendOf(feed, empty))).toMatchObject({ head: 0, tail: 'start', token: 't' });
      const keys = { page: null, cursor: { keysLink: 'k' }, complete: false };
      expect(await mustAppend(control, appendOf(await feedNow(control), keys))).toMatchObject({
        head: 0,
        keysLink: 'k',
      });
      expect(await pages()).toEqual([]);
    });

    it('without a page moves the cursor although a page was marked meanwhile', async () => {
      await control.feeds.queueSnapshot(ACCOUNTS, 'the-mark', null);
      const keys = { page: null, cursor: { keysLink: 'k' }, complete: false };
      expect(await mustAppend(control, appendOf(feed, keys))).toMatchObject({
        head: 1,
        tail: 'the-mark',
        keysLink: 'k',
      });
      expect(await control.feeds.append(appendOf({ ...feed, keysLink: 'k' }))).toBeNull();
    });

    it('leaves the parts of the cursor alone that it does not name', async () => {
      const more = { cursor: { nextLink: 'next' }, complete: false };
      const first = await mustAppend(control, appendOf(feed, { ...more, slot: { at: 1, for: null } }));
      expect(first).toMatchObject({ token: null, nextLink: 'next', keysLink: null, slot: { at: 1, for: null } });
      const last = await mustAppend(control, appendOf(first, { cursor: { token: 't', nextLink: null }, slot: null }));
      expect(last).toMatchObject({ token: 't', nextLink: null, slot: null });
    });

    it('finds nothing to append to once the feed is gone', async () => {
      await control.profiles.remove('p1');
      expect(await control.feeds.append(appendOf(feed))).toBeNull();
      expect(await control.feeds.beginRead(ACCOUNTS, 'reader')).toBe(false);
      expect(await control.feeds.update(ACCOUNTS, 'reader', { shape: 'x' })).toBe(false);
    });
  });

  describe('the rings a read answers', () => {
    it('are those rung before its first page, seen once no next link remains', async () => {
      await control.bells.ring([{ key: ACCOUNT_BELL }, { key: ACCOUNT_BELL }]);
      expect(await control.feeds.beginRead(ACCOUNTS, 'reader')).toBe(true);
      await control.bells.ring([{ key: ACCOUNT_BELL }]);
      const first = await mustAppend(control, appendOf(feed, { complete: false }));
      expect(await seen()).toBe(0);
      await mustAppend(control, appendOf(first));
      expect(await control.bells.hold(ACCOUNT_BELL, 'reader')).toEqual({ rung: 3, seen: 2 });
      expect(await control.bells.giveBack(ACCOUNT_BELL, 'reader')).toBe('rung');
    });

    it('are nobody’s who has not the lease', async () => {
      expect(await control.feeds.beginRead(ACCOUNTS, 'other')).toBe(false);
    });

    it('leave the oldest notification in the first page of changes, and in no page of a snapshot', async () => {
      const ring = (notifiedAt: number | null) => control.bells.ring([{ key: ACCOUNT_BELL, notifiedAt }]);
      await ring(700);
      await ring(500);
      await ring(null);
      await ring(600);
      await control.feeds.beginRead(ACCOUNTS, 'reader');
      await ring(900);
      await control.feeds.queueSnapshot(ACCOUNTS, 'snap', null);
      const snapshot = { id: 'snap', link: null, nextLink: 'next', rows: 1 };
      const begin = page('page-1', { snapshotId: 'snap', begins: true });
      const marked = await feedNow(control);
      const under = await mustAppend(control, appendOf(marked, { page: begin, cursor: {}, complete: false, snapshot }));
      const first = await mustAppend(control, appendOf(under, { complete: false }));
      const second = await mustAppend(control, appendOf(first));
      await control.feeds.beginRead(ACCOUNTS, 'reader');
      await mustAppend(control, appendOf(second));
      expect((await pages()).map((each) => each.notifiedAt)).toEqual([null, null, 500, null, 900]);
    });

    it('are asked for again when nothing came, some times, with the oldest notification kept', async () => {
      const readNothing = async () => {
        await control.feeds.beginRead(ACCOUNTS, 'reader');
        return mustAppend(control, appendOf(await feedNow(control), { page: null, cursor: {} }));
      };
      expect(await readNothing()).toMatchObject({ quiet: 0 });
      await control.bells.ring([{ key: ACCOUNT_BELL, notifiedAt: 500 }]);
      expect(await readNothing()).toMatchObject({ quiet: 1 });
      expect(await readNothing()).toMatchObject({ quiet: 2 });
      expect(await mustAppend(control, appendOf(await feedNow(control)))).toMatchObject({ quiet: 0 });
      expect((await pages()).map((each) => each.notifiedAt)).toEqual([500]);
      expect(await readNothing()).toMatchObject({ quiet: 0 });
    });

    it('are given up after enough empty reads', async () => {
      const readNothing = async () => mustAppend(control, appendOf(await feedNow(control), { page: null, cursor: {} }));
      await control.bells.ring([{ key: ACCOUNT_BELL, notifiedAt: 500 }]);
      await control.feeds.beginRead(ACCOUNTS, 'reader');
      for (let quiet = 1; quiet <= QUIET_READS_MAX; quiet++) expect(await readNothing()).toMatchObject({ quiet });
      expect(await readNothing()).toMatchObject({ quiet: 0 });
      await appendPages(control, 1);
      expect((await pages()).map((each) => each.notifiedAt)).toEqual([null]);
    });
  });

  describe('an update', () => {
    it('changes what it names and nothing else', async () => {
      const trouble = { code: 'SOURCE_FORBIDDEN', text: 'no «read»', since: 7 };
      const changes: FeedChange[] = [
        { cursor: { token: 't', keysLink: 'k', keysNeedColumns: true } },
        { metadataVersion: 'v2', shape: 'shape-2' },
        { slot: { at: 77, for: null } },
        { trouble },
        { slot: null, trouble: null, metadataVersion: null, cursor: { token: null, nextLink: 'n' } },
        {},
      ];
      let expected = feed;
      for (const { cursor, ...rest } of changes) {
        expect(await control.feeds.update(ACCOUNTS, 'reader', { cursor, ...rest })).toBe(true);
        expected = { ...expected, ...cursor, ...rest };
        expect(await feedNow(control)).toEqual(expected);
      }
    });

    it('marks a new shape with an empty page for all, in its place of the chain, when told so', async () => {
      const before = await appendPages(control, 1);
      const change = { shape: 'shape-2', mark: 'the-mark' };
      expect(await control.feeds.update(ACCOUNTS, 'reader', change)).toBe(true);
      expect(await feedNow(control)).toEqual({ ...before, shape: 'shape-2', head: 2, tail: 'the-mark' });
      expect((await pages())[1]).toMatchObject({
        id: 'the-mark',
        previous: before.tail,
        number: 2,
        shape: 'shape-2',
        audience: null,
        snapshotId: null,
        entries: 0,
      });
    });

    it('writes drift into the schema history, in the order of its finding, and only for its own feed', async () => {
      const drift = [{ kind: 'columnAdded', subject: 'later', from: null, to: 'string(20)' }] as const;
      await control.feeds.update(ACCOUNTS, 'reader', { shape: 'shape-2', drift });
      await control.history.add(ACCOUNTS, [{ ...drift[0], subject: 'latest' }]);
      await control.history.add(ACCOUNTS, []);
      const events = await control.history.of('contoso', ['account', 'contact']);
      expect(events).toEqual([
        { ...ACCOUNTS, at: expect.any(Number), changes: drift },
        { ...ACCOUNTS, at: expect.any(Number), changes: [{ ...drift[0], subject: 'latest' }] },
      ]);
      expect(await control.history.of('contoso', ['contact'])).toEqual([]);
      expect(await control.history.of('contoso', [])).toEqual([]);
      await control.profiles.remove('p1');
      expect(await control.history.of('contoso', ['account'])).toEqual([]);
    });

    it('is refused to whoever has not the lease', async () => {
      const drift = [{ kind: 'columnLeft', subject: 'x', from: 'int', to: null }] as const;
      expect(await control.feeds.update(ACCOUNTS, 'other', { shape: 'x', mark: 'm', drift })).toBe(false);
      expect(await feedNow(control)).toEqual(feed);
      expect(await control.history.of('contoso', ['account'])).toEqual([]);
    });
  });

  it('pages come in order after a position, as many as asked for', async () => {
    await appendPages(control, 12);
    const numbers = async (number: number, limit: number) =>
      (await control.feeds.pagesAfter(ACCOUNTS, number, limit)).map((each) => each.number);
    expect(await numbers(0, 3)).toEqual([1, 2, 3]);
    expect(await numbers(8, 3)).toEqual([9, 10, 11]);
    expect(await numbers(11, 3)).toEqual([12]);
    expect(await numbers(12, 3)).toEqual([]);
    expect(await control.feeds.pagesAfter(CONTACTS, 0, 3)).toEqual([]);
  });

  it('a page’s text comes back as it was, whatever it holds', async () => {
    const text = JSON.stringify({ quote: `'";--`, nul: '\0', lone: '\ud800', emoji: '🛎', long: 'ß'.repeat(30_000) });
    await mustAppend(control, appendOf(feed, { page: page('page-1', { body: { text } }) }));
    expect((await pages())[0]?.body).toEqual({ text });
  });

  describe('metadata', () => {
    it('is that of a shape, or the last one saved', async () => {
      expect(await control.feeds.metadata(ACCOUNTS)).toBeNull();
      await control.feeds.saveMetadata(ACCOUNTS, 'shape-1', entity('account', 'First'));
      await control.feeds.saveMetadata(ACCOUNTS, 'shape-2', entity('account', 'Second'));
      expect(await control.feeds.metadata(ACCOUNTS)).toEqual(entity('account', 'Second'));
      expect(await control.feeds.metadata(ACCOUNTS, 'shape-1')).toEqual(entity('account', 'First'));
      expect(await control.feeds.metadata(ACCOUNTS, 'shape-3')).toBeNull();
      expect(await control.feeds.metadata(CONTACTS, 'shape-1')).toBeNull();
      await control.feeds.saveMetadata(ACCOUNTS, 'shape-1', entity('account', 'First again'));
      expect(await control.feeds.metadata(ACCOUNTS)).toEqual(entity('account', 'First again'));
    });

    it('may be saved before the feed is there', async () => {
      await control.feeds.saveMetadata(CONTACTS, 'shape-c', entity('contact'));
      await control.profiles.subscribe('p1', CONTACTS, known('shape-c'));
      expect(await control.feeds.metadata(CONTACTS)).toEqual(entity('contact'));
    });
  });
}
