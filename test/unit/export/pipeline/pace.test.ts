import { describe, expect, it, vi } from 'vitest';
import { feedBell } from '../../../../shared/control/model.ts';
import { REQUEST_BURST } from '../../../../shared/control/organizations.port.ts';
import { ORGANIZATION_ID, World } from '../../../support/world.ts';
import { SECOND, seeded } from './kit.ts';

/** Rows of an entity whose first synchronization takes more requests than an organization takes at once. */
function large(): World {
  const world = new World({ pageRows: 2 });
  seeded(world, 2 * REQUEST_BURST);
  return world;
}

describe('at the pace that an organization allows', () => {
  it('an entity of more pages than its burst is copied to the end', async () => {
    const world = large();
    await world.addProfile('one');
    await world.run(60 * SECOND);
    expect(world.destination('one')).toEqual(world.source());
  });

  it('changes and the snapshot take turns', async () => {
    const world = large();
    await world.addProfile('one');
    const [id = ''] = world.source().keys();
    let arrived = 0;
    for (let second = 0; second < 70; second++) {
      world.organization.update('parent', id, { name: `at ${second}` });
      await world.run(SECOND);
      if (world.destination('one').get(id) === `at ${second}`) arrived++;
    }
    await world.run(5 * SECOND);
    expect(world.destination('one')).toEqual(world.source());
    expect(arrived).toBeGreaterThan(20);
  });

  it('a first cursor is used under other columns but once where tokens are bound to them', async () => {
    const world = new World({ variants: { tokenColumns: 'same' } });
    seeded(world, 5);
    // No burst follows: between the end of a first cursor's read and its use, each feed waits for a slot.
    await world.control.organizations.throttle(ORGANIZATION_ID, SECOND);
    await world.addProfile('one', { Entities: [{ Type: 'parent' }, { Type: 'child' }, { Type: 'parentchild' }] });
    await world.run(30 * SECOND);
    expect(world.destination('one')).toEqual(world.source());
    expect(world.log.named('cursor expired').length).toBeLessThanOrEqual(3);
  });

  it('a feed that changes all the time gives its lease back after each read, for others to take', async () => {
    const world = new World();
    const [id = ''] = seeded(world, 1);
    await world.addProfile('one');
    await world.run(5 * SECOND);
    const events: string[] = [];
    world.wrapSource = (source) => ({
      ...source,
      read: async (...read) => {
        events.push('read');
        await world.clock.sleep(SECOND);
        const page = await source.read(...read);
        if (events.length > 10) return page;
        world.organization.update('parent', id, { name: `after ${events.length}` });
        await world.ports.control.bells.ring([
          { key: feedBell({ organizationId: ORGANIZATION_ID, entity: 'parent' }) },
        ]);
        return page;
      },
    });
    const { bells } = world.ports.control;
    const { postpone } = bells;
    vi.spyOn(bells, 'postpone').mockImplementation((...postponed) => {
      events.push('lease given back');
      return postpone(...postponed);
    });
    world.organization.update('parent', id, { name: 'first' });
    await world.run(10 * SECOND);
    const whileItChanges = events.slice(0, 10);
    expect(whileItChanges).toEqual(whileItChanges.map((_, k) => (k % 2 === 0 ? 'read' : 'lease given back')));
  });
});
