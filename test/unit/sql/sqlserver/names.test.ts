import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fitName, NAME_MAX_UNITS, quoteName, quoteTable } from '../../../../shared/sql/sqlserver/names.ts';

const name = fc
  .string({ unit: 'grapheme', minLength: 1 })
  .filter((text) => !text.includes('\0') && text.isWellFormed());

describe('names on SQL Server', () => {
  it('a quoted name reads back as itself, and ends where its brackets or quotes end', () => {
    const hostile = fc.array(fc.constantFrom(']', '[', '"', "'", 'a', ' ', '.'), { minLength: 1 });
    const names = fc.oneof(
      name,
      hostile.map((parts) => parts.join('')),
    );
    fc.assert(
      fc.property(names, (text) => {
        const quoted = quoteName(text);
        const [, bracketed, inQuotes] = /^(?:\[([^\]]*)\]|"((?:[^"]|"")*)")$/s.exec(quoted) ?? [];
        expect(bracketed ?? inQuotes?.replaceAll('""', '"')).toBe(text);
      }),
    );
  });

  it('a table is its schema and its name, each quoted by itself', () => {
    expect(quoteTable({ schema: 'a.b', name: 'EPK[dbo].[c]' })).toBe('[a.b]."EPK[dbo].[c]"');
  });

  it.each(['', 'a\0b', 'a\ud800'])('what no name can be is refused: %j', (text) => {
    expect(() => quoteName(text)).toThrow(/name/);
  });

  it('a name that fits stays as it is; any other fits, is well formed and stays apart', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', minLength: 1, maxLength: 200 }), (text) => {
        const fitted = fitName(text);
        expect(fitted.length).toBeLessThanOrEqual(NAME_MAX_UNITS);
        expect(fitted.isWellFormed()).toBe(text.isWellFormed());
        if (text.length <= NAME_MAX_UNITS) expect(fitted).toBe(text);
        else expect(fitName(`${text}x`)).not.toBe(fitted);
        expect(fitName(fitted)).toBe(fitted);
      }),
    );
  });
});
