import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Condition, ScrubRule } from '../../../../shared/environment-databases/scrub-rules.ts';
import { Places } from '../../../../shared/environment-databases/sqlserver/places.ts';
import { conditionText, ruleText } from '../../../../shared/environment-databases/sqlserver/predicates.ts';
import { remainingText } from '../../../../shared/environment-databases/sqlserver/second-opinion.ts';
import type { StandingTable } from '../../../../shared/environment-databases/sqlserver/tables.ts';
import { inRange } from '../../../../shared/environment-databases/sqlserver/walk.ts';

const columnNamed = (name: string, compared: 'text' | 'number' | 'flag' = 'text') => ({
  ...{ name, compared, type: 'nvarchar(100)', base: 'nvarchar' },
  masked: { kind: 'text', maxLength: 100 } as const,
  writes: 'anything' as const,
});

const tableWith = (column: string, compared: 'text' | 'number' | 'flag' = 'text'): StandingTable => ({
  ...{ id: 1, schema: 'dbo', name: 'Table', relation: '[dbo].[Table]', keys: [], rows: 0, isReferenced: false },
  columns: new Map([[column.toLowerCase(), columnNamed(column, compared)]]),
});

const name = fc.string({ minLength: 1, maxLength: 30 }).filter((text) => !text.includes('\0') && text.isWellFormed());
const scalar = fc.oneof(fc.string(), fc.integer(), fc.boolean());
const operation = fc.oneof(
  fc.record({ op: fc.constantFrom('=' as const, '<>' as const), value: scalar }),
  fc.record({
    op: fc.constantFrom('in' as const, 'notIn' as const),
    value: fc.array(scalar, { minLength: 1, maxLength: 3 }),
  }),
  fc.record({ op: fc.constantFrom('like' as const, 'notLike' as const), value: fc.string() }),
  fc.record({ op: fc.constantFrom('isNull' as const, 'notNull' as const) }),
);

/** What is left of a statement without quoted names and literals: words of ours, places of parameters, operators. */
const OURS =
  /^(?:\s|[()=+,<>\d-]|@p\d+|\b(?:IS|NOT|NULL|OR|AND|IN|LIKE|COLLATE|Latin1_General_BIN2|LOWER|UPPER|CAST|AS|nvarchar|max|int|CASE|WHEN|THEN|ELSE|END|COALESCE|DATALENGTH|NULLIF|CHARINDEX|PATINDEX|REPLACE|TRANSLATE)\b)*$/;
const withoutQuoted = (sql: string) => sql.replace(/"(?:[^"]|"")*"|\[[^\]]*\]/g, '').replace(/N'(?:\.| |)'/g, '');

describe('conditions in T-SQL', () => {
  it('hold names in brackets or quotes, values as parameters alone, and nothing else that came from outside', () => {
    fc.assert(
      fc.property(name, operation, fc.constantFrom('text', 'number', 'flag'), (column, rest, compared) => {
        const table = tableWith(column, compared);
        const condition = { column, ...rest } as Condition;
        const deletion = { id: 'r', title: 'r', table: 'Table', action: 'delete', where: [condition] } as ScrubRule;
        expect(withoutQuoted(conditionText(table, condition, new Places()))).toMatch(OURS);
        expect(withoutQuoted(remainingText(table, deletion, new Places()))).toMatch(OURS);
      }),
      { numRuns: 500 },
    );
  });

  it('of rules do so, too', () => {
    fc.assert(
      fc.property(name, fc.string(), (column, value) => {
        for (const action of [
          { action: 'set', value },
          { action: 'null' },
          { action: 'mask', mask: 'hash', seed: value },
        ]) {
          const rule = { id: 'r', title: 'r', table: 'Table', column, ...action } as ScrubRule;
          for (const sqlOf of [ruleText, remainingText])
            expect(withoutQuoted(sqlOf(tableWith(column), rule, new Places()))).toMatch(OURS);
        }
      }),
    );
  });

  it('a range is told column by column, for T-SQL compares no rows', () => {
    const places = new Places();
    const key = ['a', 'b'].map((one) => columnNamed(one));
    expect(inRange(key, { after: ['1', '2'], end: ['3', '4'] }, places, 't.')).toEqual([
      '((t.[a] > @p1) OR (t.[a] = @p1 AND t.[b] > @p2))',
      'NOT ((t.[a] > @p3) OR (t.[a] = @p3 AND t.[b] > @p4))',
    ]);
    expect(Object.values(places.parameters).map(({ value }) => value)).toEqual(['1', '2', '3', '4']);
  });
});
