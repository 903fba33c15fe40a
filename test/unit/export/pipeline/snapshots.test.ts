import { describe, expect, it } from 'vitest';
import { World } from '../../../support/world.ts';
import { MINUTE, SECOND, seeded, status } from './kit.ts';

describe('a first synchronization', () => {
  it('copies every row, also over many pages, and says so', async () => {
    const world = new World({ pageRows: 3 });
    seeded(world, 20);
    const id = await world.addProfile('one');
    await world.run(10 * SECOND);
    expect(world.destination('one')).toEqual(world.source());
    expect(world.destination('one').size).toBe(20);
    const { entity } = await status(world, id);
    expect(entity).toMatchObject({
      InitialSyncState: 'Completed',
      TotalNotifications: 20,
      SuccessNotifications: 20,
      FailureNotifications: 0,
    });
  });

  it.each([
    ['the window is full', 100],
    ['the turn ends', 3 * SECOND],
  ])('reads no page twice, also when %s', async (_, pageMs) => {
    const world = new World({ pageRows: 2 });
    seeded(world, 60);
    const links: string[] = [];
    world.wrapSource = (source) => ({
      ...source,
      read: async (entity, from, maxRows) => {
        if (from.kind === 'next') links.push(from.link);
        await world.clock.sleep(pageMs);
        return source.read(entity, from, maxRows);
      },
    });
    await world.addProfile('one');
    await world.run(5 * MINUTE);
    expect(world.destination('one')).toEqual(world.source());
    // 30 pages of keys and as many of rows; the first of each has no link.
    expect(links).toHaveLength(58);
  });

  it('of an empty entity is complete', async () => {
    const world = new World();
    const id = await world.addProfile('one');
    await world.run(10 * SECOND);
    expect((await status(world, id)).entity).toMatchObject({ InitialSyncState: 'Completed', TotalNotifications: 0 });
  });
});

describe('during a snapshot', () => {
  it('a row changed and another deleted on a page already read are right in the end', async () => {
    const world = new World({ pageRows: 2, notifications: false });
    const ids = seeded(world, 12).toSorted();
    let reads = 0;
    world.wrapSource = (source) => ({
      ...source,
      read: async (entity, from, maxRows) => {
        const page = await source.read(entity, from, maxRows);
        if (from.kind === 'rows' || from.kind === 'next') reads++;
        // The keys took six requests: now the snapshot is on its third page.
        if (reads === 9) {
          world.organization.update('parent', ids[0] ?? '', { name: 'changed meanwhile' });
          world.organization.delete('parent', ids[1] ?? '');
        }
        return page;
      },
    });
    await world.addProfile('one');
    await world.run(3 * MINUTE);
    expect(reads).toBeGreaterThan(9);
    expect(world.destination('one').get(ids[0] ?? '')).toBe('changed meanwhile');
    expect(world.destination('one').has(ids[1] ?? '')).toBe(false);
    expect(world.destination('one')).toEqual(world.source());
  });

  it('a second profile may join while a read is under way, and both end equal to the source', async () => {
    const world = new World({ pageRows: 2 });
    seeded(world, 30);
    await world.addProfile('one');
    let joined = false;
    world.wrapSource = (source) => ({
      ...source,
      read: async (entity, from, maxRows) => {
        const page = await source.read(entity, from, maxRows);
        if (from.kind === 'next' && !joined) {
          joined = true;
          await world.addProfile('two');
        }
        return page;
      },
    });
    await world.run(30 * SECOND);
    expect(joined).toBe(true);
    expect(world.destination('one')).toEqual(world.source());
    expect(world.destination('two')).toEqual(world.source());
  });
});
