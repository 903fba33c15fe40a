import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseSchedule } from '../../../local/functions-host/timer/ncrontab.ts';

/** The next occurrences after a moment, without the milliseconds that are always zero. */
function occurrences(schedule: string, after: string, count = 3): string[] {
  const parsed = parseSchedule(schedule);
  const found: string[] = [];
  let time: number | undefined = Date.parse(after);
  while (found.length < count) {
    time = parsed.next(time ?? Number.NaN);
    if (time === undefined) break;
    found.push(new Date(time).toISOString().replace('.000Z', 'Z'));
  }
  return found;
}

describe('a schedule', () => {
  it.each([
    ['0 */5 * * * *', '2026-01-01T00:03:00Z', ['2026-01-01T00:05:00Z', '2026-01-01T00:10:00Z', '2026-01-01T00:15:00Z']],
    [
      '*/20 * * * * *',
      '2026-01-01T00:00:40Z',
      ['2026-01-01T00:01:00Z', '2026-01-01T00:01:20Z', '2026-01-01T00:01:40Z'],
    ],
    [
      '0 30 9 * * Mon-Fri',
      '2026-01-02T09:30:00Z',
      ['2026-01-05T09:30:00Z', '2026-01-06T09:30:00Z', '2026-01-07T09:30:00Z'],
    ],
    ['0 0 0 29 2 *', '2026-01-01T00:00:00Z', ['2028-02-29T00:00:00Z', '2032-02-29T00:00:00Z', '2036-02-29T00:00:00Z']],
    [
      '0 0 0 13 * Friday',
      '2026-01-01T00:00:00Z',
      ['2026-02-13T00:00:00Z', '2026-03-13T00:00:00Z', '2026-11-13T00:00:00Z'],
    ],
    [
      '0 0 12 1 jan,Jul *',
      '2026-03-01T00:00:00Z',
      ['2026-07-01T12:00:00Z', '2027-01-01T12:00:00Z', '2027-07-01T12:00:00Z'],
    ],
    [
      '0 10-40/15 8 * * *',
      '2026-01-01T08:00:00Z',
      ['2026-01-01T08:10:00Z', '2026-01-01T08:25:00Z', '2026-01-01T08:40:00Z'],
    ],
    [
      '0 50/4 8 * * *',
      '2026-01-01T08:00:00Z',
      ['2026-01-01T08:50:00Z', '2026-01-01T08:54:00Z', '2026-01-01T08:58:00Z'],
    ],
    ['*/15 * * * *', '2026-01-01T00:00:00Z', ['2026-01-01T00:15:00Z', '2026-01-01T00:30:00Z', '2026-01-01T00:45:00Z']],
    ['00:00:30', '2026-01-01T00:00:00Z', ['2026-01-01T00:00:30Z', '2026-01-01T00:01:00Z', '2026-01-01T00:01:30Z']],
    ['0 0 0 31 12 *', '2026-12-31T00:00:00Z', ['2027-12-31T00:00:00Z', '2028-12-31T00:00:00Z', '2029-12-31T00:00:00Z']],
  ])('%s after %s', (schedule, after, expected) => {
    expect(occurrences(schedule, after)).toEqual(expected);
  });

  it('that can never be has no occurrence', () => {
    expect(parseSchedule('0 0 0 30 2 *').next(Date.parse('2026-01-01T00:00:00Z'))).toBeUndefined();
  });

  it.each([
    '',
    '* * * *',
    '60 * * * * *',
    '* * 24 * * *',
    '* * * 0 * *',
    '* * * * 13 *',
    '* * * * * 7',
    '*/0 * * * * *',
    '5-2 * * * * *',
    'a * * * * *',
    '* * * * * Foo',
    '1--2 * * * * *',
    '1/2/3 * * * * *',
    '00:00:00',
  ])('"%s" is refused', (schedule) => {
    expect(() => parseSchedule(schedule)).toThrow('is not valid');
  });

  it('finds the first moment that fits, for any fields and any start', () => {
    const lists = (min: number, max: number) =>
      fc.oneof(fc.constant('*' as const), fc.uniqueArray(fc.integer({ min, max }), { minLength: 1, maxLength: 4 }));
    const moments = fc.date({ min: new Date('2020-01-01Z'), max: new Date('2030-01-01Z'), noInvalidDate: true });
    fc.assert(
      fc.property(lists(0, 59), lists(0, 59), lists(0, 23), moments, (seconds, minutes, hours, start) => {
        const next = parseSchedule(`${seconds} ${minutes} ${hours} * * *`).next(start.getTime());
        expect(next).toBe(firstFitting(seconds, minutes, hours, start.getTime()));
      }),
      { numRuns: 60 },
    );
  });
});

/** Second by second: slow, and plainly right. */
function firstFitting(seconds: Fields, minutes: Fields, hours: Fields, after: number): number {
  const fits = (fields: Fields, value: number) => fields === '*' || fields.includes(value);
  for (let time = Math.floor(after / 1000) * 1000 + 1000; ; time += 1000) {
    const second = (time / 1000) % 60;
    const minute = Math.floor(time / 60_000) % 60;
    const hour = Math.floor(time / 3_600_000) % 24;
    if (fits(seconds, second) && fits(minutes, minute) && fits(hours, hour)) return time;
  }
}

type Fields = '*' | number[];
