import { describe, expect, it } from 'vitest';
import { statistics } from '../../../shared/export/profiles/statistics.ts';
import { ORGANIZATION_ID, World } from '../../support/world.ts';
import { MINUTE, SECOND, seeded } from './pipeline/kit.ts';

const of = (world: World, id: string) => statistics(world.ports, [ORGANIZATION_ID], id);
const ENTITIES = { Entities: [{ Type: 'parent' }, { Type: 'child' }] };

describe('the statistics of a profile', () => {
  it('say nothing was done before it is activated', async () => {
    const world = new World();
    const id = await world.createProfile('one');
    expect(await of(world, id)).toMatchObject({ TotalNotifications: 0, InitialSyncPercent: 0, Entities: [] });
  });

  it('tell totals, refusals, lag and speed of each entity, and of all', async () => {
    const world = new World();
    seeded(world, 20);
    const id = await world.addProfile('one', ENTITIES);
    await world.run(10 * SECOND);
    world.database('one').constraint = (_entity, _id, row) => (row?.name === 'bad' ? 'the check says no' : null);
    world.organization.create('parent', { name: 'bad' });
    await world.run(MINUTE);
    world.organization.create('parent', { name: 'good' });
    world.organization.create('child', { name: 'good' });
    await world.run(SECOND);
    const told = await of(world, id);
    expect(told).toMatchObject({
      TotalNotifications: 23,
      SuccessNotifications: 22,
      FailureNotifications: 1,
      RetryNotifications: 0,
      InitialSyncPercent: 100,
      InitialSyncState: 'CompletedWithFailures',
      PagesBehind: 0,
    });
    expect(told.Entities.map(({ Type, TotalNotifications }) => [Type, TotalNotifications])).toEqual([
      ['child', 1],
      ['parent', 22],
    ]);
    expect(told.LagInMilliseconds).toBe(Math.max(...told.Entities.map((one) => one.LagInMilliseconds ?? 0)));
    expect(told.RowsPerSecond).toBeGreaterThan(0);
    await world.run(5 * MINUTE);
    expect((await of(world, id)).RowsPerSecond).toBe(0);
  });

  it('tell the percent of rows copied while they are copied, and null when the organization does not count', async () => {
    const world = new World({ pageRows: 10 });
    seeded(world, 100);
    let pages = 0;
    const told: (number | null)[] = [];
    world.wrapSource = (source) => ({
      ...source,
      read: async (entity, from, maxRows) => {
        if (entity.logicalName === 'parent' && from.kind === 'next' && ++pages % 3 === 0)
          told.push((await of(world, id)).Entities[1]?.InitialSyncPercent ?? null);
        return source.read(entity, from, maxRows);
      },
      counts: (entities) => (pages > 14 ? Promise.resolve(new Map()) : source.counts(entities)),
    });
    const id = await world.addProfile('one', ENTITIES);
    await world.run(MINUTE);
    const known = told.filter((one) => one !== null);
    expect(known).toEqual(known.toSorted((a, b) => a - b));
    expect(known.some((one) => one > 0 && one < 100)).toBe(true);
    expect(told.at(-1)).toBeNull();
    expect(await of(world, id)).toMatchObject({ InitialSyncPercent: 100 });
  });

  it('are nobody’s who does not administer the organization', async () => {
    const world = new World();
    const id = await world.createProfile('one');
    await expect(statistics(world.ports, [], id)).rejects.toMatchObject({ code: 'PROFILE_NOT_FOUND' });
  });
});
