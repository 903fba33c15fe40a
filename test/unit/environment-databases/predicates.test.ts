import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { conditionText, Parameters, ruleText } from '../../../shared/environment-databases/postgres/predicates.ts';
import { remainingText } from '../../../shared/environment-databases/postgres/second-opinion.ts';
import type { StandingTable } from '../../../shared/environment-databases/postgres/tables.ts';
import type { Condition, ScrubRule } from '../../../shared/environment-databases/scrub-rules.ts';

const tableWith = (column: string, compared: 'text' | 'number' | 'flag'): StandingTable => ({
  id: '1',
  schema: 'dbo',
  name: 'Table',
  relation: '"dbo"."Table"',
  columns: new Map([
    [
      column.toLowerCase(),
      { name: column, type: 'text', compared, masked: { kind: 'text', maxLength: null }, writes: 'anything' },
    ],
  ]),
  keys: [],
  rows: 0,
  blocks: null,
  isReferenced: false,
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
  /^(?:\s|[()=$~,\d]|::|\b(?:IS|NOT|NULL|OR|AND|ANY|LIKE|ILIKE|ESCAPE|COLLATE|lower|text|numeric|integer|true|false|num_nulls|array_position|coalesce|upper|EXISTS|SELECT|FROM|WHERE|unnest|one)\b|\[\])*$/;
const withoutQuoted = (sql: string) => sql.replace(/"(?:[^"]|"")*"/g, '').replaceAll("''", '');

describe('conditions in SQL', () => {
  it('hold names in quotes, values as parameters alone, and nothing else that came from outside', () => {
    fc.assert(
      fc.property(
        name,
        operation,
        fc.constantFrom('text' as const, 'number' as const, 'flag' as const),
        (column, rest, compared) => {
          const parameters = new Parameters();
          const sql = conditionText(tableWith(column, compared), { column, ...rest } as Condition, parameters);
          expect(withoutQuoted(sql)).toMatch(OURS);
          const deletion = {
            id: 'r',
            title: 'r',
            table: 'Table',
            action: 'delete',
            where: [{ column, ...rest }],
          } as ScrubRule;
          const opinion = remainingText(tableWith(column, compared), deletion, new Parameters());
          expect(withoutQuoted(opinion)).toMatch(OURS);
          expect(sql).toContain(`"${column.replaceAll('"', '""')}"`);
          const places = new Set(sql.match(/\$\d+/g) ?? []);
          expect(places.size).toBeGreaterThanOrEqual(parameters.values.length);
        },
      ),
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
          const rule = {
            id: 'r',
            title: 'r',
            table: 'Table',
            column,
            where: [{ column, op: 'like', value }],
            ...action,
          } as ScrubRule;
          for (const sqlOf of [ruleText, remainingText]) {
            expect(withoutQuoted(sqlOf(tableWith(column, 'text'), rule, new Parameters()))).toMatch(OURS);
          }
        }
      }),
    );
  });
});
