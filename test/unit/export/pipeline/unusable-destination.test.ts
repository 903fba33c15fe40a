import { describe, expect, it } from 'vitest';
import { FreshetError } from '../../../../shared/errors/error.ts';
import { ringProfile } from '../../../../shared/export/profiles/profiles.ts';
import { readFeed } from '../../../../shared/export/read/read-feed.ts';
import { ORGANIZATION_ID, World } from '../../../support/world.ts';
import { SECOND, seeded, status, troubled } from './kit.ts';

describe('a destination that cannot be used', () => {
  it('holds up its own profile only, says so, and is caught up with by a probe', async () => {
    const world = new World();
    seeded(world, 3);
    const dead = await world.addProfile('dead');
    await world.addProfile('alive');
    await world.run(10 * SECOND);
    let down = true;
    world.wrapDestination = (destination, name) =>
      troubled(destination, async () => {
        if (name === 'dead' && down) throw new FreshetError('DESTINATION_FULL', { text: 'the disk is full' });
      });
    await world.ports.destinations.forget(dead);
    world.organization.create('parent', { name: 'while down' });
    await world.run(2 * SECOND);
    expect(world.destination('alive')).toEqual(world.source());
    expect(world.destination('dead').size).toBe(3);
    const { profile, entity } = await status(world, dead);
    expect(profile).toMatchObject({ ExportStatus: 'Waiting', ErrorDetails: { Code: 'DESTINATION_FULL' } });
    expect(entity.FailureNotifications + entity.RetryNotifications).toBe(0);
    down = false;
    await world.run(90 * SECOND);
    expect(world.destination('dead')).toEqual(world.source());
    expect((await status(world, dead)).profile).toMatchObject({ ExportStatus: 'Running', ErrorDetails: null });
  });

  it('misses no page that was appended while it was being found usable again', async () => {
    let atTheEndOfTheProbe: (() => Promise<void>) | null = null;
    const world: World = new World({
      notifications: false,
      gate: async (operation, moment) => {
        if (operation !== 'profiles.update' || moment !== 'before' || down || !atTheEndOfTheProbe) return;
        const work = atTheEndOfTheProbe;
        atTheEndOfTheProbe = null;
        await work();
      },
    });
    let down = false;
    seeded(world, 3);
    const id = await world.addProfile('one');
    await world.run(10 * SECOND);
    world.sweeping = false;
    world.wrapDestination = (destination) =>
      troubled(destination, async () => {
        if (down) throw new FreshetError('DESTINATION_FULL', { text: 'the disk is full' });
      });
    down = true;
    await world.ports.destinations.forget(id);
    await ringProfile(world.ports, id);
    await world.run(2 * SECOND);
    expect((await status(world, id)).profile).toMatchObject({ ExportStatus: 'Waiting' });
    down = false;
    atTheEndOfTheProbe = async () => {
      world.organization.create('parent', { name: 'late' });
      await readFeed(world.ports, { organizationId: ORGANIZATION_ID, entity: 'parent', ring: true });
    };
    await world.run(90 * SECOND);
    expect(atTheEndOfTheProbe).toBeNull();
    expect(world.destination('one')).toEqual(world.source());
  });

  it('says so, too, when it does not answer and each question uses up its time', async () => {
    const world = new World();
    seeded(world, 3);
    const dead = await world.addProfile('dead');
    await world.run(10 * SECOND);
    world.wrapDestination = (destination) =>
      troubled(destination, async () => {
        await world.clock.sleep(5 * SECOND);
        throw new FreshetError('DESTINATION_UNAVAILABLE', { text: 'silent' });
      });
    await world.ports.destinations.forget(dead);
    world.organization.create('parent', { name: 'while it hangs' });
    await world.run(30 * SECOND);
    expect((await status(world, dead)).profile).toMatchObject({
      ExportStatus: 'Waiting',
      ErrorDetails: { Code: 'DESTINATION_UNAVAILABLE' },
    });
  });
});
