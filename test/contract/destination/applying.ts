import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Destination } from '../../../shared/destination/port.ts';
import { ACCOUNT, Chain, type DestinationHarness, idOf, type MakeHarness, refusedEntry, rowOf } from './harness.ts';

export function describeApplying(name: string, make: MakeHarness): void {
  describe(`destination ${name}: applying`, () => {
    let harness: DestinationHarness;
    let destination: Destination;
    let chain: Chain;
    beforeEach(async () => {
      harness = await make();
      destination = harness.open();
      chain = await new Chain(destination).begin();
    });
    afterEach(() => harness.close());

    const names = async () => (await harness.rows(ACCOUNT)).map(({ cells }) => cells.name);

    it('the position moves with the rows, and counts them', async () => {
      const applied = await chain.apply({
        rows: [rowOf(idOf(1), { name: 'a' }), rowOf(idOf(2), { name: 'b' })],
        read: 3,
      });
      expect(applied).toMatchObject({ inserted: 2, updated: 0, deleted: 0, removed: 0 });
      expect(applied.counters).toEqual({ read: 3, applied: 2, replaced: 1, retrying: 0, failed: 0, regressed: 0 });
      expect(await chain.position()).toEqual({
        entity: 'account',
        profileId: 'profile-1',
        page: 'page-1',
        number: 1,
        stamp: applied.stamp,
        counters: applied.counters,
      });
      expect(await names()).toEqual(['a', 'b']);
    });

    it.each([3, 900])(
      'a batch in statements of %i rows makes the same true, in one transaction',
      async (statementRows) => {
        const count = 2 * statementRows + 1;
        const ids = Array.from({ length: count }, (_, k) => idOf(k));
        const versions = { old: '5', lower: '4' };
        await chain.apply({ rows: ids.map((id) => rowOf(id, { versionnumber: versions.old })) });
        const gone = Array.from({ length: count }, (_, k) => idOf(count + k));
        await chain.apply({ rows: gone.map((id) => rowOf(id)) });
        const again = ids.map((id, k) => rowOf(id, { name: `row ${k}`, versionnumber: versions.lower }));
        const parts = { rows: [...again, rowOf(idOf(9_999), { name: 'new' })], deletions: gone, statementRows };
        const applied = await chain.apply(parts);
        expect(applied).toMatchObject({ inserted: 1, updated: count, deleted: count, counters: { regressed: count } });
        expect(new Set(await names())).toEqual(new Set([...ids.map((_, k) => `row ${k}`), 'new']));
      },
    );

    it('a batch in several statements writes nothing when the last of them is refused', async () => {
      await harness.forbid({ name: 'bad' });
      const rows = [rowOf(idOf(1)), rowOf(idOf(2)), rowOf(idOf(3), { name: 'bad' })];
      await expect(chain.apply({ rows, statementRows: 1 })).rejects.toMatchObject({ code: 'RECORD_REFUSED' });
      expect(await names()).toEqual([]);
      expect(await chain.position()).toMatchObject({ page: 'page-0' });
    });

    it('a batch applied once cannot be applied again', async () => {
      const batch = chain.next({ rows: [rowOf(idOf(1), { name: 'a' })] });
      await destination.apply(batch);
      const before = [await harness.rows(ACCOUNT), await destination.positions()];
      await expect(destination.apply(batch)).rejects.toMatchObject({ code: 'POSITION_MOVED' });
      expect([await harness.rows(ACCOUNT), await destination.positions()]).toEqual(before);
    });

    it('of two batches from the same position one is applied and the other moved aside, in either order', async () => {
      const other = harness.open();
      for (const [first, second] of [
        [destination, other],
        [other, destination],
      ] as const) {
        const batch = chain.next({ rows: [rowOf(idOf(1), { name: 'first' })] });
        const rival = {
          ...batch,
          to: { ...batch.to, page: `${batch.to.page}-rival` },
          rows: [rowOf(idOf(1), { name: 'second' })],
        };
        const results = await Promise.allSettled([first.apply(batch), second.apply(rival)]);
        expect(results.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
        const refusal = results.find(({ status }) => status === 'rejected') as PromiseRejectedResult;
        expect(refusal.reason).toMatchObject({ code: 'POSITION_MOVED' });
        const won = results[0].status === 'fulfilled' ? batch : rival;
        expect(await names()).toEqual([won.rows[0]?.[COLUMN_NAME]]);
        expect(await chain.position()).toMatchObject(won.to);
        chain.page = won.to.page;
        chain.number = won.to.number;
      }
    });

    it('another profile cannot move the position', async () => {
      const stranger = harness.open({ profileId: 'profile-2' });
      await expect(stranger.apply(chain.next())).rejects.toMatchObject({ code: 'POSITION_MOVED' });
      expect(await stranger.positions()).toMatchObject([{ profileId: 'profile-1', page: 'page-0' }]);
    });

    it('an entity without a position cannot be applied to', async () => {
      await expect(destination.apply({ ...chain.next(), entity: 'contact' })).rejects.toMatchObject({
        code: 'POSITION_MOVED',
      });
    });

    it('the last write stands, and the time of the first is kept', async () => {
      const first = await chain.apply({ rows: [rowOf(idOf(1), { name: 'a', description: 'x', versionnumber: '1' })] });
      const second = await chain.apply({ rows: [rowOf(idOf(1), { name: 'b', versionnumber: '2' })] });
      expect(second).toMatchObject({ inserted: 0, updated: 1 });
      const [row] = await harness.rows(ACCOUNT);
      expect(row).toMatchObject({ createdOn: first.stamp, modifiedOn: second.stamp });
      expect(row?.cells).toMatchObject({ accountid: idOf(1), name: 'b', description: null, versionnumber: '2' });
    });

    it('a row replaces one with a higher version all the same, and is counted', async () => {
      await chain.apply({ rows: [rowOf(idOf(1), { name: 'new', versionnumber: '9007199254740993' }), rowOf(idOf(2))] });
      const rows = [
        rowOf(idOf(1), { name: 'old', versionnumber: '9007199254740992' }),
        rowOf(idOf(2), { versionnumber: '1' }),
      ];
      const { counters } = await chain.apply({ rows });
      expect(counters).toMatchObject({ regressed: 1, applied: 4 });
      expect(await names()).toEqual(['old', null]);
    });

    it('stamps rise by at least four milliseconds, even when the clock goes back', async () => {
      const first = await chain.apply();
      chain.now -= 3_600_000;
      const second = await chain.apply();
      expect(second.stamp).toBe(first.stamp + 4);
      chain.now += 7_200_000;
      expect((await chain.apply()).stamp).toBe(chain.now);
    });

    it('a deleted row is gone, and the deletion of an absent one counts as applied', async () => {
      await chain.apply({ rows: [rowOf(idOf(1)), rowOf(idOf(2))] });
      const applied = await chain.apply({ deletions: [idOf(1).toUpperCase(), idOf(7)] });
      expect(applied).toMatchObject({ deleted: 1, counters: { read: 4, applied: 4 } });
      expect((await harness.rows(ACCOUNT)).map(({ id }) => id)).toEqual([idOf(2)]);
    });

    it('rows and deletions of one batch are made true together', async () => {
      await chain.apply({ rows: [rowOf(idOf(1)), rowOf(idOf(2))] });
      await chain.apply({ rows: [rowOf(idOf(2), { name: 'b' }), rowOf(idOf(3), { name: 'c' })], deletions: [idOf(1)] });
      expect(await names()).toEqual(['b', 'c']);
    });

    it('the delete log holds deleted rows with a version above their last', async () => {
      await chain.apply({
        rows: [
          rowOf(idOf(1), { versionnumber: '41' }),
          rowOf(idOf(2)),
          rowOf(idOf(3), { versionnumber: '9223372036854775807' }),
          rowOf(idOf(4)),
        ],
      });
      await chain.apply({ deletions: [idOf(1), idOf(2), idOf(3), idOf(5)], deleteLog: true });
      await chain.apply({ deletions: [idOf(4)], deleteLog: false });
      expect(await harness.deletions()).toEqual([
        { entity: 'account', id: idOf(1), version: '42' },
        { entity: 'account', id: idOf(2), version: '1' },
        { entity: 'account', id: idOf(3), version: '9223372036854775807' },
      ]);
    });

    it('a row that says the same already keeps its time of writing, but while a resync fills the table', async () => {
      const row = rowOf(idOf(1), { name: 'a', revenue: '1.5', createdon: '2024-01-01', versionnumber: '7' });
      const modified = async () => (await harness.rows(ACCOUNT))[0]?.modifiedOn;
      const written = (await chain.apply({ rows: [row] })).stamp;
      expect(await chain.apply({ rows: [row] })).toMatchObject({ updated: 1, counters: { applied: 2 } });
      expect(await modified()).toBe(written);
      const other = [...row];
      other[COLUMN_NAME] = 'b';
      expect(await modified()).toBeLessThan((await chain.apply({ rows: [other] })).stamp);
      expect((await harness.rows(ACCOUNT))[0]?.cells.name).toBe('b');
      const begun = (await chain.apply({ rows: [other], begins: ['snapshot'] })).stamp;
      expect(await modified()).toBe(begun);
      const seen = (await chain.apply({ rows: [other] })).stamp;
      expect(await modified()).toBe(seen);
      expect(await chain.apply({ ends: ['snapshot'] })).toMatchObject({ removed: 0 });
      await chain.apply({ rows: [other] });
      expect(await modified()).toBe(seen);
    });

    it('a large batch and many small ones leave the same rows', async () => {
      const rows = Array.from({ length: 1_200 }, (_, k) => rowOf(idOf(k), { name: `n${k}`, versionnumber: String(k) }));
      expect(await chain.apply({ rows })).toMatchObject({ inserted: 1_200, updated: 0 });
      expect(await chain.apply({ rows })).toMatchObject({ inserted: 0, updated: 1_200, counters: { regressed: 0 } });
      const large = await harness.rows(ACCOUNT);
      const small = await new Chain(harness.open({ prefix: 'small' })).begin();
      for (let k = 0; k < rows.length; k += 60) await small.apply({ rows: rows.slice(k, k + 60) });
      const cellsOf = (rows: typeof large) => rows.map(({ id, cells }) => ({ id, cells }));
      expect(cellsOf(await harness.rows(ACCOUNT, { prefix: 'small' }))).toEqual(cellsOf(large));
    });

    it('a trial changes nothing and answers as the real one would', async () => {
      await chain.apply({ rows: [rowOf(idOf(1), { name: 'a' })] });
      const before = [
        await harness.rows(ACCOUNT),
        await destination.positions(),
        await destination.dueRetries(1e15, 10),
      ];
      const batch = chain.next({
        rows: [rowOf(idOf(1), { name: 'b' }), rowOf(idOf(2))],
        deletions: [idOf(3)],
        refused: [refusedEntry(idOf(4))],
      });
      const trial = await destination.apply(batch, 'trial');
      expect([
        await harness.rows(ACCOUNT),
        await destination.positions(),
        await destination.dueRetries(1e15, 10),
      ]).toEqual(before);
      expect(await destination.apply(batch)).toEqual(trial);
    });

    it('a row that the database refuses is refused as a record, and nothing is changed', async () => {
      await chain.apply({ rows: [rowOf(idOf(1), { name: 'a' })] });
      await harness.forbid({ name: 'bad' });
      const before = [await harness.rows(ACCOUNT), await destination.positions()];
      const batch = chain.next({
        rows: [rowOf(idOf(1), { name: 'b' }), rowOf(idOf(2), { name: 'bad' })],
        deletions: [idOf(1)],
      });
      for (const mode of ['trial', 'commit'] as const) {
        await expect(destination.apply(batch, mode)).rejects.toMatchObject({ code: 'RECORD_REFUSED', class: 'row' });
      }
      expect([await harness.rows(ACCOUNT), await destination.positions()]).toEqual(before);
    });

    it('a deletion that the database refuses is refused as a record', async () => {
      await chain.apply({ rows: [rowOf(idOf(1))] });
      await harness.forbid({ deletionOf: idOf(1) });
      await expect(chain.apply({ deletions: [idOf(1)] })).rejects.toMatchObject({ code: 'RECORD_REFUSED' });
      expect(await harness.rows(ACCOUNT)).toHaveLength(1);
    });

    it('an operation after close fails as unavailable', async () => {
      await destination.close();
      await expect(destination.positions()).rejects.toMatchObject({ code: 'DESTINATION_UNAVAILABLE' });
    });
  });
}

const COLUMN_NAME = rowOf('id', { name: 'here' }).indexOf('here');
