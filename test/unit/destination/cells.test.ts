import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Cell, Column } from '../../../shared/dataverse/columns.ts';
import { dateText, heldValue, rowCheck } from '../../../shared/destination/cells.ts';

const ID: Column = { name: 'thingid', type: 'uuid', attribute: 'thingid' };
const column = (type: Column['type'], rest: Partial<Column> = {}): Column => ({
  name: 'x',
  type,
  attribute: 'x',
  ...rest,
});
const reasonOf = (of: Column, cell: Cell, firstYear = 1) =>
  rowCheck([ID, of], { firstYear })(['00000000-0000-4000-8000-000000000001', cell]);

describe('what a type holds', () => {
  it('a length counts UTF-16 units, as the source does', () => {
    const five = column('string', { length: 5 });
    expect(reasonOf(five, '12345')).toBeNull();
    expect(reasonOf(five, '𝄞𝄞1')).toBeNull();
    expect(reasonOf(five, '𝄞𝄞𝄞')).toBe('String length in source longer than destination schema for [x, 5]');
  });

  it('the first year is the dialect’s', () => {
    expect(reasonOf(column('datetime'), '1752-12-31T00:00:00Z', 1753)).toContain('1753');
    expect(reasonOf(column('datetime'), '1752-12-31T00:00:00Z', 1)).toBeNull();
  });

  it('a reason never quotes the value', () => {
    for (const type of ['uuid', 'int', 'bigint', 'bit', 'decimal', 'datetime'] as const) {
      expect(reasonOf(column(type), 'private words')).toMatch(/^\[x\] (?!.*private)/);
    }
    expect(reasonOf(column('string', { length: 3 }), 'private words')).not.toContain('private');
  });

  it('the reason is that of the first cell that does not fit', () => {
    const check = rowCheck([ID, column('int'), { ...column('int'), name: 'y' }], { firstYear: 1 });
    expect(check(['00000000-0000-4000-8000-000000000001', null, 'no'])).toMatch(/^\[y\]/);
    expect(check(['no', 'no', 'no'])).toMatch(/^\[thingid\]/);
  });

  it('whole numbers are held exactly up to their type’s end', () => {
    fc.assert(
      fc.property(fc.bigInt({ min: -(2n ** 64n), max: 2n ** 64n }), (value) => {
        const holds = value >= -(2n ** 63n) && value < 2n ** 63n;
        expect(reasonOf(column('bigint'), String(value)) === null).toBe(holds);
        if (holds) expect(heldValue(column('bigint'), String(value))).toBe(String(value));
      }),
    );
  });

  it('whole numbers of 32 bits are refused beyond them, as numbers and as texts', () => {
    fc.assert(
      fc.property(fc.integer({ min: -(2 ** 33), max: 2 ** 33 }), (value) => {
        const holds = value >= -(2 ** 31) && value < 2 ** 31;
        expect(reasonOf(column('int'), value) === null).toBe(holds);
        expect(reasonOf(column('int'), String(value)) === null).toBe(holds);
      }),
    );
  });

  it('a date has to be in the calendar, however usual it looks', () => {
    const two = (value: number) => String(value).padStart(2, '0');
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 9999 }), fc.nat(13), fc.nat(32), fc.nat(25), fc.nat(61), (...parts) => {
        const [year, month, day, hour, minute] = parts;
        const days = new Date(Date.UTC(2000 + (year % 400), month, 0)).getUTCDate();
        const holds = year >= 1 && month >= 1 && month <= 12 && day >= 1 && day <= days && hour < 24 && minute < 60;
        const date = `${String(year).padStart(4, '0')}-${two(month)}-${two(day)}T${two(hour)}:${two(minute)}:59`;
        expect(reasonOf(column('datetime'), `${date}Z`) === null).toBe(holds);
        expect(reasonOf(column('datetime'), `${date}.0Z`) === null).toBe(holds);
      }),
      { numRuns: 1_000 },
    );
  });

  it('decimals are rounded half away from zero at their scale, and refused beyond 38 digits', () => {
    fc.assert(
      fc.property(
        fc.bigInt({ min: -(10n ** 42n), max: 10n ** 42n }),
        fc.nat(12),
        fc.nat(10),
        (digits, places, scale) => {
          const sign = digits < 0n ? '-' : '';
          const text = (digits < 0n ? -digits : digits).toString().padStart(places + 1, '0');
          const number = `${sign}${text.slice(0, text.length - places)}${places ? `.${text.slice(-places)}` : ''}`;
          const exact = digits * 10n ** BigInt(scale);
          const divisor = 10n ** BigInt(places);
          const size = ((exact < 0n ? -exact : exact) * 2n + divisor) / (divisor * 2n);
          const refused = reasonOf(column('decimal', { scale }), number) !== null;
          expect(refused).toBe(size >= 10n ** 38n);
          if (!refused) {
            const held = String(heldValue(column('decimal', { scale }), number));
            expect(BigInt(held.replace('.', ''))).toBe(exact < 0n ? -size : size);
            expect(held.split('.')[1] ?? '').toHaveLength(scale);
          }
        },
      ),
    );
  });

  it('every moment of the calendar is a date, in whole seconds or in parts of them', () => {
    fc.assert(
      fc.property(
        fc.date({
          min: new Date('0001-01-01T00:00:00Z'),
          max: new Date('9999-12-31T23:59:59.999Z'),
          noInvalidDate: true,
        }),
        (date) => {
          const text = date.toISOString();
          expect(reasonOf(column('datetime'), text)).toBeNull();
          expect(heldValue(column('datetime'), text)).toBe(text);
          expect(heldValue(column('datetime'), text.slice(0, 19))).toBe(`${text.slice(0, 19)}.000Z`);
          expect(heldValue(column('datetime'), text.slice(0, 10))).toBe(`${text.slice(0, 10)}T00:00:00.000Z`);
        },
      ),
    );
  });

  it('what lies beyond milliseconds is left out on the way', () => {
    expect(dateText('9999-12-31T23:59:59.9999999Z')).toBe('9999-12-31T23:59:59.999');
    expect(dateText('2024-01-01T00:00:00Z')).toBe('2024-01-01T00:00:00Z');
    expect(dateText('2024-01-01T00:00:00.12')).toBe('2024-01-01T00:00:00.12');
  });

  it('a hostile number costs no time', () => {
    const started = performance.now();
    for (const text of [`1e${'9'.repeat(4)}`, '9'.repeat(1_000_000), `1e-${'9'.repeat(50)}`, `${'0'.repeat(390)}1`]) {
      reasonOf(column('decimal', { scale: 2 }), text);
    }
    expect(performance.now() - started).toBeLessThan(1_000);
  });
});
