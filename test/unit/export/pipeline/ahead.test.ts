import { expect, it } from 'vitest';
import { World } from '../../../support/world.ts';

it.each(['keys', 'rows'])(
  'each next page of %s is asked for before the one that named it is appended',
  async (read) => {
    const world = new World({ pageRows: 10, notifications: false });
    for (let row = 0; row < 40; row++) world.organization.create('parent', { name: `row ${row}` });
    const steps: string[] = [];
    world.wrapSource = (source) => ({
      ...source,
      read: async (entity, from, maxRows) => {
        steps.push(from.kind);
        await world.clock.sleep(300);
        return source.read(entity, from, maxRows);
      },
    });
    const { feeds } = world.ports.control;
    const append = feeds.append.bind(feeds);
    feeds.append = (appended) => {
      steps.push('append');
      return append(appended);
    };
    await world.addProfile('one');
    await world.run(60_000);
    expect(world.destination('one')).toEqual(world.source());
    const since = steps.slice(steps.indexOf(read)).join(' ');
    expect(since).toMatch(/^(keys|rows) (append next )?next append next append/);
  },
);
