import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { NO_COUNTERS, NOWHERE } from '../../../shared/destination/accounting.ts';
import { PERMISSION_CODES } from '../../../shared/destination/permissions.ts';
import type { Destination } from '../../../shared/destination/port.ts';
import {
  ACCOUNT,
  attribute,
  Chain,
  type DestinationHarness,
  entityOf,
  idOf,
  type MakeHarness,
  refusedEntry,
  rowOf,
  settlementOf,
} from './harness.ts';

/** What administrators ask of a destination: whether it can be used, and to take things away. */
export function describeAdministering(name: string, make: MakeHarness): void {
  describe(`destination ${name}: administering`, () => {
    let harness: DestinationHarness;
    let destination: Destination;
    beforeEach(async () => {
      harness = await make();
      destination = harness.open();
    });
    afterEach(() => harness.close());

    it('an examination says of each permission whether it is granted, before tables stand and after', async () => {
      for (const prepared of [false, true]) {
        if (prepared) await new Chain(destination).begin();
        const { permissions, readOnly, foreign } = await destination.examine(['account', 'contact'], {
          deleteLog: true,
        });
        expect(permissions.map(({ code }) => code)).toEqual(PERMISSION_CODES);
        expect(permissions.filter(({ state }) => state === 'missing')).toEqual([]);
        expect([readOnly, foreign]).toEqual([false, []]);
      }
    });

    it('a table fits when columns have to be added or widened alone', async () => {
      const thing = (type: 'StringType' | 'IntegerType', maxLength = 5) =>
        entityOf('thing', [attribute('a', type, { maxLength }), attribute('b', 'IntegerType')]);
      expect(await destination.misfit(thing('StringType'))).toBeNull();
      await destination.prepare({ deleteLog: false });
      await destination.shape(entityOf('thing', [attribute('a', 'StringType', { maxLength: 5 })]));
      expect(await destination.misfit(thing('StringType', 9))).toBeNull();
      expect(await destination.misfit(thing('IntegerType'))).toContain('column a of table');
    });

    it('an entity forgotten has no position, retry or failed record, and its table stays', async () => {
      const chain = await new Chain(destination).begin();
      await chain.apply({
        rows: [rowOf(idOf(1))],
        refused: [refusedEntry(idOf(2)), refusedEntry(idOf(3), { dueAt: null })],
      });
      await destination.forget('account');
      await destination.forget('account');
      expect(await destination.positions()).toEqual([]);
      expect(await destination.dueRetries(Number.MAX_SAFE_INTEGER, 9)).toEqual([]);
      expect(await destination.unloggedFailures(9)).toEqual([]);
      expect(await harness.rows(ACCOUNT)).toHaveLength(1);
    });

    it('another profile’s entity is not forgotten', async () => {
      await new Chain(destination).begin();
      await harness.open({ profileId: 'profile-2' }).forget('account');
      expect(await destination.positions()).toHaveLength(1);
    });

    it('a claim makes the tables a profile’s alone: places with neither past nor rows, those of former profiles included', async () => {
      const chain = await new Chain(destination).begin();
      await chain.apply({
        rows: [rowOf(idOf(1))],
        refused: [refusedEntry(idOf(2)), refusedEntry(idOf(3), { dueAt: null })],
        begins: ['snapshot'],
      });
      const before = await chain.position();
      const heir = harness.open({ profileId: 'heir' });
      for (let time = 0; time < 2; time++)
        expect(await heir.claim(['account', 'contact'], ['profile-1', 'nobody'])).toBe(true);
      const claimed = { profileId: 'heir', page: NOWHERE, number: 0, counters: NO_COUNTERS };
      expect(await heir.positions()).toMatchObject([
        { ...claimed, entity: 'account', stamp: before?.stamp },
        { ...claimed, entity: 'contact' },
      ]);
      expect(await heir.dueRetries(Number.MAX_SAFE_INTEGER, 9)).toEqual([]);
      expect(await heir.unloggedFailures(9)).toEqual([]);
      expect(await harness.rows(ACCOUNT)).toHaveLength(1);
    });

    it('a claim changes nothing while positions of others stand, and none of its own that has a past', async () => {
      const chain = await new Chain(destination).begin();
      const other = harness.open({ profileId: 'other' });
      expect(await other.claim(['contact'], ['nobody'])).toBe(false);
      expect(await destination.claim(['account', 'contact'], [])).toBe(true);
      expect(await destination.positions()).toMatchObject([
        { entity: 'account', page: chain.page },
        { entity: 'contact', page: NOWHERE },
      ]);
    });

    it('whose place was claimed is overtaken at whatever he does, and begins nothing beside it', async () => {
      const chain = await new Chain(destination).begin();
      const heir = harness.open({ profileId: 'heir' });
      await heir.claim(['account'], ['profile-1']);
      const batch = chain.next({ rows: [rowOf(idOf(1))] });
      await expect(destination.apply(batch)).rejects.toMatchObject({ code: 'POSITION_MOVED' });
      await expect(destination.settleRetries(settlementOf({}))).rejects.toMatchObject({ code: 'POSITION_MOVED' });
      await expect(destination.shape(ACCOUNT, 'page-0')).rejects.toMatchObject({ code: 'POSITION_MOVED' });
      for (const entity of ['account', 'contact'])
        for (const expected of ['page-0', null])
          expect(await destination.place(entity, expected, { page: 'mine', number: 9 })).toBe(false);
      await heir.shape(ACCOUNT, NOWHERE);
      expect(await heir.place('account', NOWHERE, { page: 'mark', number: 3 })).toBe(true);
      await heir.apply({ ...batch, expected: 'mark', to: { page: 'next', number: 4 } });
      expect(await harness.rows(ACCOUNT)).toHaveLength(1);
    });

    it('a place that was claimed begins above the stamps of the rows that are there', async () => {
      const chain = await new Chain(destination).begin();
      await chain.apply({ rows: [rowOf(idOf(1))] });
      await destination.forget('account');
      expect(await destination.claim(['account'], [])).toBe(true);
      await destination.place('account', NOWHERE, { page: 'mark', number: 3 });
      expect((await chain.position())?.stamp).toBe((await harness.rows(ACCOUNT))[0]?.modifiedOn);
    });

    it('nothing has to stand to be forgotten or dropped', async () => {
      await destination.forget('account');
      expect(await destination.drop('account')).toBe(false);
      expect(await destination.dropOwn()).toBe(false);
    });

    it('a table dropped is gone with its position, others stay; then Freshet’s own can be dropped', async () => {
      const contact = entityOf('contact', [attribute('name', 'StringType', { maxLength: 5 })]);
      await new Chain(destination).begin();
      await new Chain(destination, contact).begin();
      expect(await destination.drop('account')).toBe(true);
      expect(await destination.existingTables(['account', 'contact'])).toEqual(['contact']);
      expect((await destination.positions())?.map(({ entity }) => entity)).toEqual(['contact']);
      expect(await destination.dropOwn()).toBe(true);
      expect(await destination.positions()).toBeNull();
      expect(await destination.existingTables(['contact'])).toEqual(['contact']);
    });

    it('the metadata tables tell of the entities whose tables are these', async () => {
      expect(await destination.describes('account')).toBe(false);
      await new Chain(destination).begin();
      await destination.describe(ACCOUNT);
      expect(await destination.describes('account')).toBe(true);
      for (const other of ['contact', 'deletelog', 'freshetposition', ''])
        expect(await destination.describes(other)).toBe(false);
      expect(await harness.open({ prefix: '' }).describes('crm_account')).toBe(false);
    });

    it('retries of entities left out are not due', async () => {
      const chain = await new Chain(destination).begin();
      await chain.apply({ refused: [refusedEntry(idOf(2), { dueAt: 7 })] });
      expect(await destination.dueRetries(8, 9, ['contact'])).toHaveLength(1);
      expect(await destination.dueRetries(8, 9, ['account'])).toEqual([]);
      expect(await destination.nextRetryAt(['contact'])).toBe(7);
      expect(await destination.nextRetryAt(['account'])).toBeNull();
    });
  });
}
