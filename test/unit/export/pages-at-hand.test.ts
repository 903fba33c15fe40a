import { describe, expect, it } from 'vitest';
import { PAGES_CONTAINER, type PageContent } from '../../../shared/export/pages.ts';
import { PagesAtHand } from '../../../shared/export/pages-at-hand.ts';
import { World } from '../../support/world.ts';

const MINUTE = 60_000;
const A: PageContent = { rows: [['a']], deletions: [] };
const B: PageContent = { rows: [['b']], deletions: [] };

describe('pages at hand', () => {
  it('leave with their first reader', () => {
    const atHand = new PagesAtHand(100);
    atHand.hold('a', A, 10, 0);
    expect(atHand.take('b')).toBeNull();
    expect(atHand.take('a')).toBe(A);
    expect(atHand.take('a')).toBeNull();
  });

  it('are those that were held first when there is no room for more', () => {
    const atHand = new PagesAtHand(100);
    atHand.hold('a', A, 60, 0);
    atHand.hold('b', B, 60, 0);
    expect([atHand.take('b'), atHand.take('a')]).toEqual([null, A]);
    atHand.hold('b', B, 100, 0);
    expect(atHand.take('b')).toBe(B);
  });

  it('make room when nobody took them for a minute', () => {
    const atHand = new PagesAtHand(100);
    atHand.hold('a', A, 60, 0);
    atHand.hold('b', B, 60, MINUTE - 1);
    expect(atHand.take('b')).toBeNull();
    atHand.hold('b', B, 60, MINUTE);
    expect([atHand.take('a'), atHand.take('b')]).toEqual([null, B]);
  });
});

describe('a large page that this process stored', () => {
  it('is applied without its blob being fetched, and fetched for the next profile', async () => {
    const world = worldAtHand();
    const fetched = watchGets(world);
    for (const name of ['one', 'two']) {
      await world.addProfile(name);
      await world.run(MINUTE);
      expect(world.destination(name).size).toBe(MANY);
    }
    expect(fetched).toEqual([]);
    createMany(world);
    await world.run(MINUTE);
    expect([world.destination('one').size, world.destination('two').size]).toEqual([2 * MANY, 2 * MANY]);
    expect(fetched).toHaveLength(1);
  });

  it('is held no longer when its append was overtaken', async () => {
    const world = worldAtHand();
    const stored: string[] = [];
    const { append } = world.control.feeds;
    world.ports.control.feeds.append = async (appended) => {
      const { page } = appended;
      if (stored.length > 0 || page === null || !('blob' in page.body)) return append(appended);
      stored.push(page.body.blob);
      return null;
    };
    await world.addProfile('one');
    await world.run(MINUTE);
    expect(world.destination('one').size).toBe(MANY);
    expect(stored.map((blob) => world.ports.atHand.take(blob))).toEqual([null]);
  });
});

/** In one page they are too large for the control database. */
const MANY = 1_000;

function createMany(world: World): void {
  for (let row = 0; row < MANY; row++) world.organization.create('parent', { name: `row ${row}` });
}

function worldAtHand(): World {
  const world = new World();
  Object.assign(world.ports, { atHand: new PagesAtHand(2 ** 30) });
  createMany(world);
  return world;
}

function watchGets(world: World): string[] {
  const fetched: string[] = [];
  const get = world.blobs.get.bind(world.blobs);
  world.blobs.get = (container, name) => {
    if (container === PAGES_CONTAINER) fetched.push(name);
    return get(container, name);
  };
  return fetched;
}
