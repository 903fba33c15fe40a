import { describe, expect, it } from 'vitest';
import { readDefinition } from '../../../../local/dataverse/model/read-definition.ts';
import { resync } from '../../../../shared/export/profiles/actions.ts';
import { getProfile } from '../../../../shared/export/profiles/profiles.ts';
import { ORGANIZATION_ID, World } from '../../../support/world.ts';
import { CHILD, LINKS } from '../../../support/world-entities.ts';
import { MINUTE, SECOND } from './kit.ts';

const nameOfParent = {
  LogicalName: 'parentidname',
  SchemaName: 'ParentIdName',
  AttributeTypeName: 'StringType',
  MaxLength: 100,
  AttributeOf: 'parentid',
};

const cellsOf = (world: World, entity: string) => [
  ...(world.database('one').area({ schema: 'dbo', prefix: '' }).tables.get(entity)?.rows.values() ?? []),
];

describe('values that change without a version', () => {
  async function withNames(): Promise<{ world: World; parent: string }> {
    const world = new World({ options: { refreshMs: 30 * MINUTE } });
    world.organization.define(readDefinition({ ...CHILD, Attributes: [...CHILD.Attributes, nameOfParent] }));
    const parent = world.organization.create('parent', { name: 'before' }).self;
    world.organization.create('child', { name: 'a child', parentid: parent });
    world.organization.create('child', { name: 'an orphan' });
    await world.addProfile('one', { Entities: [{ Type: 'parent' }, { Type: 'child' }] });
    await world.run(MINUTE);
    return { world, parent: parent.id };
  }
  const names = (world: World) =>
    cellsOf(world, 'child')
      .map(({ cells }) => cells.parentidname)
      .toSorted();

  it('are refreshed by schedule, and only rows that show something else are written', async () => {
    const { world, parent } = await withNames();
    expect(names(world)).toEqual(['before', null]);
    const orphan = () => cellsOf(world, 'child').find(({ cells }) => cells.name === 'an orphan');
    const writtenAt = orphan()?.modifiedOn;
    world.organization.update('parent', parent, { name: 'after' });
    await world.run(15 * MINUTE);
    expect(names(world)).toEqual(['before', null]);
    await world.run(20 * MINUTE);
    expect(names(world)).toEqual(['after', null]);
    expect(orphan()?.modifiedOn).toBe(writtenAt);
  });

  it('are refreshed without bringing back a row that is deleted meanwhile', async () => {
    const { world } = await withNames();
    const source = world.source('child');
    for (const id of source.keys()) world.organization.delete('child', id);
    await world.run(40 * MINUTE);
    expect(cellsOf(world, 'child')).toEqual([]);
  });

  it('cause no reads of an entity that has none', async () => {
    const { world } = await withNames();
    await world.run(40 * MINUTE);
    const feed = { organizationId: ORGANIZATION_ID, entity: 'parent' };
    expect((await world.control.feeds.pagesAfter(feed, 0, 99)).filter(({ snapshotId }) => snapshotId).length).toBe(1);
  });
});

