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

it.each([
  [60, 'one turn while no other feed waits', false, 1],
  [60, 'several turns while others wait', true, 3],
  [150, 'two turns, for none lasts longer than two minutes', false, 2],
] as const)('a read of %i pages of keys, of a second each, takes %s', async (pages, _, waiting, turns) => {
  const world = new World({ pageRows: 10, notifications: false });
  for (let row = 0; row < pages * 10; row++) world.organization.create('parent', { name: `row ${row}` });
  const turnsOfKeys = new Set<number>();
  let keysAreRead = false;
  world.wrapSource = (source) => ({
    ...source,
    read: async (entity, from, maxRows) => {
      if (entity.logicalName === 'parent') {
        keysAreRead ||= from.kind === 'changes' || from.kind === 'rows';
        if (!keysAreRead) turnsOfKeys.add(answers);
        await world.clock.sleep(1_000);
      }
      return source.read(entity, from, maxRows);
    },
  });
  let answers = 0;
  const { bells } = world.ports.control;
  const answer = bells.answer.bind(bells);
  bells.answer = (key, owner) => {
    if (key.endsWith('/parent')) answers++;
    return answer(key, owner);
  };
  bells.feedsWait = async () => waiting;
  await world.addProfile('one');
  await world.run(10 * 60_000);
  expect(world.destination('one')).toEqual(world.source());
  expect(turnsOfKeys.size).toBe(turns);
});
