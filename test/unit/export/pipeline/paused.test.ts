import { describe, expect, it } from 'vitest';
import { pause, resync } from '../../../../shared/export/profiles/actions.ts';
import { ORGANIZATION_ID, World } from '../../../support/world.ts';
import { deactivate } from '../activating.ts';
import { MINUTE, SECOND, seeded, status, troubled } from './kit.ts';

const request = (profileId: string, entity?: string) => ({ administered: [ORGANIZATION_ID], profileId, entity });

/** More pages than one merge takes. */
const ROWS = 120;

describe('a table that is to stand still', () => {
  it('does so at once, though its worker is in the middle of a long way', async () => {
    const world = new World({ pageRows: 1 });
    const id = await world.addProfile('one');
    await world.addProfile('two');
    await world.run(10 * SECOND);
    await deactivate(world, id);
    seeded(world, ROWS);
    await world.run(MINUTE);
    let applies = 0;
    world.wrapDestination = (destination, database) =>
      troubled(destination, async (method) => {
        if (method !== 'apply' || database !== 'one') return;
        await world.clock.sleep(600);
        if (++applies === 1) await pause(world.ports, request(id), true);
      });
    await world.activate(id);
    await world.run(10 * MINUTE);
    expect(applies).toBe(1);
    expect(world.destination('one').size).toBeLessThan(ROWS);
    await pause(world.ports, request(id), false);
    await world.run(MINUTE);
    expect(world.destination('one')).toEqual(world.source());
  });

  it('keeps its retries waiting, and nobody asks for them again and again', async () => {
    const world = new World();
    const id = await world.addProfile('one');
    await world.run(10 * SECOND);
    world.database('one').constraint = () => 'the check says no';
    const bad = world.organization.create('parent', { name: 'bad' }).self.id;
    await world.run(SECOND);
    await pause(world.ports, request(id, 'parent'), true);
    let attempts = 0;
    world.database('one').constraint = () => {
      attempts++;
      return null;
    };
    await world.run(10 * MINUTE);
    expect(attempts).toBe(0);
    expect((await status(world, id)).entity).toMatchObject({ RetryNotifications: 1, CurrentState: 'Paused' });
    await pause(world.ports, request(id, 'parent'), false);
    await world.run(MINUTE);
    expect(world.destination('one').get(bad)).toBe('bad');
  });

  it('is not read for by a resync until it goes on', async () => {
    const world = new World();
    seeded(world, 3);
    const id = await world.addProfile('one');
    await world.run(10 * SECOND);
    await pause(world.ports, request(id), true);
    await resync(world.ports, request(id));
    let reads = 0;
    world.wrapSource = (source) => ({
      ...source,
      read: (...asked) => {
        reads++;
        return source.read(...asked);
      },
    });
    await world.run(10 * MINUTE);
    expect(reads).toBeLessThan(10);
    await pause(world.ports, request(id), false);
    await world.run(MINUTE);
    expect((await status(world, id)).entity.InitialSyncState).toBe('Completed');
  });
});
