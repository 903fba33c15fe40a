import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { maskValue } from '../../../shared/environment-databases/masks.ts';
import type { DatabaseFacts } from '../../../shared/environment-databases/model.ts';
import type { EnvironmentDatabases } from '../../../shared/environment-databases/port.ts';
import type { Condition, ScrubRule } from '../../../shared/environment-databases/scrub-rules.ts';
import {
  apply,
  copyOf,
  type EnvironmentHarness,
  type MakeHarness,
  never,
  RANGE_ROWS,
  type Row,
  ruleOf,
  type Tables,
  texts,
  unseen,
} from './harness.ts';

const TEXT_COLUMN = { kind: 'text', maxLength: 200 } as const;
const VALUES = ['a@b.example', 'A@B.EXAMPLE', '100%', '_', '', null, 'x\\y', "o'clock", '+49 30 1234567', 'Ümläut 9'];

/** Texts that end names, literals and comments of a dialect, or mean something in a pattern. */
const HOSTILE = [
  `x"; DROP TABLE dbo."Table"; --`,
  `x'; DROP TABLE dbo."Table"; --`,
  '$$; x',
  '%',
  '\\',
  '$1 :name ?',
  '😀 \u202e',
];

export function describeScrubbing(name: string, make: MakeHarness): void {
  describe(`environment databases ${name}: scrubbing`, () => {
    let harness: EnvironmentHarness;
    let databases: EnvironmentDatabases;
    let source: string;
    let copy: DatabaseFacts;
    beforeEach(async () => {
      harness = await make();
      databases = await harness.open();
    });
    afterEach(() => harness.close());

    async function begin(tables: Tables): Promise<void> {
      source = await harness.create(tables);
      copy = await copyOf(databases, harness, source);
    }

    /** Counts, applies twice, verifies; the rows afterwards. */
    async function run(rule: ScrubRule, table = 'Table'): Promise<{ rows: Row[]; touched: number }> {
      const counted = await databases.countRule(copy.id, rule);
      const first = await apply(databases, copy.id, rule);
      expect(first).toEqual({ status: 'applied', tables: [`dbo.${table}`], rows: counted });
      const rows = await harness.rows(copy.name, table);
      expect(await apply(databases, copy.id, rule)).toEqual(first);
      expect(await harness.rows(copy.name, table)).toEqual(rows);
      expect(await databases.verifyRule(copy.id, rule, harness.connection(source))).toEqual([]);
      return { rows, touched: first.rows };
    }

    const where = (...conditions: Condition[]) => ({ where: conditions });

    it('truncate takes all rows', async () => {
      await begin({ Table: texts(VALUES) });
      expect(await run(ruleOf({ table: 'Table', action: 'truncate' }))).toEqual({ rows: [], touched: VALUES.length });
      expect(await harness.rows(source, 'Table')).toEqual(texts(VALUES));
    });

    it('set changes what is not so already, null included', async () => {
      await begin({ Table: texts(VALUES) });
      const { rows, touched } = await run(ruleOf({ table: 'Table', action: 'set', column: 'VALUE', value: '' }));
      expect(touched).toBe(VALUES.length - 1);
      expect(rows).toEqual(texts(VALUES.map(() => '')));
    });

    it('null empties a column', async () => {
      await begin({ Table: texts(VALUES) });
      const { rows } = await run(ruleOf({ table: 'Table', action: 'null', column: 'VALUE' }));
      expect(rows).toEqual(texts(VALUES.map(() => null)));
    });

    it('names are compared without regard to case, and a schema may be given', async () => {
      await begin({ Table: texts(VALUES) });
      for (const table of ['tABLE', 'DBO.table']) {
        const rule = ruleOf({ table, action: 'null', column: 'value' });
        expect(await databases.countRule(copy.id, rule)).toBe(VALUES.length - 1);
      }
      expect(await databases.countRule(copy.id, ruleOf({ table: 'other.Table', action: 'truncate' }))).toBeNull();
    });

    const CONDITIONS: readonly [string, Condition, readonly number[]][] = [
      ['=', { column: 'VALUE', op: '=', value: 'a@b.example' }, [1]],
      ['= in any case', { column: 'VALUE', op: '=', value: 'a@B.example', ignoreCase: true }, [1, 2]],
      ['<> means NULL, too', { column: 'VALUE', op: '<>', value: 'a@b.example' }, [2, 3, 4, 5, 6, 7, 8, 9, 10]],
      ['in', { column: 'VALUE', op: 'in', value: ['', "o'clock"] }, [5, 8]],
      [
        'notIn means NULL, too',
        { column: 'VALUE', op: 'notIn', value: VALUES.slice(1).filter((one) => one !== null) },
        [1, 6],
      ],
      ['like', { column: 'VALUE', op: 'like', value: '%@b.%' }, [1]],
      ['like in any case', { column: 'VALUE', op: 'like', value: '%@b.%', ignoreCase: true }, [1, 2]],
      ['_ of like is one character', { column: 'VALUE', op: 'like', value: '_' }, [4]],
      ['like knows no escapes', { column: 'VALUE', op: 'like', value: '%\\%' }, [7]],
      ['notLike means NULL, too', { column: 'VALUE', op: 'notLike', value: '%_%' }, [5, 6]],
      ['isNull', { column: 'VALUE', op: 'isNull' }, [6]],
      ['notNull', { column: 'VALUE', op: 'notNull' }, [1, 2, 3, 4, 5, 7, 8, 9, 10]],
      ['numbers', { column: 'RECID', op: 'in', value: [1, 2, 99] }, [1, 2]],
      ['a text that is a number', { column: 'RECID', op: '=', value: '7' }, [7]],
      ['a text that is none', { column: 'RECID', op: '=', value: 'seven' }, []],
    ];
    it('delete takes the rows that meet its conditions', async () => {
      const names = CONDITIONS.map((_, k) => `Table${k}`);
      await begin(Object.fromEntries(names.map((table) => [table, texts(VALUES)])));
      for (const [k, [what, condition, taken]] of CONDITIONS.entries()) {
        const table = `Table${k}`;
        const { rows } = await run(ruleOf({ table, action: 'delete', ...where(condition) }), table);
        const left = texts(VALUES).filter(({ RECID }) => !taken.includes(Number(RECID)));
        expect([what, rows]).toEqual([what, left]);
      }
    });

    it('all conditions have to be met', async () => {
      await begin({ Table: texts(VALUES) });
      const { rows } = await run(
        ruleOf({
          table: 'Table',
          action: 'set',
          column: 'VALUE',
          value: 'set',
          ...where({ column: 'VALUE', op: 'notNull' }, { column: 'RECID', op: 'notIn', value: [1, 2, 3] }),
        }),
      );
      expect(rows.filter(({ VALUE }) => VALUE === 'set').map(({ RECID }) => RECID)).toEqual([4, 5, 7, 8, 9, 10]);
    });

    it('hostile values and names are values and names', async () => {
      const hostile = HOSTILE.filter((text) => harness.tells?.(text) ?? true);
      const tables = hostile.map((text): [string, Row[]] => [text, [{ RECID: 1, [text]: text }]]);
      await begin({ Table: texts([...hostile, 'other']), ...Object.fromEntries(tables) });
      for (const text of hostile) {
        const is = where({ column: text, op: '=', value: text });
        const set = ruleOf({ table: text, action: 'set', column: text, value: `${text}!`, ...is });
        expect((await run(set, text)).rows).toEqual([{ RECID: 1, [text]: `${text}!` }]);
        await run(ruleOf({ table: text, action: 'mask', column: text, mask: 'hash', seed: text }), text);
        const taken = where({ column: 'VALUE', op: 'in', value: [text] });
        expect(await run(ruleOf({ table: 'Table', action: 'delete', ...taken }))).toMatchObject({ touched: 1 });
      }
      expect(await harness.rows(copy.name, 'Table')).toEqual([{ RECID: hostile.length + 1, VALUE: 'other' }]);
    });

    it('a table that is not there is skipped', async () => {
      await begin({ Table: texts(VALUES) });
      const rule = ruleOf({ table: 'Elsewhere', action: 'truncate' });
      expect(await databases.countRule(copy.id, rule)).toBeNull();
      expect(await apply(databases, copy.id, rule)).toEqual({ status: 'skipped', tables: [], rows: 0 });
      expect(await databases.verifyRule(copy.id, rule, harness.connection(source))).toEqual([]);
    });

    it('a column that is not there is told, and nothing is done', async () => {
      await begin({ Table: texts(VALUES) });
      const rule = ruleOf({ table: 'Table', action: 'delete', ...where({ column: 'GONE', op: 'isNull' }) });
      await expect(databases.countRule(copy.id, rule)).rejects.toMatchObject({ code: 'SCRUB_COLUMN_MISSING' });
      await expect(apply(databases, copy.id, rule)).rejects.toMatchObject({ code: 'SCRUB_COLUMN_MISSING' });
      expect(await harness.rows(copy.name, 'Table')).toEqual(texts(VALUES));
    });

    it.each([
      ['a column that takes no NULL', { action: 'null' }, 'SCRUB_COLUMN_NOT_WRITABLE'],
      ['a value that its column would not hold', { action: 'set', value: 'x' }, 'SCRUB_VALUE_UNFIT'],
    ] as const)('%s is told before a row is touched', async (_, change, code) => {
      await begin({ Table: texts(VALUES) });
      const rule = ruleOf({ table: 'Table', column: 'RECID', ...change });
      const refused = { code };
      await expect(databases.countRule(copy.id, rule)).rejects.toMatchObject(refused);
      await expect(apply(databases, copy.id, rule)).rejects.toMatchObject(refused);
      expect(await harness.rows(copy.name, 'Table')).toEqual(texts(VALUES));
    });

    it('rules touch copies before their finish and nothing else', async () => {
      await begin({ Table: texts(VALUES) });
      const rule = ruleOf({ table: 'Table', action: 'truncate' });
      const inService = await databases.find(source);
      await expect(apply(databases, inService?.id ?? '', rule)).rejects.toMatchObject({ code: 'SCRUB_NOT_A_COPY' });
      await databases.finish(copy.id);
      await expect(apply(databases, copy.id, rule)).rejects.toMatchObject({ code: 'SCRUB_NOT_A_COPY' });
      expect(await harness.rows(source, 'Table')).toEqual(texts(VALUES));
      expect(await harness.rows(copy.name, 'Table')).toEqual(texts(VALUES));
    });

    it('a cancelled rule stops between two ranges and goes on where it was', async () => {
      await begin({ Table: texts(VALUES) });
      const rule = ruleOf({ table: 'Table', action: 'mask', column: 'VALUE', mask: 'hash' });
      const controller = new AbortController();
      const cancelled = databases.applyRule(copy.id, rule, () => controller.abort(), controller.signal);
      await expect(cancelled).rejects.toMatchObject({ code: 'COPY_CANCELLED' });
      const rows = await harness.rows(copy.name, 'Table');
      const masked = rows.filter(({ VALUE }, k) => VALUE !== VALUES[k]);
      expect(masked.length).toBeGreaterThan(0);
      expect(masked.length).toBeLessThanOrEqual(RANGE_ROWS);
      const touched = await databases.countRule(copy.id, rule);
      expect((await apply(databases, copy.id, rule)).rows).toBe(touched);
      const after = await harness.rows(copy.name, 'Table');
      expect(after.slice(0, RANGE_ROWS)).toEqual(rows.slice(0, RANGE_ROWS));
    });

    it.each(['keepFormat', 'hash', 'fake'] as const)(
      'mask %s: as the seed says, and never the value itself',
      async (mask) => {
        await begin({ Table: texts(VALUES) });
        const { rows } = await run(ruleOf({ table: 'Table', action: 'mask', column: 'VALUE', mask, seed: 'seed' }));
        expect(rows).toEqual(
          texts(VALUES.map((value) => (value === null ? null : maskValue(mask, 'seed', TEXT_COLUMN, value)))),
        );
      },
    );

    it('without a seed two copies are masked differently', async () => {
      await begin({ Table: texts(VALUES) });
      const rule = ruleOf({ table: 'Table', action: 'mask', column: 'VALUE', mask: 'hash' });
      await apply(databases, copy.id, rule);
      const other = await copyOf(databases, harness, source);
      await apply(databases, other.id, rule);
      const [one, two] = [await harness.rows(copy.name, 'Table'), await harness.rows(other.name, 'Table')];
      expect(one[0]?.VALUE).not.toBe(two[0]?.VALUE);
    });

    it('a mask is applied once, wherever runs of it break off', { timeout: 600_000 }, async () => {
      const value = fc.oneof(fc.string({ maxLength: 30, unit: 'grapheme-ascii' }), fc.constant(null));
      await fc.assert(
        fc.asyncProperty(
          fc.array(value, { maxLength: 14 }),
          fc.array(fc.nat(4), { maxLength: 4 }),
          async (values, breaks) => {
            const database = await harness.create({ Table: [{ RECID: 0, VALUE: 'first' }, ...texts(values)] });
            const { id, name: made } = await copyOf(databases, harness, database);
            const rule = ruleOf({
              table: 'Table',
              action: 'mask',
              column: 'VALUE',
              mask: 'keepFormat',
              seed: 's',
            });
            for (const ranges of breaks) await breakOff(id, rule, ranges);
            await apply(databases, id, rule);
            const masked = texts(values).map((row) => ({
              ...row,
              VALUE: row.VALUE === null ? null : maskValue('keepFormat', 's', TEXT_COLUMN, String(row.VALUE)),
            }));
            expect((await harness.rows(made, 'Table')).slice(1)).toEqual(masked);
            await databases.drop(id);
          },
        ),
        { numRuns: 8 },
      );
    });

    /** Like a process that dies after so many ranges. */
    async function breakOff(id: string, rule: ScrubRule, ranges: number): Promise<void> {
      let told = 0;
      const watch = () => {
        told += 1;
        if (told > ranges) throw new Error('the process died');
      };
      await databases.applyRule(id, rule, watch, never()).catch(unseen);
    }

    it('verification finds rows and values that a rule should have left none of', async () => {
      await begin({ Table: texts(VALUES), Other: texts(VALUES), Third: texts(VALUES) });
      const deleting = ruleOf({
        table: 'Table',
        action: 'delete',
        ...where({ column: 'VALUE', op: 'like', value: '%@%' }),
      });
      const setting = ruleOf({ table: 'Other', action: 'set', column: 'VALUE', value: 'x' });
      const masking = ruleOf({ table: 'Third', action: 'mask', column: 'VALUE', mask: 'hash' });
      const verify = (rule: ScrubRule) => databases.verifyRule(copy.id, rule, harness.connection(source));
      expect(await verify(deleting)).toEqual([
        { rule: deleting.id, table: 'dbo.Table', rows: 2, reason: 'rows remain' },
      ]);
      expect(await verify(setting)).toMatchObject([
        { table: 'dbo.Other', rows: VALUES.length, reason: 'values remain' },
      ]);
      expect(await verify(masking)).toMatchObject([{ table: 'dbo.Third', reason: 'not applied' }]);
      for (const rule of [deleting, setting, masking]) await apply(databases, copy.id, rule);
      await harness.insert(copy.name, 'Table', { RECID: 99, VALUE: 'late@b.example' });
      await harness.change(copy.name, 'Other', 3, 'VALUE', null);
      await harness.change(copy.name, 'Third', 1, 'VALUE', VALUES[0] ?? '');
      expect(await verify(deleting)).toMatchObject([{ rows: 1, reason: 'rows remain' }]);
      expect(await verify(setting)).toMatchObject([{ rows: 1, reason: 'values remain' }]);
      expect(await verify(masking)).toMatchObject([{ rows: 1, reason: 'same as the source' }]);
    });

    it('a mask that broke off is no mask', async () => {
      await begin({ Table: texts(VALUES) });
      const rule = ruleOf({ table: 'Table', action: 'mask', column: 'VALUE', mask: 'hash' });
      await breakOff(copy.id, rule, 0);
      const findings = await databases.verifyRule(copy.id, rule, harness.connection(source));
      expect(findings.length).toBeGreaterThan(0);
    });

    it('columns that no rule knows are told', async () => {
      await begin({ Table: texts(VALUES), Other: texts(VALUES), Third: [{ RECID: 1, A: 'a', B: 'b' }] });
      const known = [
        ruleOf({ table: 'Table', action: 'truncate' }),
        ruleOf({ table: 'other', action: 'null', column: 'value' }),
        ruleOf({ table: '*', action: 'keep', column: 'RecId' }),
        ruleOf({ table: 'Th*', action: 'keep', column: 'B' }),
      ];
      expect(await databases.unknownColumns(copy.id, known)).toEqual(['Third.A']);
      expect(await databases.unknownColumns(copy.id, [...known, ruleOf({ table: 'Third', action: 'keep' })])).toEqual(
        [],
      );
    });
  });
}
