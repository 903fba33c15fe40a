import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Cell, Column } from '../../../../shared/dataverse/columns.ts';
import { arraySource, copyText, rowShape } from '../../../../shared/destination/postgres/staging.ts';

const column = (name: string, type: Column['type']): Column => ({ name, type, attribute: name });
const COLUMNS = [column('thingid', 'uuid'), column('a', 'text'), column('b', 'int'), column('c', 'bit')];

/** COPY's text format as PostgreSQL documents it, read back. */
function decode(text: string): (string | null)[][] {
  const letters: Record<string, string> = { n: '\n', r: '\r', t: '\t', '\\': '\\' };
  return text
    .split('\n')
    .slice(0, -1)
    .map((line) =>
      line
        .split('\t')
        .map((cell) =>
          cell === '\\N' ? null : cell.replace(/\\(.)/g, (_, letter: string) => letters[letter] ?? letter),
        ),
    );
}

describe('rows on their way to the server', () => {
  const cell = fc.oneof(
    fc.constant(null),
    fc.string({ unit: 'binary' }),
    fc.constantFrom('\\N', '\\.', '\t', '\n\r', '\\\\', 'NULL', ''),
  );
  const row = fc.tuple(fc.uuid(), cell, fc.option(fc.integer()), fc.option(fc.boolean()));

  it('COPY text reads back as the cells that went in', () => {
    fc.assert(
      fc.property(fc.array(row), (rows) => {
        const text = [...copyText(rowShape(COLUMNS), rows as Cell[][])].join('');
        expect(decode(text)).toEqual(rows.map((cells) => cells.map((one) => (one === null ? null : String(one)))));
      }),
    );
  });

  it('many rows come in chunks that are whole lines', () => {
    const rows = Array.from({ length: 5_000 }, (_, k) => [`${k}`, 'x'.repeat(100), k, true]);
    const chunks = [...copyText(rowShape(COLUMNS), rows)];
    expect(chunks.length).toBeGreaterThan(5);
    expect(chunks.every((chunk) => chunk.endsWith('\n'))).toBe(true);
    expect(decode(chunks.join(''))).toHaveLength(5_000);
  });

  it('a row that is shorter than the columns ends in nothing', () => {
    expect([...copyText(rowShape(COLUMNS), [['id']])].join('')).toBe('id\t\\N\t\\N\t\\N\n');
  });

  it('arrays carry one stamp for all, or each row’s own', () => {
    const rows = [['i', 't', 1, true]];
    expect(arraySource(rowShape(COLUMNS), rows, 0)).toMatchObject({
      stamp: '$1::timestamp',
      values: ['1970-01-01T00:00:00.000', ['i'], ['t'], ['1'], ['true']],
    });
    expect(arraySource(rowShape(COLUMNS), rows, [4])).toMatchObject({
      stamp: 's.stamp',
      values: [['1970-01-01T00:00:00.004'], ['i'], ['t'], ['1'], ['true']],
    });
  });
});
