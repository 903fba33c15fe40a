import { describe, expect, it } from 'vitest';
import { FreshetError } from '../../../../shared/errors/error.ts';
import { World } from '../../../support/world.ts';
import { MINUTE, SECOND, seeded, status, troubled } from './kit.ts';

/** Longer than its attribute allows, as names of lookups may be. */
const LONG = 'long '.repeat(20);

describe('a record that the destination refuses', () => {
  it('lets its neighbours pass, is tried again, and arrives when the cause is mended', async () => {
    const world = new World();
    seeded(world, 5);
    const id = await world.addProfile('one');
    await world.run(10 * SECOND);
    world.database('one').constraint = (_entity, _id, row) => (row?.name === 'bad' ? 'the check says no' : null);
    const bad = world.organization.create('parent', { name: 'bad' }).self.id;
    const good = world.organization.create('parent', { name: 'good' }).self.id;
    await world.run(SECOND);
    expect(world.destination('one').has(good)).toBe(true);
    expect(world.destination('one').has(bad)).toBe(false);
    expect((await status(world, id)).entity).toMatchObject({ RetryNotifications: 1, FailureNotifications: 0 });
    world.database('one').constraint = () => null;
    await world.run(6 * SECOND);
    expect(world.destination('one').get(bad)).toBe('bad');
    expect((await status(world, id)).entity).toMatchObject({
      RetryNotifications: 0,
      SuccessNotifications: 7,
      TotalNotifications: 7,
    });
  });

  it('is a failed record once its attempts are used up, with its JSON and one line in the log', async () => {
    const world = new World();
    const id = await world.addProfile('one');
    await world.run(10 * SECOND);
    world.database('one').constraint = () => 'the check says no';
    const bad = world.organization.create('parent', { name: 'bad' }).self.id;
    await world.run(30 * SECOND);
    expect((await status(world, id)).entity).toMatchObject({ RetryNotifications: 0, FailureNotifications: 1 });
    const names: string[] = [];
    for await (const { name } of world.blobs.list(`failures-${id}`)) names.push(name);
    const line = names.find((name) => name.startsWith('failurelog/2026/01/01/00/')) ?? '';
    expect(names.some((name) => name.startsWith(`data/parent/${bad}`))).toBe(true);
    expect(Buffer.from((await world.blobs.get(`failures-${id}`, line)) ?? []).toString()).toMatch(
      new RegExp(
        `^Entity: parent, RecordId: ${bad}, NotificationTime: 1/1/2026 .*, ChangeType: New, FailureReason: the check says no\n$`,
      ),
    );
  });

  it.each([
    [0, []],
    [3, [10, 20, 30]],
  ])('is tried once, and then up to %i times more, at the interval of its profile', async (MaxRetryCount, seconds) => {
    const world = new World();
    const id = await world.addProfile('one', { RetryPolicy: { MaxRetryCount, IntervalInSeconds: 10 } });
    await world.run(10 * SECOND);
    const tried = new Set<number>();
    world.database('one').constraint = () => {
      tried.add(world.clock.now());
      return 'the check says no';
    };
    world.organization.create('parent', { name: 'bad' });
    await world.run(5 * MINUTE);
    const [first = 0, ...again] = tried;
    expect(again.map((at) => (at - first) / SECOND)).toEqual(seconds);
    expect((await status(world, id)).entity).toMatchObject({ RetryNotifications: 0, FailureNotifications: 1 });
  });

  it('is a failed record in the end also when many are refused together', async () => {
    const world = new World();
    const id = await world.addProfile('one');
    await world.run(10 * SECOND);
    world.database('one').constraint = (_entity, _id, row) => (row?.name === 'bad' ? 'the check says no' : null);
    for (let count = 0; count < 30; count++) world.organization.create('parent', { name: 'bad' });
    world.organization.create('parent', { name: 'good' });
    await world.run(MINUTE);
    expect((await status(world, id)).entity).toMatchObject({ RetryNotifications: 0, FailureNotifications: 30 });
    expect((await status(world, id)).profile).toMatchObject({ ExportStatus: 'Running' });
  });

  /** A destination that lets no column be widened, and the figures of a profile after so many such names. */
  async function tooLong(count: number, good: number) {
    const world = new World();
    const id = await world.addProfile('one');
    await world.run(10 * SECOND);
    const state = { forbids: true };
    world.wrapDestination = (destination) =>
      troubled(destination, async (method) => {
        if (method !== 'shape' || !state.forbids) return;
        throw new FreshetError('DESTINATION_FORBIDDEN', { text: 'must be owner of table parent' });
      });
    await world.ports.destinations.forget(id);
    world.wrapSource = (source) => ({
      ...source,
      read: async (entity, from, maxRows) => {
        const page = await source.read(entity, from, maxRows);
        return { ...page, rows: page.rows.map((row) => row.map((cell) => (cell === 'long' ? LONG : cell))) };
      },
    });
    for (let row = 0; row < count; row++) world.organization.create('parent', { name: 'long' });
    for (let row = 0; row < good; row++) world.organization.create('parent', { name: 'good' });
    await world.run(MINUTE);
    return { world, id, state };
  }

  it('is none but the destination’s fault when all of many are longer than a column that must not be widened', async () => {
    const { world, id, state } = await tooLong(30, 0);
    const waiting = await status(world, id);
    expect(waiting.profile).toMatchObject({
      ExportStatus: 'Waiting',
      ErrorDetails: { Code: 'DESTINATION_REFUSES_ALL' },
    });
    expect(waiting.profile.ErrorDetails?.Message).toContain('longer than destination schema for [name, 50]');
    expect([waiting.entity.FailureNotifications, waiting.entity.RetryNotifications]).toEqual([0, 0]);
    state.forbids = false;
    await world.run(2 * MINUTE);
    expect([...world.destination('one').values()]).toEqual(Array.from({ length: 30 }, () => LONG));
    expect((await status(world, id)).profile).toMatchObject({ ExportStatus: 'Running' });
  });

  it.each([
    [30, 1],
    [19, 0],
  ])('is one when %i are too long and %i good', async (count, good) => {
    const { world, id } = await tooLong(count, good);
    expect((await status(world, id)).profile).toMatchObject({ ExportStatus: 'Running' });
    expect((await status(world, id)).entity).toMatchObject({ FailureNotifications: count });
    expect(world.destination('one').size).toBe(good);
  });

  it('is one however many there are of what no database could hold', async () => {
    const world = new World();
    const id = await world.addProfile('one');
    await world.run(10 * SECOND);
    for (let row = 0; row < 30; row++) world.organization.create('parent', { name: 'a\u0000b' });
    await world.run(MINUTE);
    expect((await status(world, id)).profile).toMatchObject({ ExportStatus: 'Running' });
    expect((await status(world, id)).entity).toMatchObject({ FailureNotifications: 30 });
  });

  it('that fits no column is refused without asking the database', async () => {
    const world = new World();
    const id = await world.addProfile('one');
    await world.run(10 * SECOND);
    world.organization.create('parent', { name: 'a\u0000b' });
    world.organization.create('parent', { name: 'fine' });
    await world.run(SECOND);
    expect(world.destination('one').size).toBe(1);
    expect((await status(world, id)).entity.RetryNotifications).toBe(1);
  });
});
