import { beforeEach, describe, expect, it } from 'vitest';
import {
  EXECUTION_BURST_MS,
  EXECUTION_SHARE,
  REQUEST_BURST,
  REQUESTS_PER_S,
  SNAPSHOT_SWEEP_MS,
} from '../../../shared/control/organizations.port.ts';
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
  readableFeed,
} from './kit.ts';

export function describeOrganizations(make: MakeControl): void {
  let test: ControlUnderTest;
  let control: Control;
  const reserve = (elapsedMs = 0, organizationId = 'contoso', requests = 0) =>
    control.organizations.reserve(organizationId, { requests, elapsedMs });
  const reserveMany = async (count: number) => {
    const waits: number[] = [];
    for (let n = 0; n < count; n++) waits.push(await reserve());
    return waits;
  };

  beforeEach(async () => {
    test = await make();
    control = test.control;
  });

  describe('requests', () => {
    it('may start at once up to the burst, then evenly', async () => {
      const waits = await reserveMany(REQUEST_BURST + 2 * REQUESTS_PER_S);
      expect(waits.slice(0, REQUEST_BURST)).toEqual(Array(REQUEST_BURST).fill(0));
      const after = waits.slice(REQUEST_BURST);
      const even = after.map((_, n) => Math.ceil(((n + 1) * 1000) / REQUESTS_PER_S));
      expect(after).toEqual(even);
      expect(await reserve(0, 'fabrikam')).toBe(0);
    });

    it('over any 300 s stay at half of the 6,000 that Dataverse allows', async () => {
      let inWindow = 0;
      for (let elapsedMs = 0; elapsedMs < 300_000; inWindow++) {
        const waitMs = await reserve();
        test.advance(waitMs);
        elapsedMs += waitMs;
      }
      expect(inWindow).toBeGreaterThan(2_900);
      expect(inWindow).toBeLessThanOrEqual(3_002);
    });

    it('made without a reservation are paid for by those after them', async () => {
      await reserveMany(REQUEST_BURST);
      expect(await reserve(0, 'contoso', 2 * REQUESTS_PER_S)).toBeGreaterThan(2_000);
    });

    it('take a slot even when they have to wait, and slots come back with time', async () => {
      await reserveMany(REQUEST_BURST);
      const [first = 0, second = 0] = await reserveMany(2);
      expect(second).toBeGreaterThan(first);
      test.advance(second);
      expect(await reserve()).toBeGreaterThan(0);
      test.advance(1_000_000);
      expect(await reserveMany(REQUEST_BURST)).toEqual(Array(REQUEST_BURST).fill(0));
    });
  });

  describe('execution time', () => {
    it('is limited beside the number of requests', async () => {
      expect(await reserve(EXECUTION_BURST_MS)).toBe(0);
      expect(await reserve(10_000)).toBe(10_000 / EXECUTION_SHARE);
      test.advance(10_000 / EXECUTION_SHARE);
      expect(await reserve()).toBe(0);
      expect(await reserve(1_000)).toBe(1_000 / EXECUTION_SHARE);
    });
  });

  describe('an organization that asked to wait', () => {
    it('is left alone that long by everybody, and slowly begun with', async () => {
      await reserve();
      await control.organizations.throttle('contoso', 30_000);
      const [first = 0, second = 0] = await reserveMany(2);
      expect(first).toBe(30_000);
      expect(second).toBe(30_000 + Math.ceil(1000 / REQUESTS_PER_S));
      expect(await reserve(0, 'fabrikam')).toBe(0);
      test.advance(second);
      expect(await reserve()).toBeGreaterThan(0);
    });

    it('is not begun with sooner by a shorter wish', async () => {
      await control.organizations.throttle('fabrikam', 30_000);
      await control.organizations.throttle('fabrikam', 1_000);
      expect(await reserve(0, 'fabrikam')).toBe(30_000);
    });
  });

  describe('the sweep', () => {
    const LEADS = { organizationId: 'fabrikam', entity: 'lead' };
    const swept = async (limit: number) => (await control.organizations.sweep(limit)).map(({ entity }) => entity);

    it('rings what was not looked at for longest, over all organizations, and comes round', async () => {
      await join(control, ['p1'], ACCOUNTS);
      await control.profiles.subscribe('p1', LEADS, known('shape-1'));
      await control.profiles.subscribe('p1', CONTACTS, known('shape-1'));
      expect(await control.organizations.sweep(1)).toEqual([ACCOUNTS]);
      test.advance(10);
      expect(await swept(2)).toEqual(['contact', 'lead']);
      test.advance(10);
      expect(await swept(2)).toEqual(['account', 'contact']);
      test.advance(10);
      expect(await swept(5)).toEqual(['lead', 'account', 'contact']);
    });

    it('rings sooner what no notification rings', async () => {
      await join(control, ['p1'], ACCOUNTS);
      await control.profiles.subscribe('p1', CONTACTS, known('shape-1'));
      await control.organizations.unnotified(CONTACTS.organizationId, ['contact']);
      expect(await swept(2)).toEqual(['contact', 'account']);
      test.advance(100);
      expect(await swept(1)).toEqual(['contact']);
      test.advance(10);
      expect(await swept(1)).toEqual(['account']);
      await control.organizations.unnotified(CONTACTS.organizationId, []);
      test.advance(10);
      expect(await swept(1)).toEqual(['contact']);
    });

    it('leaves out for a while what was just read to its end', async () => {
      const feed = await readableFeed(control);
      await control.profiles.subscribe('p1', CONTACTS, known('shape-1'));
      expect(await swept(5)).toEqual(['account', 'contact']);
      test.advance(10);
      const more = await control.feeds.append(appendOf(feed, { complete: false }));
      expect(await swept(1)).toEqual(['account']);
      test.advance(10);
      if (more) await control.feeds.append(appendOf(more));
      expect(await swept(1)).toEqual(['contact']);
    });

    it('leaves a feed in the middle of a snapshot in peace for some time', async () => {
      await readableFeed(control);
      await control.feeds.queueSnapshot(ACCOUNTS, 'snap', null);
      expect(await swept(5)).toEqual(['account']);
      const snapshot = { id: 'snap', link: null, nextLink: 'page 2', rows: 1 };
      await mustAppend(control, appendOf(await feedNow(control), { complete: false, snapshot }));
      test.advance(SNAPSHOT_SWEEP_MS - 1);
      expect(await swept(5)).toEqual([]);
      test.advance(1);
      expect(await swept(5)).toEqual(['account']);
    });

    it('leaves out what no active profile with a usable destination subscribes to', async () => {
      await join(control, ['p1', 'p2'], ACCOUNTS);
      await control.profiles.update('p1', { state: 'deactivated' });
      expect(await swept(5)).toEqual(['account']);
      await control.profiles.update('p2', { breaker: { code: 'c', reason: 'r', since: 1, probeAt: 2 } });
      expect(await swept(5)).toEqual([]);
      await control.profiles.update('p2', { breaker: null });
      expect(await swept(5)).toEqual(['account']);
    });
  });

  it('know who accepted the privacy terms first', async () => {
    expect(await control.organizations.termsAccepted('contoso')).toBeNull();
    await control.organizations.acceptTerms('contoso', 'ada', 5);
    await control.organizations.acceptTerms('contoso', 'bob', 6);
    expect(await control.organizations.termsAccepted('contoso')).toEqual({ by: 'ada', at: 5 });
    expect(await control.organizations.termsAccepted('fabrikam')).toBeNull();
  });

  it('counters add up by name', async () => {
    expect(await control.organizations.counters()).toEqual({});
    await control.organizations.count('notifications', 3);
    await control.organizations.count('notifications', 4);
    await control.organizations.count('foreign', 1);
    expect(await control.organizations.counters()).toEqual({ notifications: 7, foreign: 1 });
  });
}
