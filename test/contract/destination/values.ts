import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Cell } from '../../../shared/dataverse/columns.ts';
import { coarseDate } from '../../../shared/destination/cells.ts';
import { ACCOUNT, Chain, COLUMNS, type DestinationHarness, idOf, type MakeHarness, rowOf } from './harness.ts';

const RICH_TEXTS = [
  '',
  ' ',
  '\\',
  '\\N',
  '\\.',
  'a\tb\nc\r\nd',
  `'"\`;--$$`,
  '{a,"b"}',
  'NULL',
  '𝄞𝄞𝄞𝄞𝄞𝄞𝄞𝄞𝄞𝄞',
  'z\u0301\u200d\ufeff\u2028',
  '\u0001\u0008\u000b\u001f\u007f',
];

/** Value given, and value held when it is another. */
const EDGES: readonly (readonly [name: string, given: Cell, held?: Cell])[] = [
  ['createdon', '0001-01-01T00:00:00Z', '0001-01-01T00:00:00.000Z'],
  ['createdon', '1753-01-01T00:00:00Z', '1753-01-01T00:00:00.000Z'],
  ['createdon', '1899-12-31', '1899-12-31T00:00:00.000Z'],
  ['createdon', '2024-02-29T23:59:59.997Z'],
  ['createdon', '9999-12-31T23:59:59.9999999Z', '9999-12-31T23:59:59.999Z'],
  ['versionnumber', '9223372036854775807'],
  ['versionnumber', '-9223372036854775808'],
  ['versionnumber', '9007199254740993'],
  ['versionnumber', 12345, '12345'],
  ['numberofemployees', 2147483647],
  ['numberofemployees', -2147483648],
  ['revenue', `${'9'.repeat(36)}.99`],
  ['revenue', `-${'9'.repeat(36)}.99`],
  ['revenue', '0.005', '0.01'],
  ['revenue', '-0.001', '0.00'],
  ['revenue', 1.5, '1.50'],
  ['revenue', '1E-1', '0.10'],
  ['exchangerate', '0.0000000001'],
  ['exchangerate', '1234567890123456789012345678.0123456789'],
  ['exchangerate', '9007199254740993.0000000001'],
  ['donotphone', true],
  ['donotphone', false],
  ['ownerid', '6C2B4B1E-0000-4ABC-8DEF-0123456789AB', '6c2b4b1e-0000-4abc-8def-0123456789ab'],
  ['ownerid_entitytype', 'systemuser'],
  ...RICH_TEXTS.map((text) => ['name', text] as const),
  ...RICH_TEXTS.map((text) => ['description', text.repeat(200)] as const),
];

/** Those that the database's dates can hold, as it holds them. */
function edgesOf({ dates: { firstYear, coarse } }: DestinationHarness): typeof EDGES {
  return EDGES.filter(([name, given]) => name !== 'createdon' || Number(String(given).slice(0, 4)) >= firstYear).map(
    ([name, given, held = given]) => [name, given, coarse && name === 'createdon' ? coarseDate(String(held)) : held],
  );
}

const REFUSED: readonly (readonly [name: string, given: Cell])[] = [
  ['name', 'x'.repeat(21)],
  ['name', '𝄞'.repeat(11)],
  ['name', 'a\0b'],
  ['description', '\0'],
  ['name', '\ud800'],
  ['description', 'x\udc00y'],
  ['numberofemployees', 2147483648],
  ['numberofemployees', '-2147483649'],
  ['numberofemployees', 1.5],
  ['numberofemployees', 'many'],
  ['numberofemployees', true],
  ['versionnumber', '9223372036854775808'],
  ['versionnumber', 2 ** 63],
  ['versionnumber', ''],
  ['revenue', '1'.padEnd(37, '0')],
  ['revenue', `${'9'.repeat(36)}.995`],
  ['revenue', '1e36'],
  ['revenue', 'NaN'],
  ['revenue', 'Infinity'],
  ['revenue', '.'],
  ['donotphone', 'yes'],
  ['donotphone', 2],
  ['ownerid', 'not a uuid'],
  ['ownerid', '{6c2b4b1e-0000-4abc-8def-0123456789ab}'],
  ['createdon', '0000-12-31T00:00:00Z'],
  ['createdon', '10000-01-01T00:00:00Z'],
  ['createdon', '2023-02-29T00:00:00Z'],
  ['createdon', '2024-13-01T00:00:00Z'],
  ['createdon', '2024-01-01T24:00:00Z'],
  ['createdon', '2024-01-01T10:00:00+02:00'],
  ['createdon', 'yesterday'],
  ['createdon', 20240101],
];

