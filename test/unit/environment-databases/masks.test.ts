import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type MaskedColumn, maskValue, tellsSomething } from '../../../shared/environment-databases/masks.ts';

const ANY: MaskedColumn = { kind: 'text', maxLength: null };
const NUMBER: MaskedColumn = { kind: 'number', maxLength: null };
const MASKS = ['keepFormat', 'hash', 'fake'] as const;

const anyMask = fc.constantFrom(...MASKS);
const anyText = fc.string({ unit: 'grapheme', maxLength: 40 });

describe('masks', () => {
  it('are never the value, always the same, and fit the column', () => {
    fc.assert(
      fc.property(anyMask, anyText, fc.integer({ min: 1, max: 60 }), (mask, text, limit) => {
        const value = [...text].slice(0, limit).join('');
        const masked = maskValue(mask, 'seed', { kind: 'text', maxLength: limit }, value);
        expect(masked).toBe(maskValue(mask, 'seed', { kind: 'text', maxLength: limit }, value));
        expect([...masked].length).toBeLessThanOrEqual(limit);
        if (tellsSomething('text', value)) expect(masked).not.toBe(value);
        else expect(masked).toBe(value);
      }),
    );
  });

  it('keepFormat keeps digits, capitals, small letters and what stands between them in their places', () => {
    expect(maskValue('keepFormat', 's', ANY, 'Ab-12 (ß) Ω!')).toMatch(/^[A-Z][a-z]-\d\d \([a-z]\) [A-Z]!$/);
    expect(maskValue('keepFormat', 's', ANY, '山田 太郎')).toMatch(/^[a-z]{2} [a-z]{2}$/);
  });

  it('fake makes addresses of addresses, digits of numbers and names of the rest', () => {
    expect(maskValue('fake', 's', ANY, 'someone@contoso.example')).toMatch(/^[a-z]+\.[a-z]+\.\d{6}@example\.com$/);
    expect(maskValue('fake', 's', ANY, '+49 (30) 12-34')).toMatch(/^\+\d\d \(\d\d\) \d\d-\d\d$/);
    expect(maskValue('fake', 's', ANY, 'Contoso Ltd.')).toMatch(/^[A-Z][a-z]+ [A-Z][a-z]+$/);
  });

  it('another seed, another mask', () => {
    for (const mask of MASKS) {
      expect(maskValue(mask, 'one', ANY, 'someone@contoso.example')).not.toBe(
        maskValue(mask, 'two', ANY, 'someone@contoso.example'),
      );
    }
  });

  it('of a number has its sign, its digits and its point, and fits the integer that the number fits', () => {
    const limits = [2n ** 15n - 1n, 2n ** 31n - 1n, 2n ** 63n - 1n] as const;
    fc.assert(
      fc.property(fc.constantFrom(...limits), fc.bigInt(1n, 2n ** 63n - 1n), fc.boolean(), (limit, drawn, negative) => {
        const value = `${negative ? '-' : ''}${(drawn % limit) + 1n}`;
        const masked = maskValue('hash', 'seed', NUMBER, value);
        expect(masked).toHaveLength(value.length);
        expect(masked.startsWith('-')).toBe(negative);
        const size = BigInt(masked.replace('-', ''));
        expect(size > 0n && size <= limit).toBe(true);
        expect(String(size)).toHaveLength(masked.replace('-', '').length);
      }),
    );
    expect(maskValue('keepFormat', 's', NUMBER, '-120.50')).toMatch(/^-[1-9]\d\d\.\d\d$/);
    expect(maskValue('keepFormat', 's', NUMBER, '0.07')).toMatch(/^0\.\d\d$/);
  });

  it('of a GUID is a GUID', () => {
    const masked = maskValue(
      'keepFormat',
      's',
      { kind: 'guid', maxLength: null },
      '0d4b7c39-0000-4000-8000-000000000001',
    );
    expect(masked).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-8[0-9a-f]{3}-[0-9a-f]{12}$/);
  });

  it('leave empty texts, zeros and punctuation alone', () => {
    for (const value of ['', ' - ', '()']) expect(maskValue('hash', 's', ANY, value)).toBe(value);
    for (const value of ['0', '0.00', '-0']) expect(maskValue('hash', 's', NUMBER, value)).toBe(value);
  });
});
