import { describe, expect, it } from 'vitest';
import { lcsTime, usTime } from '../../../../functions/http/lcs/times.ts';

describe('times as the original writes them', () => {
  it.each([
    ['2021-06-03T15:10:00Z', '2021-06-03T15:10:00.0'],
    ['2019-09-27T15:17:35.867Z', '2019-09-27T15:17:35.867'],
    ['2019-09-27T15:17:35.860Z', '2019-09-27T15:17:35.86'],
  ])('%s has no zone and no needless zeros', (iso, text) => {
    expect(lcsTime(Date.parse(iso))).toBe(text);
  });

  it.each([
    ['2021-08-05T12:42:00Z', '8/5/2021 12:42 PM'],
    ['2021-08-05T23:00:00Z', '8/5/2021 11:00 PM'],
    ['2021-12-31T00:05:00Z', '12/31/2021 12:05 AM'],
  ])('%s is American text', (iso, text) => {
    expect(usTime(Date.parse(iso))).toBe(text);
  });
});
