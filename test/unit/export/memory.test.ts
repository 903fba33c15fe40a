import { describe, expect, it } from 'vitest';
import { pageBytes } from '../../../shared/export/read/turn.ts';
import { MemoryBudget } from '../../../shared/platform/memory/budget.ts';
import { intercept } from '../../support/intercept.ts';
import { ORGANIZATION_ID, World } from '../../support/world.ts';

const SECOND = 1_000;

/** A world whose reads and applies share so many bytes; its first synchronization takes ten pages. */
function worldWith(budget: MemoryBudget): World {
  const world = new World({ pageRows: 10 });
  Object.assign(world.ports, { memory: budget });
  for (let row = 0; row < 100; row++) world.organization.create('parent', { name: `row ${row}` });
  return world;
}

/** Bytes reserved whenever a page is asked of the source. */
function watchReads(world: World, budget: MemoryBudget): number[] {
  const reserved: number[] = [];
  world.wrapSource = (source) => ({
    ...source,
    read: (entity, from, maxRows) => {
      reserved.push(budget.reserved);
      return source.read(entity, from, maxRows);
    },
  });
  return reserved;
}

async function onePage(world: World): Promise<number> {
  const entity = await world.control.feeds.metadata({ organizationId: ORGANIZATION_ID, entity: 'parent' });
  if (!entity) throw new Error('no definition');
  return pageBytes(entity);
}

describe('the memory budget', () => {
  it('holds the pages of a merge while they are applied', async () => {
    const budget = new MemoryBudget(2 ** 30);
    const world = worldWith(budget);
    const held: { bytes: number; reserved: number }[] = [];
    world.wrapDestination = (destination) =>
      intercept(destination, ({ batch }) => {
        if (batch) held.push({ bytes: JSON.stringify(batch.rows).length, reserved: budget.reserved });
      });
    await world.addProfile('one');
    await world.run(10 * SECOND);
    expect(held.some(({ bytes }) => bytes > 500)).toBe(true);
    for (const { bytes, reserved } of held) expect(reserved).toBeGreaterThan(6.2 * bytes);
    expect(budget.reserved).toBe(0);
  });

  it('holds the page that is read and the one read ahead of it, and has both back in the end', async () => {
    const budget = new MemoryBudget(2 ** 30);
    const world = worldWith(budget);
    const reserved = watchReads(world, budget);
    await world.addProfile('one');
    await world.run(10 * SECOND);
    const page = await onePage(world);
    expect(world.destination('one').size).toBe(100);
    expect(new Set(reserved)).toEqual(new Set([page, 2 * page]));
    expect([budget.reserved, budget.waiting]).toEqual([0, 0]);
  });

  it('too small for two pages has none read ahead', async () => {
    const budget = new MemoryBudget(1);
    const world = worldWith(budget);
    const reserved = watchReads(world, budget);
    await world.addProfile('one');
    await world.run(10 * SECOND);
    expect(world.destination('one').size).toBe(100);
    expect(new Set(reserved)).toEqual(new Set([await onePage(world)]));
    expect([budget.reserved, budget.waiting]).toEqual([0, 0]);
  });

  it('has back what was read ahead when the turn breaks off', async () => {
    const budget = new MemoryBudget(2 ** 30);
    const world = worldWith(budget);
    const append = world.control.feeds.append.bind(world.control.feeds);
    let pages = 0;
    world.ports.control.feeds.append = async (appended) => {
      if (appended.snapshot && ++pages === 3) throw new Error('the process ends');
      return append(appended);
    };
    await world.addProfile('one');
    await expect(world.run(10 * SECOND)).rejects.toThrow('the process ends');
    expect(budget.reserved).toBe(0);
  });
});
