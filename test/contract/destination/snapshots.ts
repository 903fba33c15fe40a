import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Destination } from '../../../shared/destination/port.ts';
import {
  ACCOUNT,
  Chain,
  type DestinationHarness,
  idOf,
  type MakeHarness,
  refusedEntry,
  rowOf,
  settlementOf,
  writing,
} from './harness.ts';

export function describeSnapshots(name: string, make: MakeHarness): void {
  describe(`destination ${name}: snapshots`, () => {
    let harness: DestinationHarness;
    let destination: Destination;
    let chain: Chain;
    beforeEach(async () => {
      harness = await make();
      destination = harness.open();
      chain = await new Chain(destination).begin();
    });
    afterEach(() => harness.close());

    const ids = async () => (await harness.rows(ACCOUNT)).map(({ id }) => id);

    it('a resync removes the rows that nothing has written since it began', async () => {
      await chain.apply({ rows: [1, 2, 3, 4].map((n) => rowOf(idOf(n))) });
      await chain.apply({ begins: ['s'], rows: [rowOf(idOf(1))] });
      await chain.apply({ rows: [rowOf(idOf(5))] });
      const applied = await chain.apply({ ends: ['s'], rows: [rowOf(idOf(2))] });
      expect(applied.removed).toBe(2);
      expect(await ids()).toEqual([idOf(1), idOf(2), idOf(5)]);
    });

    it('a resync removes the retries that are older than its begin, and counts them as replaced', async () => {
      await chain.apply({ refused: [refusedEntry(idOf(1)), refusedEntry(idOf(2), { dueAt: null })] });
      await chain.apply({ begins: ['s'], refused: [refusedEntry(idOf(3))] });
      const applied = await chain.apply({ ends: ['s'] });
      expect(applied).toMatchObject({
        removed: 2,
        counters: { read: 3, applied: 0, replaced: 2, retrying: 1, failed: 0 },
      });
      expect((await destination.dueRetries(1e15, 10)).map(({ id }) => id)).toEqual([idOf(3)]);
    });

    it('rows that the destination refuses during a resync keep their old copy', async () => {
      await chain.apply({ rows: [rowOf(idOf(1), { name: 'old' }), rowOf(idOf(2))] });
      await chain.apply({ begins: ['s'] });
      await chain.apply({ refused: [refusedEntry(idOf(1))] });
      await chain.apply({ ends: ['s'] });
      expect((await harness.rows(ACCOUNT)).map(({ cells }) => cells.name)).toEqual(['old']);
    });

    it('a retry of before the begin that succeeds during a resync does not save its row', async () => {
      await chain.apply({ refused: [refusedEntry(idOf(1))] });
      await chain.apply({ begins: ['s'] });
      const entries = await destination.dueRetries(1e15, 10);
      await destination.settleRetries(settlementOf({ write: writing(entries, [rowOf(idOf(1))]) }));
      expect(await ids()).toEqual([idOf(1)]);
      await chain.apply({ ends: ['s'] });
      expect(await ids()).toEqual([]);
    });

    it('a profile that joined after the begin ignores the end', async () => {
      await chain.apply({ rows: [rowOf(idOf(1))] });
      expect(await chain.apply({ ends: ['unknown'] })).toMatchObject({ removed: 0 });
      expect(await ids()).toEqual([idOf(1)]);
    });

    it('a begin is forgotten at its end, so a second end removes nothing', async () => {
      await chain.apply({ begins: ['s'] });
      await chain.apply({ ends: ['s'] });
      await chain.apply({ rows: [rowOf(idOf(1))] });
      expect(await chain.apply({ ends: ['s'] })).toMatchObject({ removed: 0 });
      expect(await ids()).toEqual([idOf(1)]);
    });

    it('a snapshot that begins and ends in one batch spares what that batch writes', async () => {
      await chain.apply({ rows: [rowOf(idOf(1)), rowOf(idOf(2))] });
      await chain.apply({ begins: ['s'], ends: ['s'], rows: [rowOf(idOf(2)), rowOf(idOf(3))] });
      expect(await ids()).toEqual([idOf(2), idOf(3)]);
    });

    it('snapshots that overlap each remove what is older than their own begin', async () => {
      await chain.apply({ rows: [rowOf(idOf(1))] });
      await chain.apply({ begins: ['a'] });
      await chain.apply({ rows: [rowOf(idOf(2))] });
      await chain.apply({ begins: ['b'] });
      expect(await chain.apply({ ends: ['a'] })).toMatchObject({ removed: 1 });
      expect(await ids()).toEqual([idOf(2)]);
      expect(await chain.apply({ ends: ['b'] })).toMatchObject({ removed: 1 });
      expect(await ids()).toEqual([]);
    });

    it('what a resync removes is logged as deleted', async () => {
      await chain.apply({ rows: [rowOf(idOf(1), { versionnumber: '5' })] });
      await chain.apply({ begins: ['s'], ends: ['s'], deleteLog: true });
      expect(await harness.deletions()).toEqual([{ entity: 'account', id: idOf(1), version: '6' }]);
    });

    it('begins are counted by stamps, so a clock that goes back spoils nothing', async () => {
      await chain.apply({ rows: [rowOf(idOf(1))] });
      chain.now -= 3_600_000;
      await chain.apply({ begins: ['s'], rows: [rowOf(idOf(2))] });
      await chain.apply({ ends: ['s'] });
      expect(await ids()).toEqual([idOf(2)]);
    });

    it('a trial begins and ends nothing', async () => {
      await chain.apply({ rows: [rowOf(idOf(1))] });
      await destination.apply(chain.next({ begins: ['s'] }), 'trial');
      expect(await chain.apply({ ends: ['s'] })).toMatchObject({ removed: 0 });
    });

    it('a placed position keeps rows, retries and counters, and forgets begins', async () => {
      await chain.apply({ rows: [rowOf(idOf(1))], refused: [refusedEntry(idOf(2))] });
      const { stamp, counters } = await chain.apply({ begins: ['s'] });
      expect(await destination.place('account', 'another', { page: 'x', number: 9 })).toBe(false);
      expect(await destination.place('account', null, { page: 'x', number: 9 })).toBe(false);
      expect(await chain.position()).toMatchObject({ page: 'page-2' });
      expect(await destination.place('account', 'page-2', { page: 'x', number: 9 })).toBe(true);
      expect(await chain.position()).toMatchObject({ page: 'x', number: 9, stamp, counters });
      expect(await destination.dueRetries(1e15, 10)).toHaveLength(1);
      chain.page = 'x';
      expect(await chain.apply({ ends: ['s'] })).toMatchObject({ removed: 0 });
      expect(await ids()).toEqual([idOf(1)]);
    });

    it('another profile cannot place the position', async () => {
      const stranger = harness.open({ profileId: 'profile-2' });
      expect(await stranger.place('account', 'page-0', { page: 'x', number: 9 })).toBe(false);
      expect(await stranger.place('account', null, { page: 'x', number: 9 })).toBe(false);
    });

    it('a first position stands above the stamps of an earlier life of the table', async () => {
      chain.now = Date.UTC(2030, 0, 1);
      const { stamp } = await chain.apply({ rows: [rowOf(idOf(1))] });
      await harness.dropOwnTables();
      const again = await new Chain(destination).begin();
      await again.apply({ begins: ['s'], rows: [rowOf(idOf(2))] });
      expect((await again.position())?.stamp).toBeGreaterThan(stamp);
      await again.apply({ ends: ['s'] });
      expect(await ids()).toEqual([idOf(2)]);
    });
  });
}