describe('the links of a relationship without change tracking', () => {
  const links = (world: World) =>
    cellsOf(world, 'parentchild')
      .map(({ cells }) => `${cells.parentid} ${cells.childid}`)
      .toSorted();

  it('are read as a whole every quarter of an hour, removals too, and the status says so', async () => {
    const world = new World();
    const { definition } = world.organization.table('parentchild');
    world.organization.define({ ...definition, changeTrackingEnabled: false });
    const parent = world.organization.create('parent', { name: 'p' }).self;
    const children = ['a', 'b', 'c'].map((name) => world.organization.create('child', { name }).self);
    world.organization.associate(LINKS.SchemaName, 'parent', parent.id, children.slice(0, 2));
    const id = await world.addProfile('one', { Entities: [{ Type: 'parent' }, { Type: 'parentchild' }] });
    await world.run(2 * MINUTE);
    const expected = (...wanted: number[]) => wanted.map((k) => `${parent.id} ${children[k]?.id}`).toSorted();
    expect(links(world)).toEqual(expected(0, 1));
    world.organization.disassociate(LINKS.SchemaName, 'parent', parent.id, children.slice(0, 1));
    world.organization.associate(LINKS.SchemaName, 'parent', parent.id, children.slice(2));
    await world.run(5 * MINUTE);
    expect(links(world)).toEqual(expected(0, 1));
    await world.run(12 * MINUTE);
    expect(links(world)).toEqual(expected(1, 2));
    const profile = await getProfile(world.ports, [ORGANIZATION_ID], id, true);
    const told = profile.Entities.map(({ Type, Status }) => [Type, Status?.ReadBySchedule, Status?.InitialSyncState]);
    expect(told).toEqual([
      ['parent', false, 'Completed'],
      ['parentchild', true, 'Completed'],
    ]);
  });

  it('are read once more for all, after the first cursor, when their changes are tracked from now on', async () => {
    const world = new World();
    const track = (changeTrackingEnabled: boolean) =>
      world.organization.define({ ...world.organization.table('parentchild').definition, changeTrackingEnabled });
    track(false);
    const parent = world.organization.create('parent', { name: 'p' }).self;
    const child = world.organization.create('child', { name: 'c' }).self;
    const Entities = [{ Type: 'parent' }, { Type: 'parentchild' }];
    await world.addProfile('one', { Entities });
    const other = await world.addProfile('other', { Entities });
    await world.run(2 * MINUTE);
    world.organization.associate(LINKS.SchemaName, 'parent', parent.id, [child]);
    track(true);
    // A read for one of them is what notices the new definition.
    await resync(world.ports, { administered: [ORGANIZATION_ID], profileId: other, entity: 'parentchild' });
    await world.run(40 * MINUTE);
    expect(links(world)).toEqual([`${parent.id} ${child.id}`]);
  });

  it('are read once more for all, and by schedule from then on, when their changes are no longer tracked', async () => {
    const world = new World();
    const parent = world.organization.create('parent', { name: 'p' }).self;
    const child = world.organization.create('child', { name: 'c' }).self;
    world.organization.associate(LINKS.SchemaName, 'parent', parent.id, [child]);
    const id = await world.addProfile('one', { Entities: [{ Type: 'parent' }, { Type: 'parentchild' }] });
    await world.run(MINUTE);
    expect(links(world)).toEqual([`${parent.id} ${child.id}`]);
    world.organization.disassociate(LINKS.SchemaName, 'parent', parent.id, [child]);
    world.organization.define({ ...world.organization.table('parentchild').definition, changeTrackingEnabled: false });
    await resync(world.ports, { administered: [ORGANIZATION_ID], profileId: id, entity: 'parentchild' });
    await world.run(MINUTE);
    expect(links(world)).toEqual([]);
    const profile = await getProfile(world.ports, [ORGANIZATION_ID], id, true);
    expect(profile.Entities[1]?.Status).toMatchObject({ ReadBySchedule: true, InitialSyncState: 'Completed' });
    world.organization.associate(LINKS.SchemaName, 'parent', parent.id, [child]);
    await world.run(16 * MINUTE);
    expect(links(world)).toEqual([`${parent.id} ${child.id}`]);
  });

  it('leave their worker alone in between: a bell is answered by nothing', async () => {
    const world = new World();
    const { definition } = world.organization.table('parentchild');
    world.organization.define({ ...definition, changeTrackingEnabled: false });
    await world.addProfile('one', { Entities: [{ Type: 'parent' }, { Type: 'parentchild' }] });
    await world.run(MINUTE);
    let reads = 0;
    world.wrapSource = (source) => ({
      ...source,
      read: (entity, ...args) => {
        if (entity.logicalName === 'parentchild') reads++;
        return source.read(entity, ...args);
      },
    });
    await world.run(10 * MINUTE + 30 * SECOND);
    expect(reads).toBe(0);
  });
});
