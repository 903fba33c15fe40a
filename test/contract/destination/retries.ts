import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { RetryEntry } from '../../../shared/destination/model.ts';
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

const LATE = 1e15;

export function describeRetries(name: string, make: MakeHarness): void {
  describe(`destination ${name}: retries`, () => {
    let harness: DestinationHarness;
    let destination: Destination;
    let chain: Chain;
    beforeEach(async () => {
      harness = await make();
      destination = harness.open();
      chain = await new Chain(destination).begin();
    });
    afterEach(() => harness.close());

    const due = () => destination.dueRetries(LATE, 100);
    const counters = async () => (await chain.position())?.counters;

    /** Refuses the ids, one page each, and answers the retries. */
    async function refuse(...numbers: number[]): Promise<RetryEntry[]> {
      for (const number of numbers)
        await chain.apply({ refused: [refusedEntry(idOf(number), { dueAt: 1_000 + number })] });
      return due();
    }

    it('a refused entry waits as a retry, and says what it would change', async () => {
      await chain.apply({ rows: [rowOf(idOf(1), { name: 'old' })] });
      const entry = refusedEntry(idOf(1).toUpperCase(), { dueAt: 5, notifiedAt: 3 });
      await chain.apply({
        refused: [entry, refusedEntry(idOf(2), { dueAt: 6 }), refusedEntry(idOf(3), { deletion: true, dueAt: 7 })],
      });
      const retries = await due();
      expect(retries.map(({ id, changeType }) => [id, changeType])).toEqual([
        [idOf(1), 'Update'],
        [idOf(2), 'New'],
        [idOf(3), 'Delete'],
      ]);
      expect(retries[0]).toEqual({
        entity: 'account',
        id: idOf(1),
        blob: entry.blob,
        changeType: 'Update',
        attempts: 0,
        code: 'RECORD_REFUSED',
        reason: 'a rule forbids it',
        notifiedAt: 3,
        dueAt: 5,
        failedAt: null,
        settlementId: null,
      });
      expect(await counters()).toEqual({ read: 4, applied: 1, replaced: 0, retrying: 3, failed: 0, regressed: 0 });
    });

    it('a refused row keeps its old copy as it was', async () => {
      const first = await chain.apply({ rows: [rowOf(idOf(1), { name: 'old' })] });
      await chain.apply({ refused: [refusedEntry(idOf(1))] });
      const [row] = await harness.rows(ACCOUNT);
      expect(row).toMatchObject({ createdOn: first.stamp, modifiedOn: first.stamp, cells: { name: 'old' } });
    });

    it('an id that is no UUID can be refused, and is replaced like any other', async () => {
      await chain.apply({ refused: [refusedEntry('no uuid \' "', { reason: 'odd \0 text' })] });
      expect(await due()).toMatchObject([{ id: 'no uuid \' "', changeType: 'New' }]);
      await chain.apply({ deletions: ['NO UUID \' "'] });
      expect(await due()).toEqual([]);
    });

    it('retries are due in the order of their times, and not before', async () => {
      await refuse(3, 1, 2);
      expect((await destination.dueRetries(1_002, 100)).map(({ id }) => id)).toEqual([idOf(1), idOf(2)]);
      expect((await destination.dueRetries(LATE, 1)).map(({ id }) => id)).toEqual([idOf(1)]);
      expect(await destination.nextRetryAt()).toBe(1_001);
    });

    it('without retries none is due', async () => {
      expect(await destination.nextRetryAt()).toBeNull();
      expect(await due()).toEqual([]);
    });

    it.each([
      ['a newer row', { rows: [rowOf(idOf(1).toUpperCase())] }],
      ['a deletion', { deletions: [idOf(1)] }],
      ['a newer refusal', { refused: [refusedEntry(idOf(1), { dueAt: 9 })] }],
    ])('a waiting retry is replaced by %s of its id', async (_, parts) => {
      await refuse(1);
      await chain.apply(parts);
      const left = await due();
      expect(left.map(({ dueAt }) => dueAt)).toEqual('refused' in parts ? [9] : []);
      expect(await counters()).toMatchObject({ read: 2, replaced: 1, applied: 1 - left.length, retrying: left.length });
    });

    it('a failed record is replaced by a newer entry of its id', async () => {
      await chain.apply({ refused: [refusedEntry(idOf(1), { dueAt: null })] });
      expect(await counters()).toMatchObject({ retrying: 0, failed: 1 });
      await chain.apply({ rows: [rowOf(idOf(1))] });
      expect(await counters()).toEqual({ read: 2, applied: 1, replaced: 1, retrying: 0, failed: 0, regressed: 0 });
      expect(await destination.unloggedFailures(100)).toEqual([]);
    });

    it('an entry of another entity replaces nothing', async () => {
      await refuse(1);
      const contacts = new Chain(destination, { ...ACCOUNT, logicalName: 'contact' });
      await destination.shape(contacts.entity);
      await destination.place('contact', null, { page: contacts.page, number: 0 });
      await contacts.apply({ rows: [rowOf(idOf(1))] });
      expect(await due()).toHaveLength(1);
    });

    it('a retry that succeeds writes its row with the stamp of its entry', async () => {
      const refused = await chain.apply({ refused: [refusedEntry(idOf(1)), refusedEntry(idOf(2))] });
      const later = await chain.apply({ rows: [rowOf(idOf(3))] });
      const entries = await due();
      const settled = await destination.settleRetries(
        settlementOf({ write: writing(entries, [rowOf(idOf(1), { name: 'a' }), rowOf(idOf(2), { name: 'b' })]) }),
      );
      expect(settled).toMatchObject({ written: 2, replaced: 0, failed: [] });
      expect(settled.counters).toEqual({ read: 3, applied: 3, replaced: 0, retrying: 0, failed: 0, regressed: 0 });
      expect(await counters()).toEqual(settled.counters);
      const rows = await harness.rows(ACCOUNT);
      expect(rows.map(({ modifiedOn }) => modifiedOn)).toEqual([refused.stamp, refused.stamp, later.stamp]);
      expect(rows.map(({ cells }) => cells.name)).toEqual(['a', 'b', null]);
      expect(await chain.position()).toMatchObject({ stamp: later.stamp });
    });

    it('a retried deletion removes its row and logs it', async () => {
      await chain.apply({ rows: [rowOf(idOf(1), { versionnumber: '7' })] });
      await chain.apply({ refused: [refusedEntry(idOf(1), { deletion: true })] });
      const settled = await destination.settleRetries(settlementOf({ deletions: await due(), deleteLog: true }));
      expect(settled).toMatchObject({ written: 1, counters: { applied: 2, retrying: 0 } });
      expect(await harness.rows(ACCOUNT)).toEqual([]);
      expect(await harness.deletions()).toEqual([{ entity: 'account', id: idOf(1), version: '8' }]);
    });

    it('a settlement leaves out what a newer page has replaced', async () => {
      const [one, two, three] = await refuse(1, 2, 3);
      if (!one || !two || !three) throw new Error('three retries');
      await chain.apply({
        rows: [rowOf(idOf(1), { name: 'newer' })],
        deletions: [idOf(2)],
        refused: [refusedEntry(idOf(3), { dueAt: 50 })],
      });
      const settled = await destination.settleRetries(
        settlementOf({
          write: writing([one, two], [rowOf(idOf(1), { name: 'stale' }), rowOf(idOf(2), { name: 'risen' })]),
          refused: [{ entry: three, code: 'X', reason: 'stale', dueAt: null }],
        }),
      );
      expect(settled).toMatchObject({ written: 0, replaced: 3, failed: [] });
      expect((await harness.rows(ACCOUNT)).map(({ cells }) => cells.name)).toEqual(['newer']);
      expect(await due()).toMatchObject([{ id: idOf(3), dueAt: 50, attempts: 0 }]);
    });

    it('a retry refused again is postponed, with one attempt more', async () => {
      const [entry] = await refuse(1);
      if (!entry) throw new Error('a retry');
      const refusal = { entry, code: 'OTHER', reason: 'still', dueAt: 9_000 };
      const settlement = settlementOf({ refused: [refusal] });
      expect(await destination.settleRetries(settlement)).toMatchObject({ written: 0, replaced: 0, failed: [] });
      expect(await due()).toEqual([{ ...entry, attempts: 1, code: 'OTHER', reason: 'still', dueAt: 9_000 }]);
      // The same once more, as after a lost answer: nothing is counted twice.
      expect(await destination.settleRetries(settlement)).toMatchObject({ replaced: 1 });
      expect(await due()).toMatchObject([{ attempts: 1 }]);
      expect(await counters()).toMatchObject({ retrying: 1, failed: 0 });
    });

    it('a retry refused for the last time is a failed record until its line is known to be written', async () => {
      const [entry] = await refuse(1);
      if (!entry) throw new Error('a retry');
      const settlement = settlementOf({ refused: [{ entry, code: 'C', reason: 'r', dueAt: null }], now: 77 });
      const failed = {
        ...entry,
        attempts: 1,
        code: 'C',
        reason: 'r',
        dueAt: null,
        failedAt: 77,
        settlementId: settlement.id,
      };
      expect(await destination.settleRetries(settlement)).toMatchObject({
        failed: [failed],
        counters: { retrying: 0, failed: 1 },
      });
      expect(await due()).toEqual([]);
      expect(await destination.nextRetryAt()).toBeNull();
      expect(await destination.unloggedFailures(100)).toEqual([failed]);
      await destination.markLogged([settlement.id]);
      expect(await destination.unloggedFailures(100)).toEqual([]);
      expect(await counters()).toMatchObject({ failed: 1 });
    });

    it('a refused entry without a time to try again is a failed record of its page', async () => {
      await chain.apply({ refused: [refusedEntry(idOf(1), { dueAt: null })] });
      expect(await destination.unloggedFailures(100)).toMatchObject([
        { failedAt: chain.now, settlementId: 'page-1', attempts: 0 },
      ]);
      await destination.markLogged(['page-1']);
      expect(await destination.unloggedFailures(100)).toEqual([]);
    });

    it('failed records of one settlement stand together, the oldest settlement first', async () => {
      const entries = await refuse(1, 2, 3, 4);
      const failing = (id: string, now: number, which: number[]) =>
        settlementOf({
          id,
          now,
          refused: which.map((k) => ({ entry: entries[k] as RetryEntry, code: 'C', reason: 'r', dueAt: null })),
        });
      await destination.settleRetries(failing('b', 5, [1, 3]));
      await destination.settleRetries(failing('a', 5, [0]));
      await destination.settleRetries(failing('c', 4, [2]));
      expect((await destination.unloggedFailures(100)).map(({ settlementId }) => settlementId)).toEqual([
        'c',
        'a',
        'b',
        'b',
      ]);
      const first = async (limit: number) => (await destination.unloggedFailures(limit)).map(({ id }) => id);
      expect(await first(2)).toEqual([idOf(3), idOf(1)]);
      // A settlement is never cut in two.
      expect(await first(3)).toEqual([idOf(3), idOf(1), idOf(2), idOf(4)]);
    });

    it('failed records are revived: due again, with all their attempts, and failed until they are written', async () => {
      const [one] = await refuse(1);
      if (!one) throw new Error('a retry');
      const ended = settlementOf({ refused: [{ entry: one, code: 'C', reason: 'r', dueAt: null }], now: 77 });
      await destination.settleRetries(ended);
      await chain.apply({ refused: [refusedEntry(idOf(2), { dueAt: null })] });
      expect(await destination.reviveFailures('contact', 123)).toBe(0);
      expect(await destination.reviveFailures('account', 123)).toBe(2);
      const revived = await due();
      expect(revived).toMatchObject([1, 2].map((n) => ({ id: idOf(n), attempts: 0, dueAt: 123 })));
      expect(revived[0]).toMatchObject({ failedAt: 77, settlementId: ended.id });
      expect(await destination.nextRetryAt()).toBe(123);
      expect(await counters()).toMatchObject({ retrying: 0, failed: 2 });
      await destination.settleRetries(settlementOf({ write: writing(revived, [rowOf(idOf(1)), rowOf(idOf(2))]) }));
      expect(await counters()).toEqual({ read: 2, applied: 2, replaced: 0, retrying: 0, failed: 0, regressed: 0 });
    });

    it('a revived record has its line until it is refused for the last time, and then another', async () => {
      await chain.apply({ refused: [refusedEntry(idOf(1), { dueAt: null })] });
      await destination.reviveFailures('account', 1);
      expect(await destination.unloggedFailures(100)).toMatchObject([{ settlementId: 'page-1' }]);
      await destination.markLogged(['page-1']);
      const refuseAgain = async (dueAt: number | null) => {
        const [entry] = await due();
        if (!entry) throw new Error('a revived record');
        const settlement = settlementOf({ refused: [{ entry, code: 'C', reason: 'r', dueAt }], now: 88 });
        return { id: settlement.id, settled: await destination.settleRetries(settlement) };
      };
      const postponed = await refuseAgain(9);
      expect(postponed.settled).toMatchObject({ failed: [], counters: { retrying: 0, failed: 1 } });
      expect(await destination.unloggedFailures(100)).toEqual([]);
      const { id, settled } = await refuseAgain(null);
      expect(settled).toMatchObject({ failed: [{ id: idOf(1), attempts: 2 }], counters: { retrying: 0, failed: 1 } });
      expect(await destination.unloggedFailures(100)).toMatchObject([{ settlementId: id, failedAt: 88 }]);
      expect(await due()).toEqual([]);
    });

    it('a revived record is replaced by a newer entry of its id', async () => {
      await chain.apply({ refused: [refusedEntry(idOf(1), { dueAt: null })] });
      await destination.reviveFailures('account', 1);
      await chain.apply({ rows: [rowOf(idOf(1))] });
      expect(await due()).toEqual([]);
      expect(await counters()).toEqual({ read: 2, applied: 1, replaced: 1, retrying: 0, failed: 0, regressed: 0 });
    });

    it('a settlement with a row that the database refuses changes nothing, in a trial or not', async () => {
      const entries = await refuse(1, 2);
      await harness.forbid({ name: 'bad' });
      const settlement = settlementOf({ write: writing(entries, [rowOf(idOf(1)), rowOf(idOf(2), { name: 'bad' })]) });
      for (const mode of ['trial', 'commit'] as const) {
        await expect(destination.settleRetries(settlement, mode)).rejects.toMatchObject({ code: 'RECORD_REFUSED' });
      }
      expect(await harness.rows(ACCOUNT)).toEqual([]);
      expect(await due()).toEqual(entries);
    });

    it('a trial of a settlement changes nothing', async () => {
      const entries = await refuse(1);
      const settlement = settlementOf({ write: writing(entries, [rowOf(idOf(1))]) });
      const trial = await destination.settleRetries(settlement, 'trial');
      expect(await due()).toEqual(entries);
      expect(await harness.rows(ACCOUNT)).toEqual([]);
      expect(await destination.settleRetries(settlement)).toEqual(trial);
    });

    it('another profile settles nothing', async () => {
      const entries = await refuse(1);
      const stranger = harness.open({ profileId: 'profile-2' });
      const settlement = settlementOf({ write: writing(entries, [rowOf(idOf(1))]) });
      await expect(stranger.settleRetries(settlement)).rejects.toMatchObject({ code: 'POSITION_MOVED' });
    });

    it('blobs are open as long as a retry or a failed record names them', async () => {
      const [first, second, third] = [
        refusedEntry(idOf(1)),
        refusedEntry(idOf(2), { dueAt: null }),
        refusedEntry(idOf(3)),
      ];
      await chain.apply({ refused: [first, second, third] });
      await chain.apply({ deletions: [idOf(3)] });
      const open = await destination.openBlobs([first.blob, second.blob, third.blob, 'unknown']);
      expect(open.toSorted()).toEqual([first.blob, second.blob].toSorted());
    });
  });
}
