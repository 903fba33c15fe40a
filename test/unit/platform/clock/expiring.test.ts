import { beforeEach, describe, expect, it } from 'vitest';
import { ExpiringCache } from '../../../../shared/platform/clock/expiring.ts';
import { VirtualClock } from '../../../../shared/platform/clock/virtual.ts';

describe('ExpiringCache', () => {
  let clock: VirtualClock;
  let cache: ExpiringCache<number>;
  let loads: number;
  const load = async () => {
    loads += 1;
    return { value: loads, until: clock.now() + 100 };
  };
  beforeEach(() => {
    clock = new VirtualClock();
    cache = new ExpiringCache(clock);
    loads = 0;
  });

  it('loads once until the value’s time is over', async () => {
    expect(await cache.get('key', load)).toBe(1);
    await clock.advance(99);
    expect(await cache.get('key', load)).toBe(1);
    await clock.advance(1);
    expect(await cache.get('key', load)).toBe(2);
  });

  it('keeps the values of different keys apart', async () => {
    expect([await cache.get('a', load), await cache.get('b', load), await cache.get('a', load)]).toEqual([1, 2, 1]);
  });

  it('lets those who ask at the same time share one load', async () => {
    expect(await Promise.all([cache.get('key', load), cache.get('key', load)])).toEqual([1, 1]);
  });

  it('does not keep a failure', async () => {
    await expect(cache.get('key', () => Promise.reject(new Error('once')))).rejects.toThrow('once');
    expect(await cache.get('key', load)).toBe(1);
  });

  it('forgets the oldest of very many keys', async () => {
    for (let key = 0; key <= 1_000; key += 1) await cache.get(String(key), load);
    expect(await cache.get('1000', load)).toBe(1_001);
    expect(await cache.get('0', load)).toBe(1_002);
  });
});
