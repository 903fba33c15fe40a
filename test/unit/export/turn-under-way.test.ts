import { describe, expect, it } from 'vitest';
import { FreshetError } from '../../../shared/errors/error.ts';
import { applyProfile } from '../../../shared/export/apply/apply-profile.ts';
import { World } from '../../support/world.ts';
import { createdProfile, deactivate, interrupted, MINUTE, remove, replacing, SECOND } from './activating.ts';

describe('a turn under way', () => {
  it('stops at the next merge once its profile is deactivated', async () => {
    const world = new World({ pageRows: 1 });
    const id = await world.addProfile('one');
    const reader = await world.addProfile('two');
    await world.run(10 * SECOND);
    await deactivate(world, id);
    const ids = Array.from({ length: 200 }, () => world.organization.create('parent', { name: 'new' }).self.id);
    await world.run(2 * MINUTE);
    expect(world.destination('two').size).toBe(ids.length);
    let merges = 0;
    world.wrapDestination = (destination, name) =>
      name !== 'one'
        ? destination
        : replacing(destination, 'apply', async (original) => {
            merges++;
            const applied = await original();
            await deactivate(world, id);
            await world.clock.advance(SECOND);
            return applied;
          });
    await world.activate(id);
    await world.run(MINUTE);
    expect(merges).toBe(1);
    const behind = await world.control.profiles.subscriptions(id);
    expect(behind.some(({ head, number }) => number < head)).toBe(true);
    expect(await world.control.profiles.get(reader)).toMatchObject({ state: 'active' });
    world.wrapDestination = (destination) => destination;
    await world.activate(id);
    await world.run(MINUTE);
    expect(world.destination('one')).toEqual(world.source());
  });

  it('that fails after its profile was deactivated opens no breaker', async () => {
    const { world, id } = await createdProfile();
    world.wrapDestination = (destination) =>
      replacing(destination, 'shape', async () => {
        await deactivate(world, id);
        throw new FreshetError('DESTINATION_FULL', { text: 'the disk is full' });
      });
    await world.activate(id);
    await world.run(10 * SECOND);
    expect(await world.control.profiles.get(id)).toMatchObject({ state: 'deactivated', breaker: null });
    expect(world.log.named('breaker opened')).toEqual([]);
  });

  it.each(['deactivate', 'delete'] as const)(
    '%s at any of its operations: the profile does not come back',
    async (wish) => {
      let tried = 0;
      for (let at = 1, happened = true; happened; at++) {
        const { world, id } = await createdProfile();
        await world.activate(id);
        await world.run(10 * SECOND);
        await deactivate(world, id);
        world.database('one').constraint = (_entity, _id, row) => (row?.name === 'bad' ? 'no' : null);
        world.organization.create('parent', { name: 'bad' });
        world.organization.create('parent', { name: 'good' });
        await world.run(MINUTE);
        await world.activate(id);
        const process = interrupted(world, at, async () => {
          await (wish === 'delete' ? remove(world, id) : deactivate(world, id));
          await world.clock.advance(SECOND);
        });
        await applyProfile(process.ports, { profileId: id, ring: true });
        happened = process.happened();
        if (!happened) break;
        tried++;
        await world.run(MINUTE);
        const profile = await world.control.profiles.get(id);
        expect(profile && { state: profile.state, breaker: profile.breaker }).toEqual(
          wish === 'delete' ? null : { state: 'deactivated', breaker: null },
        );
        if (wish === 'delete') expect(world.control.snapshot().bells.size).toBe(0);
      }
      expect(tried).toBeGreaterThan(20);
    },
  );
});