export function describeValues(name: string, make: MakeHarness): void {
  describe(`destination ${name}: values`, () => {
    let harness: DestinationHarness;
    let chain: Chain;
    beforeAll(async () => {
      harness = await make();
      chain = await new Chain(harness.open()).begin();
    });
    afterAll(() => harness.close());

    const held = async () => (await harness.rows(ACCOUNT)).map(({ cells }) => cells);

    it.each([1, 40])('values at the edge of their type are held, in small batches and large (× %i)', async (times) => {
      const edges = edgesOf(harness);
      const rows = Array.from({ length: times }, (_, n) =>
        edges.map(([column, given], k) => rowOf(idOf(n * edges.length + k), { [column]: given })),
      ).flat();
      for (const row of rows) expect(chain.destination.refusal({ columns: COLUMNS }, row)).toBeNull();
      await chain.apply({ rows });
      const standing = await held();
      const ids = rows.map(([id]) => id);
      rows.forEach((_, n) => {
        const [column, given, expected = given] = edges[n % edges.length] ?? ['', null];
        expect(standing[n]?.[column]).toEqual(expected);
      });
      const columns = await chain.destination.heldColumns('account', COLUMNS);
      for (const { id, cells } of await chain.destination.heldRows('account', columns, { after: null, limit: 9_999 }))
        expect(cells).toEqual(columns.map(({ name }) => standing[ids.indexOf(id)]?.[name] ?? null));
    });

    it.each(REFUSED)('what %s cannot hold is refused without the database: %j', (column, given) => {
      const reason = chain.destination.refusal({ columns: COLUMNS }, rowOf(idOf(1), { [column]: given }));
      expect(reason).toContain(`[${column}`);
    });

    it('a text that is too long is refused in the words of the original', () => {
      const refusal = chain.destination.refusal({ columns: COLUMNS }, rowOf(idOf(1), { name: 'x'.repeat(21) }));
      expect(refusal).toBe('String length in source longer than destination schema for [name, 20]');
    });

    it('a row without an id is refused', () => {
      expect(chain.destination.refusal({ columns: COLUMNS }, rowOf('', {}))).toContain('accountid');
      expect(chain.destination.refusal({ columns: COLUMNS }, [null, ...rowOf('').slice(1)])).toContain('accountid');
    });

    it('a memo of a million characters, an empty text and no text are three different things', async () => {
      const million = 'é😀\n'.repeat(262_144);
      const rows = [million, '', null].map((description, k) => rowOf(idOf(k), { description }));
      for (const row of rows) expect(chain.destination.refusal({ columns: COLUMNS }, row)).toBeNull();
      await chain.apply({ rows });
      expect((await held()).slice(0, 3).map(({ description }) => description)).toEqual([million, '', null]);
    });

    it('any text that is not refused is held as it is, by either way into the table', async () => {
      const text = fc.string({ unit: 'binary', maxLength: 30 });
      await fc.assert(
        fc.asyncProperty(
          fc.array(text, { minLength: 1, maxLength: 12 }),
          fc.constantFrom(1, 700),
          async (texts, times) => {
            const rows = Array.from({ length: texts.length * times }, (_, n) =>
              rowOf(idOf(n), { description: texts[n % texts.length] ?? null }),
            );
            const writable = rows.filter((row) => chain.destination.refusal({ columns: COLUMNS }, row) === null);
            await chain.apply({ rows: writable });
            const byId = new Map((await held()).map((cells) => [cells.accountid, cells.description]));
            for (const row of writable) expect(byId.get(row[0] as string)).toBe(row[DESCRIPTION]);
          },
        ),
        { numRuns: 12 },
      );
    });
  });
}

const DESCRIPTION = COLUMNS.findIndex((column) => column.name === 'description');
