import { describe, expect, it } from 'vitest';
import { Parameters } from '../../../../shared/environment-databases/postgres/predicates.ts';
import type { StandingTable } from '../../../../shared/environment-databases/postgres/tables.ts';
import { inRange } from '../../../../shared/environment-databases/postgres/walk.ts';
import type { ScrubRule } from '../../../../shared/environment-databases/scrub-rules.ts';
import { byKey, keyFor, type Place } from '../../../../shared/environment-databases/sql/walk.ts';

const columnNamed = (name: string) =>
  ({ name, type: 'text', compared: 'text', masked: { kind: 'text', maxLength: null }, writes: 'anything' }) as const;

const tableWith = (keys: string[][], blocks: number | null = null): StandingTable => ({
  ...{ id: '1', schema: 'dbo', name: 'Table', relation: '"dbo"."Table"', keys, rows: 25, blocks, isReferenced: false },
  columns: new Map(['a', 'b', 'value'].map((name) => [name, columnNamed(name)])),
});

const base = { id: 'r', title: 'r', table: 'Table' };
const mask: ScrubRule = { ...base, action: 'mask', column: 'value', mask: 'hash' };
const deletion: ScrubRule = { ...base, action: 'delete' };

describe('ways through a table', () => {
  it('go by the first key that the rule leaves alone', () => {
    const key = keyFor(tableWith([['value'], ['a', 'value'], ['a', 'b'], ['b']]), mask);
    expect(key?.map(({ name }) => name)).toEqual(['a', 'b']);
    expect(keyFor(tableWith([['value']]), mask)).toBeNull();
    expect(keyFor(tableWith([['value']]), deletion)).toMatchObject([{ name: 'value' }]);
  });

  it('name a key as its index does, where another column differs from it in letter case alone', () => {
    expect(keyFor(tableWith([['A']]), mask)).toMatchObject([{ name: 'A' }]);
  });

  it('by key end where less than one range remains', async () => {
    const ends: Place[] = [['j'], ['t'], null];
    const walk = byKey(tableWith([]), 10, async () => ends.shift() ?? null);
    expect(await walk(null, null)).toEqual({ after: null, end: ['j'], done: 10, of: 25 });
    expect(await walk(null, ['j'])).toEqual({ after: ['j'], end: ['t'], done: 20, of: 25 });
    expect(await walk(null, ['t'])).toEqual({ after: ['t'], end: null, done: 30, of: 30 });
  });

  it('on PostgreSQL are told by key for masks, by blocks for all else', () => {
    const range = { after: ['1', '9'], end: ['5', '9'], done: 1, of: 1 };
    const parameters = new Parameters();
    const table = tableWith([['a', 'b']], 9);
    expect(inRange(table, mask, range, parameters)).toEqual([
      '("a", "b") > ($1::text::text, $2::text::text)',
      '("a", "b") <= ($3::text::text, $4::text::text)',
    ]);
    expect(parameters.values).toEqual(['1', '9', '5', '9']);
    const blocks = [`ctid >= '(1,0)'::tid`, `ctid < '(5,0)'::tid`];
    expect(inRange(table, deletion, range, parameters)).toEqual(blocks);
    expect(inRange(table, deletion, { ...range, after: null, end: null }, parameters)).toEqual([
      `ctid >= '(0,0)'::tid`,
    ]);
  });
});
