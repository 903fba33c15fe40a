import { describe, expect, it } from 'vitest';
import { deactivateProfile } from '../../../../shared/export/profiles/profiles.ts';
import { ORGANIZATION_ID, World } from '../../../support/world.ts';
import { MINUTE, SECOND, seeded } from './kit.ts';

describe('a profile that was deactivated', () => {
  it('goes on without loss when it is activated again', async () => {
    const world = new World();
    const ids = seeded(world, 5);
    const id = await world.addProfile('one');
    await world.run(10 * SECOND);
    await deactivateProfile(world.ports, [ORGANIZATION_ID], id);
    world.organization.delete('parent', ids[0] ?? '');
    world.organization.create('parent', { name: 'meanwhile' });
    await world.run(5 * MINUTE);
    expect(world.destination('one').size).toBe(5);
    expect(world.destination('one').has(ids[0] ?? '')).toBe(true);
    await world.activate(id);
    await world.run(10 * SECOND);
    expect(world.destination('one')).toEqual(world.source());
  });
});
