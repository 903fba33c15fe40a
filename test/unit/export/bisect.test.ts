import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { findRefused } from '../../../shared/export/apply/bisect.ts';

/** A destination that refuses some numbers, and counts how often it was asked. */
function destination(refuses: (item: number) => string | null) {
  const asked = { times: 0 };
  const attempt = async (items: readonly number[]) => {
    asked.times++;
    const cause = items.map(refuses).find((found) => found !== null);
    return cause ? { code: 'RECORD_REFUSED', cause, reason: `refuses: ${cause}`, text: cause } : null;
  };
  return { asked, attempt };
}

const upTo = (count: number) => Array.from({ length: count }, (_, index) => index);

describe('bisecting', () => {
  it('finds exactly the refused items', async () => {
    await fc.assert(
      fc.asyncProperty(fc.uniqueArray(fc.nat(199), { minLength: 1, maxLength: 15 }), async (bad) => {
        const { attempt } = destination((item) => (bad.includes(item) ? 'x' : null));
        const found = await findRefused(upTo(200), attempt);
        expect(found.map(({ item }) => item)).toEqual(bad.toSorted((a, b) => a - b));
      }),
    );
  });

  it('finds one bad item among 5,000 in about 26 attempts', async () => {
    const { asked, attempt } = destination((item) => (item === 3210 ? 'x' : null));
    expect(await findRefused(upTo(5000), attempt)).toEqual([
      { item: 3210, code: 'RECORD_REFUSED', cause: 'x', reason: 'refuses: x', text: 'x' },
    ]);
    expect(asked.times).toBeLessThanOrEqual(28);
  });

  it('asks a single item for its reason', async () => {
    const { attempt } = destination(() => 'x');
    expect(await findRefused([7], attempt)).toEqual([
      { item: 7, code: 'RECORD_REFUSED', cause: 'x', reason: 'refuses: x', text: 'x' },
    ]);
  });

  it('finds nothing when only the whole was refused', async () => {
    expect(await findRefused(upTo(10), async () => null)).toEqual([]);
  });

  it('blames the destination when it refuses all of 20 or more for one reason, without trying each', async () => {
    const { asked, attempt } = destination(() => 'x');
    await expect(findRefused(upTo(5000), attempt)).rejects.toMatchObject({ code: 'DESTINATION_REFUSES_ALL' });
    expect(asked.times).toBeLessThan(180);
    await expect(findRefused(upTo(20), attempt)).rejects.toMatchObject({ code: 'DESTINATION_REFUSES_ALL' });
  });

  it('blames the items when they are fewer than 20, or the reasons differ, or one is accepted', async () => {
    expect(await findRefused(upTo(19), destination(() => 'x').attempt)).toHaveLength(19);
    expect(await findRefused(upTo(40), destination((item) => (item % 2 ? 'x' : 'y')).attempt)).toHaveLength(40);
    expect(await findRefused(upTo(40), destination((item) => (item === 39 ? null : 'x')).attempt)).toHaveLength(39);
  });

  it('finds the one good item of a hundred, and the last of thousands, before it blames the destination', async () => {
    for (let good = 0; good < 100; good++) {
      const { attempt } = destination((item) => (item === good ? null : 'x'));
      expect(await findRefused(upTo(100), attempt)).toHaveLength(99);
    }
    expect(await findRefused(upTo(2000), destination((item) => (item === 1999 ? null : 'x')).attempt)).toHaveLength(
      1999,
    );
  });

  it('never blames the destination for items that are bad by selection', async () => {
    expect(await findRefused(upTo(50), destination(() => 'x').attempt, { systemic: false })).toHaveLength(50);
  });

  it('passes on what is no refusal', async () => {
    const broken = async () => {
      throw new Error('connection lost');
    };
    await expect(findRefused(upTo(3), broken)).rejects.toThrow('connection lost');
  });
});
