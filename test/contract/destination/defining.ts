import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { exportColumns } from '../../../shared/dataverse/columns.ts';
import type { Attribute } from '../../../shared/dataverse/metadata.ts';
import type { Destination } from '../../../shared/destination/port.ts';
import {
  ACCOUNT,
  attribute,
  Chain,
  type DestinationHarness,
  entityOf,
  idOf,
  type MakeHarness,
  rowOf,
} from './harness.ts';

export function describeDefining(name: string, make: MakeHarness): void {
  describe(`destination ${name}: defining`, () => {
    let harness: DestinationHarness;
    let destination: Destination;
    beforeEach(async () => {
      harness = await make();
      destination = harness.open();
    });
    afterEach(() => harness.close());

    const thing = (...attributes: Attribute[]) => entityOf('thing', attributes);

    it('a database without own tables has no positions, with them an empty list', async () => {
      expect(await destination.positions()).toBeNull();
      await destination.prepare({ deleteLog: false });
      expect(await destination.positions()).toEqual([]);
    });

    it('preparing, shaping and describing can be repeated, and by two at once', async () => {
      const other = harness.open();
      await Promise.all([destination.prepare({ deleteLog: true }), other.prepare({ deleteLog: true })]);
      await Promise.all([destination.shape(ACCOUNT), other.shape(ACCOUNT)]);
      await Promise.all([destination.describe(ACCOUNT), other.describe(ACCOUNT)]);
      const chain = new Chain(destination);
      await chain.begin();
      await chain.apply({ rows: [rowOf(idOf(1))] });
      await chain.begin();
      expect(await harness.rows(ACCOUNT)).toHaveLength(1);
      expect(await chain.position()).toMatchObject({ page: 'page-1' });
    });

    it('tables that stand are found under their own prefix alone', async () => {
      await destination.prepare({ deleteLog: false });
      await destination.shape(ACCOUNT);
      expect(await destination.existingTables(['Account', 'contact'])).toEqual(['account']);
      expect(await harness.open({ prefix: '' }).existingTables(['account'])).toEqual([]);
      expect(await harness.open({ schema: 'other' }).existingTables(['account'])).toEqual([]);
    });

    it('tables without a prefix stand beside those with one', async () => {
      const bare = await new Chain(harness.open({ prefix: '' })).begin();
      const chain = await new Chain(destination).begin();
      await bare.apply({ rows: [rowOf(idOf(1))] });
      await chain.apply({ rows: [rowOf(idOf(2))] });
      expect((await harness.rows(ACCOUNT, { prefix: '' })).map(({ id }) => id)).toEqual([idOf(1)]);
      expect((await harness.rows(ACCOUNT)).map(({ id }) => id)).toEqual([idOf(2)]);
    });

    it('a new attribute gets a column, and one that is gone keeps its own', async () => {
      const before = thing(attribute('a', 'IntegerType'));
      const after = thing(attribute('b', 'StringType', { maxLength: 5 }));
      const chain = await new Chain(destination, before).begin();
      await chain.apply({ rows: [[idOf(1), 1]] });
      await destination.shape(after);
      await chain.apply({ rows: [[idOf(1), 'x']], columns: exportColumns(after) });
      const both = thing(attribute('a', 'IntegerType'), attribute('b', 'StringType', { maxLength: 5 }));
      expect((await harness.rows(both)).map(({ cells }) => cells)).toEqual([{ thingid: idOf(1), a: 1, b: 'x' }]);
    });

    it.each([
      [
        'a longer text',
        attribute('x', 'StringType', { maxLength: 5 }),
        attribute('x', 'StringType', { maxLength: 9 }),
        'abc',
        '123456789',
      ],
      [
        'text without a length',
        attribute('x', 'StringType', { maxLength: 5 }),
        attribute('x', 'MemoType'),
        'abc',
        'x'.repeat(9_000),
      ],
      [
        'more digits after the point',
        attribute('x', 'DecimalType', { precision: 2 }),
        attribute('x', 'DecimalType', { precision: 4 }),
        '1.50',
        '1.2345',
      ],
      ['a larger whole number', attribute('x', 'IntegerType'), attribute('x', 'BigIntType'), 7, '9223372036854775807'],
    ])('a column is widened to %s', async (_, before, after, old, wide) => {
      const chain = await new Chain(destination, thing(before)).begin();
      await chain.apply({ rows: [[idOf(1), old]] });
      await destination.shape(thing(after));
      await chain.apply({ rows: [[idOf(2), wide]], columns: exportColumns(thing(after)) });
      const [kept, written] = await harness.rows(thing(after));
      expect(Number.isNaN(Number(old)) ? kept?.cells.x : Number(kept?.cells.x)).toBe(
        Number.isNaN(Number(old)) ? old : Number(old),
      );
      expect(written?.cells.x).toBe(wide);
    });

    it.each([
      [
        'a shorter text',
        attribute('x', 'StringType', { maxLength: 9 }),
        attribute('x', 'StringType', { maxLength: 5 }),
        '123456789',
      ],
      ['a length', attribute('x', 'MemoType'), attribute('x', 'StringType', { maxLength: 5 }), '123456789'],
      [
        'fewer digits',
        attribute('x', 'DecimalType', { precision: 4 }),
        attribute('x', 'DecimalType', { precision: 2 }),
        '1.2345',
      ],
      ['a smaller number', attribute('x', 'BigIntType'), attribute('x', 'IntegerType'), '9223372036854775807'],
    ])('a column is never narrowed to %s', async (_, before, after, wide) => {
      const chain = await new Chain(destination, thing(before)).begin();
      await destination.shape(thing(after));
      await chain.apply({ rows: [[idOf(1), wide]], columns: exportColumns(thing(before)) });
      expect((await harness.rows(thing(before)))[0]?.cells.x).toBe(wide);
    });

    it('whoever was overtaken changes no table by an older definition: the position must stand where he knows it', async () => {
      const before = thing(attribute('size', 'IntegerType'));
      const after = thing(attribute('size', 'StringType', { maxLength: 10 }));
      await destination.prepare({ deleteLog: false });
      expect(await destination.shape(before, null)).toBe(true);
      const chain = await new Chain(destination, after).begin();
      await destination.describe(after, chain.page);
      await chain.apply({ rows: [[idOf(1), 'large']] });
      for (const at of [null, 'page-0']) {
        await expect(destination.shape(before, at)).rejects.toMatchObject({ code: 'POSITION_MOVED' });
        await expect(destination.describe(before, at)).rejects.toMatchObject({ code: 'POSITION_MOVED' });
      }
      const twin = harness.open({ profileId: 'profile-2' });
      await expect(twin.shape(before, chain.page)).rejects.toMatchObject({ code: 'POSITION_MOVED' });
      expect((await harness.rows(after))[0]?.cells).toMatchObject({ size: 'large' });
      expect(await destination.shape(after, chain.page)).toBe(false);
    });

    it('an attribute that came back with another type gets its column, and the old one is set aside with its values', async () => {
      const before = thing(attribute('size', 'IntegerType'));
      const after = thing(attribute('size', 'StringType', { maxLength: 10 }));
      const aside = thing(attribute('size', 'StringType', { maxLength: 10 }), attribute('size_was', 'IntegerType'));
      const chain = await new Chain(destination, before).begin();
      await chain.apply({ rows: [[idOf(1), 7]] });
      expect(await destination.shape(after)).toBe(true);
      expect(await destination.shape(after)).toBe(false);
      expect((await harness.rows(aside))[0]?.cells).toMatchObject({ size: null, size_was: 7 });
      await chain.apply({ rows: [[idOf(1), 'large']], columns: exportColumns(after) });
      expect((await harness.rows(aside))[0]?.cells).toMatchObject({ size: 'large', size_was: 7 });
      await destination.shape(before);
      const again = thing(
        attribute('size', 'IntegerType'),
        attribute('size_was', 'IntegerType'),
        attribute('size_was2', 'StringType', { maxLength: 10 }),
      );
      expect((await harness.rows(again))[0]?.cells).toMatchObject({ size: null, size_was: 7, size_was2: 'large' });
    });

    it('an attribute named like a column of our own has no column', async () => {
      const odd = entityOf('odd', [
        attribute('id', 'IntegerType'),
        attribute('sinkcreatedon', 'DateTimeType'),
        attribute('b', 'IntegerType'),
      ]);
      const chain = await new Chain(destination, odd).begin();
      await chain.apply({ rows: [rowOf(idOf(1), { id: 5, sinkcreatedon: '2020-01-01', b: 6 }, exportColumns(odd))] });
      expect(await harness.rows(odd)).toMatchObject([
        { id: idOf(1), createdOn: chain.now, cells: { oddid: idOf(1), b: 6 } },
      ]);
    });

    it('an entity table dropped by hand is told as a changed schema, and made anew by shaping', async () => {
      const chain = await new Chain(destination).begin();
      await chain.apply({ rows: [rowOf(idOf(1))] });
      await harness.dropTable(ACCOUNT);
      const before = await destination.positions();
      await expect(destination.apply(chain.next({ rows: [rowOf(idOf(2))] }))).rejects.toMatchObject({
        code: 'DESTINATION_SCHEMA_CHANGED',
      });
      expect(await destination.positions()).toEqual(before);
      await destination.shape(ACCOUNT);
      await chain.apply({ rows: [rowOf(idOf(2))] });
      expect(await harness.rows(ACCOUNT)).toHaveLength(1);
    });

    it('own tables dropped by hand leave no positions, and nothing can be applied', async () => {
      const chain = await new Chain(destination).begin();
      await harness.dropOwnTables();
      expect(await destination.positions()).toBeNull();
      await expect(destination.apply(chain.next({ rows: [rowOf(idOf(1))] }))).rejects.toMatchObject({
        code: 'DESTINATION_SCHEMA_CHANGED',
      });
      expect(await harness.rows(ACCOUNT)).toEqual([]);
    });

    it('a column that the table lacks is told as a changed schema', async () => {
      const chain = await new Chain(destination, thing(attribute('a', 'IntegerType'))).begin();
      const columns = exportColumns(thing(attribute('b', 'IntegerType')));
      await expect(destination.apply(chain.next({ rows: [[idOf(1), 1]], columns }))).rejects.toMatchObject({
        code: 'DESTINATION_SCHEMA_CHANGED',
      });
    });

    it.for(HOSTILE_NAMES)('names are never anything but names: %j', async (hostile, { skip }) => {
      skip(harness.lacks?.oddTypeNames !== undefined && !/^[a-z]+$/.test(hostile), harness.lacks?.oddTypeNames);
      skip(harness.lacks?.longNames !== undefined && hostile.length > 63, harness.lacks?.longNames);
      const bystander = await new Chain(destination).begin();
      await bystander.apply({ rows: [rowOf(idOf(1), { name: 'stands' })] });
      const address = { schema: hostile, prefix: hostile };
      const labels = [{ languageCode: 1033, text: hostile }];
      const entity = entityOf(hostile, [
        attribute(`${hostile}x`, 'StringType', { maxLength: 100 }),
        attribute('statecode', 'StateType', { options: [{ value: 0, labels }] }),
        attribute(`${hostile}y`, 'PicklistType', { options: [{ value: 1, labels }], globalOptionSet: hostile }),
      ]);
      const chain = new Chain(harness.open(address), entity);
      await chain.begin();
      await chain.destination.describe(entity);
      const columns = exportColumns(entity);
      await chain.apply({
        rows: [rowOf(idOf(2), { [`${hostile}x`.toLowerCase()]: hostile }, columns)],
        deleteLog: true,
      });
      await chain.apply({ deletions: [idOf(3)], deleteLog: true });
      expect(await chain.destination.existingTables([hostile])).toEqual([hostile.toLowerCase()]);
      expect((await harness.rows(entity, address)).map(({ cells }) => cells[`${hostile}x`.toLowerCase()])).toEqual([
        hostile,
      ]);
      expect((await harness.rows(ACCOUNT)).map(({ cells }) => cells.name)).toEqual(['stands']);
    });
  });
}

const HOSTILE_NAMES = [
  `a"; DROP TABLE "dbo"."crm_account"; --`,
  `a'; DROP TABLE dbo.crm_account; --`,
  `$1 %s \\ ' " \` ] [ ?`,
  `select`,
  `Ünïcödé 名前 🎉`,
  `x${'y'.repeat(80)}`,
];
