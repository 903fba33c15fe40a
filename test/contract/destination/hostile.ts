import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Cell } from '../../../shared/dataverse/columns.ts';
import { exportColumns } from '../../../shared/dataverse/columns.ts';
import { attribute, Chain, type DestinationHarness, entityOf, idOf, type MakeHarness } from './harness.ts';

/** Texts that end names, literals, comments, COPY and lists of a dialect, each by its own means. */
const HOSTILE = [
  `x"; DROP TABLE dbo.crm_victim; --`,
  `x'; DROP TABLE dbo.crm_victim; --`,
  `x]; DROP TABLE [dbo].[crm_victim]; --`,
  'x`; DROP TABLE dbo.crm_victim; --',
  `$$; DROP TABLE dbo.crm_victim; $$`,
  `*/ DROP TABLE dbo.crm_victim; /*`,
  '\\.\nDROP TABLE dbo.crm_victim;\n',
  '{"a","b"}, NULL',
  '%s %I $1 :name ?',
  'ÀÉ ナマエ 😀 \u202e drawkcab',
];

const VICTIM = entityOf('victim', [attribute('name', 'StringType', { maxLength: 200 })]);

/** Whatever names and values say: they are names and values. */
export function describeHostile(name: string, make: MakeHarness): void {
  describe(`destination ${name}: hostile names and values`, () => {
    let harness: DestinationHarness;
    beforeEach(async () => {
      harness = await make();
      const chain = await new Chain(harness.open(), VICTIM).begin();
      await chain.apply({ rows: [[idOf(1), 'stands']] });
    });
    afterEach(async () => {
      expect((await harness.rows(VICTIM)).map(({ cells }) => cells.name)).toEqual(['stands']);
      await harness.close();
    });

    it.for(HOSTILE)('of an entity, its attributes, options and contents: %j', async (text, { skip }) => {
      skip(harness.lacks?.scripts !== undefined && /\P{ASCII}/u.test(text), harness.lacks?.scripts);
      const entity = entityOf(text, [
        attribute(text, 'StringType', { maxLength: 200 }),
        attribute(`${text}2`, 'PicklistType', {
          options: [{ value: 1, labels: [{ languageCode: 1033, text }] }],
          globalOptionSet: text,
        }),
        attribute(`${text}3`, 'LookupType', { targets: [text] }),
      ]);
      const columns = exportColumns(entity);
      const chain = await new Chain(harness.open(), entity).begin();
      await chain.destination.describe(entity);
      const row = columns.map(
        ({ type }, k): Cell => (k === 0 ? idOf(7) : type === 'string' ? text.slice(0, 60) : null),
      );
      expect(chain.destination.refusal({ columns }, row)).toBeNull();
      await chain.apply({ rows: [row], columns });
      await chain.apply({ rows: [row], columns, deletions: [text], deleteLog: true });
      const [held] = await harness.rows(entity);
      expect(columns.filter(({ type }) => type === 'string').map((column) => held?.cells[column.name])).toEqual(
        columns.filter(({ type }) => type === 'string').map(() => text.slice(0, 60)),
      );
      const wider = { ...entity, attributes: [...entity.attributes, attribute(`${text}4`, 'IntegerType')] };
      expect(await chain.destination.shape(wider)).toBe(true);
    });

    it.for(HOSTILE)('of a schema and prefix: %j', async (text, { skip }) => {
      skip(harness.lacks?.oddTypeNames !== undefined, harness.lacks?.oddTypeNames);
      const address = { schema: text, prefix: text };
      const chain = await new Chain(harness.open(address), VICTIM).begin();
      await chain.destination.describe(VICTIM);
      await chain.apply({ rows: [[idOf(2), 'elsewhere']], deletions: [idOf(3)], deleteLog: true });
      expect((await harness.rows(VICTIM, address)).map(({ cells }) => cells.name)).toEqual(['elsewhere']);
      expect(await chain.destination.existingTables(['victim', text])).toEqual(['victim']);
    });
  });
}
