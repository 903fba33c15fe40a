import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseExact } from '../../../../shared/dataverse/web-api/exact-json.ts';

describe('parsing without rounding', () => {
  it.each([
    ['9223372036854775807', '9223372036854775807'],
    ['-9223372036854775808', '-9223372036854775808'],
    ['922337203685477.5807', '922337203685477.5807'],
    ['1.2345678901234567890', '1.2345678901234567890'],
    ['4372108', 4372108],
    ['12.5', 12.5],
    ['-0.000001', -0.000001],
  ])('%s becomes %s', (literal, expected) => {
    expect(parseExact(`{"value":[{"versionnumber":${literal},"x": ${literal} }]}`)).toEqual({
      value: [{ versionnumber: expected, x: expected }],
    });
  });

  it('leaves text alone, whatever it looks like', () => {
    const row = {
      a: '"b":12345678901234567890,',
      b: ':12345678901234567890}',
      c: '{"a":12345678901234567890}',
      d: '\\":12345678901234567890,',
    };
    expect(parseExact(JSON.stringify(row))).toEqual(row);
  });

  it('agrees with JSON.parse wherever a double holds the number', () => {
    const short = fc.oneof(fc.string(), fc.integer(), fc.boolean(), fc.constant(null));
    const row = fc.dictionary(fc.string(), fc.oneof(short, fc.array(short), fc.stringMatching(/^["\\:{},\d ]{0,40}$/)));
    fc.assert(
      fc.property(row, (value) => {
        const text = JSON.stringify(value);
        expect(parseExact(text)).toEqual(JSON.parse(text));
      }),
      { numRuns: 1000 },
    );
  });
});
