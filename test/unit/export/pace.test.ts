import { describe, expect, it } from 'vitest';
import { paceAfter, rowsPerSecond } from '../../../shared/export/apply/pace.ts';

describe('the pace of an entity', () => {
  it('is the rows of a stretch of work by its time', () => {
    const first = paceAfter(null, 100, 10_000, 11_000);
    expect(rowsPerSecond(first, 11_000)).toBe(100);
    expect(rowsPerSecond(paceAfter(first, 300, 11_000, 12_000), 12_000)).toBe(200);
  });

  it('begins anew after a pause, and is 0 while nothing comes', () => {
    const first = paceAfter(null, 5_000, 0, 1_000);
    expect(rowsPerSecond(first, 32_000)).toBe(0);
    const second = paceAfter(first, 10, 60_000, 61_000);
    expect(rowsPerSecond(second, 61_000)).toBe(10);
    expect(rowsPerSecond(null, 61_000)).toBe(0);
  });

  it('follows when rows come slower for some minutes', () => {
    let pace = paceAfter(null, 60_000, 0, 60_000);
    for (let at = 60_000; at < 300_000; at += 1_000) pace = paceAfter(pace, 10, at, at + 1_000);
    expect(rowsPerSecond(pace, 300_000)).toBeLessThan(50);
    expect(rowsPerSecond(pace, 300_000)).toBeGreaterThanOrEqual(10);
  });
});
