import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decimalText, exactCell, plainDigits } from '../../../../local/dataverse/model/numbers.ts';
import { SortedKeys } from '../../../../local/dataverse/model/sorted-keys.ts';

describe('exact numbers', () => {
  it.each([
    ['1.005', 2, '1.01'],
    ['-1.005', 2, '-1.01'],
    ['0.004', 2, '0.00'],
    ['-0.004', 2, '0.00'],
    ['12345678901.1234567891', 10, '12345678901.1234567891'],
    ['7', 4, '7.0000'],
    ['9.99', 0, '10'],
  ])('%s with %i digits after the point is %s', (text, scale, wanted) => {
    expect(decimalText(text, scale)).toBe(wanted);
  });

  it('are written without an exponent', () => {
    fc.assert(
      fc.property(fc.double({ noNaN: true, noDefaultInfinity: true }), (value) => {
        expect(plainDigits(value)).toMatch(/^-?\d+(\.\d+)?$/);
        expect(Number(plainDigits(value))).toBe(value === 0 ? Number(plainDigits(value)) : value);
      }),
    );
  });

  it('keep all their digits as a cell', () => {
    fc.assert(
      fc.property(fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }), (value) => {
        expect(decimalText(exactCell(String(value)), 0)).toBe(String(value));
      }),
    );
  });
});

describe('sorted keys', () => {
  it('are in order and complete after any history', () => {
    const step = fc.tuple(
      fc.boolean(),
      fc.integer({ min: 0, max: 5000 }).map((n) => String(n).padStart(4, '0')),
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 3000 }), fc.integer({ min: 0, max: 5000 }), (steps, from) => {
        const keys = new SortedKeys();
        const model = new Set<string>();
        for (const [isAdded, key] of steps) {
          if (isAdded) keys.add(key);
          else keys.remove(key);
          if (isAdded) model.add(key);
          else model.delete(key);
        }
        const after = String(from).padStart(4, '0');
        expect([...keys.after(undefined)]).toEqual([...model].sort());
        expect([...keys.after(after)]).toEqual([...model].sort().filter((key) => key > after));
      }),
      { numRuns: 30 },
    );
  });
});
