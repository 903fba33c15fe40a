import { describe, expect, it } from 'vitest';
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
});
