import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { exportColumns } from '../../../shared/dataverse/columns.ts';
import {
  ACCOUNT,
  attribute,
  Chain,
  COLUMNS,
  type DestinationHarness,
  entityOf,
  idOf,
  type MakeHarness,
  refusedEntry,
  rowOf,
} from './harness.ts';

/** What a reconciliation asks of a destination: rows as they stand. */
export function describeReading(name: string, make: MakeHarness): void {
  describe(`destination ${name}: reading`, () => {
    let harness: DestinationHarness;
    let chain: Chain;
    beforeEach(async () => {
      harness = await make();
      chain = await new Chain(harness.open()).begin();
    });
    afterEach(() => harness.close());

    const read = (which: Parameters<Chain['destination']['heldRows']>[2]) =>
      chain.destination.heldRows('account', COLUMNS, which);

    it('rows are read by their ids, whatever their letter case; those that do not stand are left out', async () => {
      const lettered = 'abcdef00-0000-4000-8000-000000000001';
      await chain.apply({ rows: [idOf(1), idOf(2), lettered].map((id) => rowOf(id, { name: id.slice(-2) })) });
      const rows = await read({ ids: [lettered.toUpperCase(), idOf(2), idOf(7), 'no id'] });
      const named = COLUMNS.findIndex((column) => column.name === 'name');
      expect(rows.map(({ id, cells }) => [id, cells[named]]).toSorted()).toEqual([
        [idOf(2), '02'],
        [lettered, '01'],
      ]);
      expect(await read({ ids: [] })).toEqual([]);
    });

    it('a walk from id to id meets each row once', async () => {
      await chain.apply({ rows: Array.from({ length: 11 }, (_, k) => rowOf(idOf(k))) });
      const met: string[] = [];
      for (let after: string | null = null; ; ) {
        const rows = await chain.destination.heldRows('account', [], { after, limit: 4 });
        if (rows.length === 0) break;
        expect(rows.length).toBeLessThanOrEqual(4);
        met.push(...rows.map(({ id }) => id));
        after = met.at(-1) ?? null;
      }
      expect(met.toSorted()).toEqual(Array.from({ length: 11 }, (_, k) => idOf(k)).toSorted());
    });

    it('columns are told as wide as they stand, and those that do not stand are not told', async () => {
      const of = (precision: number, maxLength: number, more = false) =>
        entityOf('thing', [
          attribute('amount', 'DecimalType', { precision }),
          attribute('text', 'StringType', { maxLength }),
          ...(more ? [attribute('later', 'IntegerType')] : []),
        ]);
      const { destination } = chain;
      const wide = exportColumns(of(4, 50));
      expect(await destination.heldColumns('thing', wide)).toEqual([]);
      await destination.shape(of(4, 50));
      expect(await destination.heldColumns('thing', exportColumns(of(2, 9, true)))).toEqual(wide);
    });

    it('a value is read as its column holds it, though its attribute has fewer digits by now', async () => {
      const of = (precision: number) => entityOf('thing', [attribute('amount', 'DecimalType', { precision })]);
      const things = await new Chain(chain.destination, of(4)).begin();
      await things.apply({ rows: [[idOf(1), '1.23456']] });
      const columns = await chain.destination.heldColumns('thing', exportColumns(of(2)));
      const [row] = await chain.destination.heldRows('thing', columns, { ids: [idOf(1)] });
      expect(row?.cells).toEqual([idOf(1), '1.2346']);
    });

    it('ids with a retry or a failed record are told apart', async () => {
      await chain.apply({
        rows: [rowOf(idOf(1))],
        refused: [refusedEntry(idOf(2)), refusedEntry(idOf(3), { dueAt: null })],
      });
      const ids = [1, 2, 3, 4].map(idOf);
      expect((await chain.destination.refusedIds('account', ids)).toSorted()).toEqual([idOf(2), idOf(3)]);
      expect(await chain.destination.refusedIds('contact', ids)).toEqual([]);
    });

    it('a table that is gone holds no column', async () => {
      await harness.dropTable(ACCOUNT);
      expect(await chain.destination.heldColumns('account', COLUMNS)).toEqual([]);
    });
  });
}
