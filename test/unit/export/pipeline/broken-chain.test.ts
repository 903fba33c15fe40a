import { describe, expect, it } from 'vitest';
import { World } from '../../../support/world.ts';
import { MINUTE, SECOND, seeded } from './kit.ts';

describe('what breaks the chain is healed by a resync', () => {
  async function ready() {
    const world = new World({ pageRows: 4 });
    const ids = seeded(world, 10);
    await world.addProfile('one');
    await world.addProfile('two');
    await world.run(20 * SECOND);
    return { world, ids };
  }

  const change = (world: World, ids: string[], round: number) => {
    world.organization.update('parent', ids[round] ?? '', { name: `round ${round}` });
    world.organization.delete('parent', ids[9 - round] ?? '');
    world.organization.create('parent', { name: `made in ${round}` });
  };

  const bothEqual = (world: World) => {
    expect(world.destination('one')).toEqual(world.source());
    expect(world.destination('two')).toEqual(world.source());
  };

  it('a destination restored to an earlier state', async () => {
    const { world, ids } = await ready();
    const backup = world.database('one').snapshot();
    change(world, ids, 0);
    await world.run(5 * SECOND);
    world.database('one').restore(backup);
    await world.run(2 * MINUTE);
    bothEqual(world);
  });

  it('the control database restored to an earlier state', async () => {
    const { world, ids } = await ready();
    const backup = world.control.snapshot();
    change(world, ids, 0);
    await world.run(5 * SECOND);
    change(world, ids, 1);
    await world.run(5 * SECOND);
    world.control.restore(backup);
    change(world, ids, 2);
    await world.run(3 * MINUTE);
    bothEqual(world);
  });

  it('a lost page', async () => {
    const world = new World();
    const ids = seeded(world, 10);
    await world.addProfile('one');
    await world.addProfile('two');
    await world.run(20 * SECOND);
    seeded(world, 1000);
    const whole = world.blobs.get.bind(world.blobs);
    let lost = 0;
    world.blobs.get = async (container, name) => (container === 'pages' && lost++ < 2 ? null : whole(container, name));
    change(world, ids, 0);
    await world.run(3 * MINUTE);
    expect(lost).toBeGreaterThan(2);
    expect(world.log.named('resync queued').some(({ fields }) => fields.why === 'a page is lost')).toBe(true);
    bothEqual(world);
  });

  it('Freshet’s own tables dropped by hand', async () => {
    const { world, ids } = await ready();
    const area = world.database('one').area({ schema: 'dbo', prefix: '' });
    area.own = null;
    area.tables.clear();
    change(world, ids, 0);
    await world.run(2 * MINUTE);
    bothEqual(world);
  });

  it('an entity table dropped by hand', async () => {
    const { world, ids } = await ready();
    world.database('one').area({ schema: 'dbo', prefix: '' }).tables.delete('parent');
    change(world, ids, 0);
    await world.run(2 * MINUTE);
    bothEqual(world);
  });
});
