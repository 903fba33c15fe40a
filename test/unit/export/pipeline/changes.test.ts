import { describe, expect, it } from 'vitest';
import { ORGANIZATION_ID, World } from '../../../support/world.ts';
import { MINUTE, SECOND, seeded } from './kit.ts';

describe('a change', () => {
  it.each(['create', 'update', 'delete'] as const)('(%s) follows within a second', async (kind) => {
    const world = new World();
    const [first = ''] = seeded(world, 3);
    await world.addProfile('one');
    await world.run(10 * SECOND);
    if (kind === 'create') world.organization.create('parent', { name: 'new' });
    if (kind === 'update') world.organization.update('parent', first, { name: 'changed' });
    if (kind === 'delete') world.organization.delete('parent', first);
    await world.run(SECOND);
    expect(world.destination('one')).toEqual(world.source());
  });

  it('that no notification tells of follows by the sweep', async () => {
    const world = new World({ notifications: false });
    const [first = ''] = seeded(world, 3);
    await world.addProfile('one');
    await world.run(10 * SECOND);
    world.organization.update('parent', first, { name: 'changed' });
    world.organization.delete('parent', [...world.source().keys()][1] ?? '');
    await world.run(2 * MINUTE);
    expect(world.destination('one')).toEqual(world.source());
  });

  it('that hides behind an open transaction of the source follows after its commit', async () => {
    const world = new World();
    const [first = ''] = seeded(world, 3);
    await world.addProfile('one');
    await world.run(10 * SECOND);
    const transaction = world.organization.begin();
    transaction.update('parent', first, { name: 'hidden' });
    await world.queues.send('notifications', [
      { body: { OrganizationId: ORGANIZATION_ID, PrimaryEntityName: 'parent', MessageName: 'Update' } },
    ]);
    await world.run(3 * SECOND);
    expect(world.destination('one').get(first)).toBe('row 0');
    transaction.commit();
    await world.run(5 * SECOND);
    expect(world.destination('one').get(first)).toBe('hidden');
  });
});

describe('a row deleted and made again with the same id', () => {
  it.each([
    ['both', 1],
    ['both', 100],
    ['row', 1],
    ['row', 100],
  ] as const)('stays (listed as %s, pages of %i)', async (recreated, pageRows) => {
    const world = new World({ pageRows, variants: { recreated } });
    const ids = seeded(world, 6);
    await world.addProfile('one');
    await world.run(20 * SECOND);
    for (const id of ids.slice(0, 4)) {
      world.organization.delete('parent', id);
      world.organization.create('parent', { name: `again ${id}` }, { id });
    }
    await world.run(30 * SECOND);
    expect(world.destination('one')).toEqual(world.source());
    expect(world.destination('one').get(ids[0] ?? '')).toBe(`again ${ids[0]}`);
  });

  /** A transaction that stays open hides all changes after it. */
  function hides(world: World, id: string) {
    const transaction = world.organization.begin();
    transaction.update('parent', id, { name: 'hides what comes after' });
    return transaction;
  }

  /** The first row is deleted, and nothing is listed of it before the transaction ends. */
  async function deletedOutOfSight() {
    const world = new World();
    const [first = '', second = '', third = ''] = seeded(world, 3);
    await world.addProfile('one');
    await world.run(10 * SECOND);
    const beforeDeletion = hides(world, second);
    world.organization.delete('parent', first);
    return { world, first, third, beforeDeletion };
  }

  it('stays when a snapshot shows it before the source’s open transactions let the change be listed', async () => {
    const { world, first, third, beforeDeletion } = await deletedOutOfSight();
    const beforeCreation = hides(world, third);
    world.organization.create('parent', { name: 'again' }, { id: first });
    await world.addProfile('two');
    await world.run(5 * SECOND);
    beforeDeletion.commit();
    await world.run(5 * SECOND);
    expect(world.destination('two').get(first)).toBe('again');
    beforeCreation.commit();
    await world.run(MINUTE);
    expect(world.destination('two')).toEqual(world.source());
  });

  it('stays when its deletion is listed in time and its last change is not', async () => {
    const { world, first, third, beforeDeletion } = await deletedOutOfSight();
    world.organization.create('parent', { name: 'again' }, { id: first });
    await world.addProfile('two');
    await world.run(5 * SECOND);
    world.organization.create('parent', { name: 'newer than all that the snapshot showed' });
    const beforeChange = hides(world, third);
    world.organization.update('parent', first, { name: 'changed' });
    beforeDeletion.commit();
    await world.run(5 * SECOND);
    expect(world.destination('two').get(first)).toBe('changed');
    beforeChange.commit();
    await world.run(MINUTE);
    expect(world.destination('two')).toEqual(world.source());
  });
});

describe('a deleted row', () => {
  it('does not come back by a retry that waits for its turn', async () => {
    const world = new World();
    const [first = ''] = seeded(world, 3);
    await world.addProfile('one');
    await world.run(10 * SECOND);
    world.database('one').constraint = (_entity, _id, row) => (row?.name === 'bad' ? 'not allowed' : null);
    world.organization.update('parent', first, { name: 'bad' });
    await world.run(SECOND);
    expect(world.destination('one').get(first)).toBe('row 0');
    world.organization.delete('parent', first);
    world.database('one').constraint = () => null;
    await world.run(MINUTE);
    expect(world.destination('one').has(first)).toBe(false);
  });

  it('does not come back by a resync that runs meanwhile', async () => {
    const world = new World({ pageRows: 2 });
    const ids = seeded(world, 10);
    await world.addProfile('one');
    await world.run(20 * SECOND);
    world.organization.expireTokens();
    world.organization.delete('parent', ids[3] ?? '');
    await world.run(2 * MINUTE);
    expect(world.destination('one')).toEqual(world.source());
    expect(world.destination('one').size).toBe(9);
  });
});
