import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { numberText } from '../../../shared/dataverse/number-text.ts';

describe('numbers in pages', () => {
  it.each<[number | string, string | null]>([
    [0, '0'],
    [-0, '0'],
    ['-0.00', '0'],
    ['1.2300', '1.23'],
    ['100', '100'],
    ['007.50', '7.5'],
    [1e21, '1000000000000000000000'],
    [1.5e-7, '0.00000015'],
    ['-1.25E+3', '-1250'],
    ['12e-1', '1.2'],
    ['9223372036854775807', '9223372036854775807'],
    ['922337203685477.5807', '922337203685477.5807'],
    ['1e9999', null],
    ['', null],
    ['twelve', null],
    ['0x10', null],
  ])('%s is written as %s', (value, expected) => {
    expect(numberText(value)).toBe(expected);
  });

  it('keep their value', () => {
    fc.assert(
      fc.property(fc.double({ noNaN: true, noDefaultInfinity: true }), (value) => {
        const text = numberText(value);
        expect(text).toMatch(/^-?\d+(\.\d*[1-9])?$/);
        expect(Number(text)).toBe(value === 0 ? 0 : value);
      }),
    );
  });

  it('are written the same way whatever zeros they came with', () => {
    fc.assert(
      fc.property(fc.bigInt({ min: 0n }), fc.nat({ max: 8 }), (whole, zeros) => {
        expect(numberText(`${whole}.5${'0'.repeat(zeros)}`)).toBe(`${whole}.5`);
      }),
    );
  });
});
