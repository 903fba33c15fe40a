import { describe, expect, it } from 'vitest';
import { randomId, seededIds } from '../../../../shared/platform/clock/ids.ts';

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[1-8][0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;
const draw = (newId: () => string, count = 1_000) => Array.from({ length: count }, newId);

describe('ids', () => {
  it.each([
    ['random', randomId],
    ['seeded', seededIds(7)],
  ])('%s ids are lower-case UUIDs that do not repeat', (_, newId) => {
    const ids = draw(newId);
    for (const id of ids) expect(id).toMatch(UUID);
    expect(new Set(ids).size).toBe(ids.length);
  });

  it('one seed gives one sequence, another seed another', () => {
    expect(draw(seededIds(1))).toEqual(draw(seededIds(1)));
    expect(draw(seededIds(1))[0]).not.toBe(draw(seededIds(2))[0]);
  });
});
