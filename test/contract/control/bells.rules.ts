import { beforeEach, describe, expect, it } from 'vitest';
import {
  BUSY_RETRY_MS,
  LEASE_MS,
  LEASES_PER_ORGANIZATION,
  PENDING_MAX_MS,
  WAITING_MS,
} from '../../../shared/control/bells.port.ts';
import { feedBell, profileBell } from '../../../shared/control/model.ts';
import type { Control } from '../../../shared/control/port.ts';
import { ACCOUNT_BELL, ACCOUNTS, CONTACTS, type ControlUnderTest, join, known, type MakeControl } from './kit.ts';

export function describeBells(make: MakeControl): void {
  let test: ControlUnderTest;
  let control: Control;
  const ring = (key = ACCOUNT_BELL) => control.bells.ring([{ key }]);
  const answer = (owner: string, key = ACCOUNT_BELL) => control.bells.answer(key, owner);

  beforeEach(async () => {
    test = await make();
    control = test.control;
    await join(control, ['p1']);
    await control.profiles.subscribe('p1', CONTACTS, known('shape-1'));
  });

  describe('ringing', () => {
    it('asks for one message until it is answered', async () => {
      expect(await ring()).toEqual([ACCOUNT_BELL]);
      expect(await ring()).toEqual([]);
      expect(await answer('a')).toEqual({ lease: 'taken', starts: 1 });
      expect(await control.bells.hold(ACCOUNT_BELL, 'a')).toEqual({ rung: 2, seen: 0 });
    });

    it('asks for another message once the one before counts as lost', async () => {
      await ring();
      test.advance(PENDING_MAX_MS - 1);
      expect(await ring()).toEqual([]);
      test.advance(1);
      expect(await ring()).toEqual([ACCOUNT_BELL]);
      expect(await ring()).toEqual([]);
    });

    it('asks for no message while somebody looks, and for one when his lease has run out', async () => {
      await answer('a');
      expect(await ring()).toEqual([]);
      test.advance(LEASE_MS);
      expect(await ring()).toEqual([ACCOUNT_BELL]);
    });

    it('counts a key as often as it is named and answers with it once, in key order, unknown keys left out', async () => {
      const keys = [feedBell(CONTACTS), profileBell('p1'), ACCOUNT_BELL, profileBell('nobody'), ACCOUNT_BELL];
      expect(await control.bells.ring(keys.map((key) => ({ key })))).toEqual([
        ACCOUNT_BELL,
        feedBell(CONTACTS),
        profileBell('p1'),
      ]);
      await answer('a');
      expect(await control.bells.hold(ACCOUNT_BELL, 'a')).toEqual({ rung: 2, seen: 0 });
    });

    it('does nothing with an empty batch', async () => {
      expect(await control.bells.ring([])).toEqual([]);
    });
  });

  describe('answering', () => {
    it('gives the lease to one', async () => {
      expect(await answer('a')).toEqual({ lease: 'taken', starts: 1 });
      expect(await answer('b')).toEqual({ lease: 'held' });
      expect(await control.bells.hold(ACCOUNT_BELL, 'b')).toBeNull();
      expect(await control.bells.hold(ACCOUNT_BELL, 'a')).toEqual({ rung: 0, seen: 0 });
    });

    it('clears the message that was pending, also when another looks', async () => {
      await ring();
      await answer('a');
      await control.bells.heard(ACCOUNT_BELL, 'a', 1);
      await control.bells.giveBack(ACCOUNT_BELL, 'a');
      expect(await ring()).toEqual([ACCOUNT_BELL]);
      await answer('b');
      test.advance(LEASE_MS);
      expect(await ring()).toEqual([ACCOUNT_BELL]);
      await answer('c');
      expect(await answer('d')).toEqual({ lease: 'held' });
      await control.bells.postpone(ACCOUNT_BELL, 'c', -PENDING_MAX_MS);
      expect(await ring()).toEqual([ACCOUNT_BELL]);
    });

    it('counts the turns that were begun and never ended', async () => {
      for (const starts of [1, 2, 3]) {
        expect(await answer(`a${starts}`)).toEqual({ lease: 'taken', starts });
        test.advance(LEASE_MS);
      }
      await answer('b');
      await control.bells.giveBack(ACCOUNT_BELL, 'b');
      expect(await answer('c')).toEqual({ lease: 'taken', starts: 1 });
      await control.bells.postpone(ACCOUNT_BELL, 'c', 0);
      expect(await answer('d')).toEqual({ lease: 'taken', starts: 1 });
    });

    it('finds no bell that was never made or is gone', async () => {
      expect(await answer('a', profileBell('nobody'))).toEqual({ lease: 'gone' });
      await control.profiles.remove('p1');
      expect(await answer('a')).toEqual({ lease: 'gone' });
      expect(await answer('a', profileBell('p1'))).toEqual({ lease: 'gone' });
    });

    it('lets only some feeds of an organization be read at once, and says when to come again', async () => {
      const feeds = Array.from({ length: LEASES_PER_ORGANIZATION + 1 }, (_, n) => ({ ...ACCOUNTS, entity: `e${n}` }));
      for (const feed of feeds) await control.profiles.subscribe('p1', feed, known('shape-1'));
      const [first = ACCOUNT_BELL, ...rest] = feeds.map(feedBell);
      for (const key of rest) expect(await answer(`of ${key}`, key)).toEqual({ lease: 'taken', starts: 1 });
      expect(await answer('late', first)).toEqual({ lease: 'busy' });
      expect(await control.bells.hold(first, 'late')).toBeNull();
      expect(await ring(first)).toEqual([]);
      test.advance(PENDING_MAX_MS + BUSY_RETRY_MS - 1);
      expect(await ring(first)).toEqual([]);
      test.advance(1);
      expect(await ring(first)).toEqual([first]);
    });

    it('limits neither profiles nor other organizations, and counts no lease that has run out', async () => {
      const feeds = Array.from({ length: LEASES_PER_ORGANIZATION }, (_, n) => ({ ...ACCOUNTS, entity: `e${n}` }));
      const other = { organizationId: 'fabrikam', entity: 'account' };
      for (const feed of [...feeds, other]) await control.profiles.subscribe('p1', feed, known('shape-1'));
      for (const feed of feeds) await answer(`of ${feed.entity}`, feedBell(feed));
      expect(await answer('a', profileBell('p1'))).toMatchObject({ lease: 'taken' });
      expect(await answer('a', feedBell(other))).toMatchObject({ lease: 'taken' });
      expect(await answer('a')).toEqual({ lease: 'busy' });
      test.advance(LEASE_MS);
      expect(await answer('a')).toMatchObject({ lease: 'taken' });
    });
  });

  describe('a lease', () => {
    it('is lengthened by every step of its owner, but not by a look', async () => {
      await answer('a');
      const steps = [
        () => control.bells.renew(ACCOUNT_BELL, 'a'),
        () => control.bells.heard(ACCOUNT_BELL, 'a', 0),
        () => control.feeds.beginRead(ACCOUNTS, 'a'),
        () => control.feeds.update(ACCOUNTS, 'a', {}),
        () => ring().then(() => control.bells.giveBack(ACCOUNT_BELL, 'a')),
      ];
      for (const step of steps) {
        test.advance(LEASE_MS - 1);
        await step();
        expect(await answer('b')).toEqual({ lease: 'held' });
      }
      test.advance(LEASE_MS - 1);
      expect(await control.bells.hold(ACCOUNT_BELL, 'a')).not.toBeNull();
      test.advance(1);
      expect(await answer('b')).toMatchObject({ lease: 'taken' });
    });

    it('that has run out is its owner’s until another takes it', async () => {
      await answer('a');
      test.advance(LEASE_MS * 10);
      expect(await control.bells.hold(ACCOUNT_BELL, 'a')).not.toBeNull();
      test.advance(LEASE_MS);
      await answer('b');
      expect(await control.bells.hold(ACCOUNT_BELL, 'a')).toBeNull();
      expect(await control.bells.heard(ACCOUNT_BELL, 'a', 0)).toBe(false);
      expect(await control.bells.postpone(ACCOUNT_BELL, 'a', 0)).toBe(false);
      expect(await control.bells.giveBack(ACCOUNT_BELL, 'a')).toBe('lost');
      expect(await control.bells.hold(ACCOUNT_BELL, 'b')).not.toBeNull();
    });

    it('is not given back before every ring was heard', async () => {
      await ring();
      await answer('a');
      expect(await control.bells.heard(ACCOUNT_BELL, 'a', 1)).toBe(true);
      await ring();
      expect(await control.bells.giveBack(ACCOUNT_BELL, 'a')).toBe('rung');
      expect(await answer('b')).toEqual({ lease: 'held' });
      await control.bells.heard(ACCOUNT_BELL, 'a', 2);
      expect(await control.bells.giveBack(ACCOUNT_BELL, 'a')).toBe('given');
      expect(await control.bells.giveBack(ACCOUNT_BELL, 'a')).toBe('lost');
      expect(await answer('b')).toEqual({ lease: 'taken', starts: 1 });
    });

    it('hears no ring that was not rung, and forgets none that was heard', async () => {
      await ring();
      await answer('a');
      await control.bells.heard(ACCOUNT_BELL, 'a', 7);
      expect(await control.bells.hold(ACCOUNT_BELL, 'a')).toEqual({ rung: 1, seen: 1 });
      await control.bells.heard(ACCOUNT_BELL, 'a', 0);
      expect(await control.bells.hold(ACCOUNT_BELL, 'a')).toEqual({ rung: 1, seen: 1 });
    });

    it('that is postponed is free, with one message pending from then on', async () => {
      await answer('a');
      expect(await control.bells.postpone(ACCOUNT_BELL, 'a', 5_000)).toBe(true);
      expect(await control.bells.hold(ACCOUNT_BELL, 'a')).toBeNull();
      test.advance(5_000 + PENDING_MAX_MS - 1);
      expect(await ring()).toEqual([]);
      test.advance(1);
      expect(await ring()).toEqual([ACCOUNT_BELL]);
    });
  });

  describe('feeds that wait', () => {
    it('are those whose message is due for longer than it takes to be taken', async () => {
      expect(await control.bells.feedsWait()).toBe(false);
      await ring();
      test.advance(WAITING_MS - 1);
      expect(await control.bells.feedsWait()).toBe(false);
      test.advance(1);
      expect(await control.bells.feedsWait()).toBe(true);
      await answer('a');
      expect(await control.bells.feedsWait()).toBe(false);
    });

    it('are none whose message counts as lost', async () => {
      await ring();
      test.advance(PENDING_MAX_MS - 1);
      expect(await control.bells.feedsWait()).toBe(true);
      test.advance(1);
      expect(await control.bells.feedsWait()).toBe(false);
    });

    it('are none whose message is for later, nor profiles', async () => {
      await answer('a');
      await control.bells.postpone(ACCOUNT_BELL, 'a', 5_000);
      await control.bells.ring([{ key: profileBell('p1') }]);
      test.advance(4_999 + WAITING_MS);
      expect(await control.bells.feedsWait()).toBe(false);
      test.advance(1);
      expect(await control.bells.feedsWait()).toBe(true);
    });
  });

  describe('abandoned bells', () => {
    it('are those with unseen rings, and neither owner nor message', async () => {
      await ring();
      expect(await control.bells.abandoned(10)).toEqual([]);
      test.advance(PENDING_MAX_MS);
      expect(await control.bells.abandoned(10)).toEqual([ACCOUNT_BELL]);
      await answer('a');
      expect(await control.bells.abandoned(10)).toEqual([]);
      await control.bells.heard(ACCOUNT_BELL, 'a', 1);
      await control.bells.giveBack(ACCOUNT_BELL, 'a');
      test.advance(PENDING_MAX_MS);
      expect(await control.bells.abandoned(10)).toEqual([]);
    });

    it('are those whose owner’s lease has run out, until a message is on its way', async () => {
      await answer('a');
      expect(await control.bells.abandoned(10)).toEqual([]);
      test.advance(LEASE_MS);
      expect(await control.bells.abandoned(10)).toEqual([ACCOUNT_BELL]);
      await ring();
      expect(await control.bells.abandoned(10)).toEqual([]);
    });

    it('come longest left first, and no more than asked for', async () => {
      const keys = [profileBell('p1'), feedBell(CONTACTS), ACCOUNT_BELL];
      for (const key of keys) {
        await ring(key);
        test.advance(10);
      }
      test.advance(PENDING_MAX_MS);
      expect(await control.bells.abandoned(2)).toEqual(keys.slice(0, 2));
      expect(await control.bells.abandoned(10)).toEqual(keys);
    });
  });
}
