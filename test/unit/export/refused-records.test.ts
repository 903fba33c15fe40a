import { describe, expect, it } from 'vitest';
import { profileBell } from '../../../shared/control/model.ts';
import type { Destination } from '../../../shared/destination/port.ts';
import { logFailedRecords } from '../../../shared/export/apply/failed-records.ts';
import { settled } from '../../../shared/platform/clock/virtual.ts';
import { turnOf } from '../../support/apply-turn.ts';
import { type Call, intercept } from '../../support/intercept.ts';
import { World } from '../../support/world.ts';

const SECOND = 1_000;
const MINUTE = 60 * SECOND;

/** A profile whose destination is watched; and refuses rows named `bad`. */
async function watched(settings: Record<string, unknown> = {}) {
  const world = new World();
  const calls: Call[] = [];
  world.wrapDestination = (destination) => intercept(destination, (call) => void calls.push(call));
  const id = await world.addProfile('one', settings);
  world.database('one').constraint = (_entity, _id, row) => (row?.name === 'bad' ? 'the check says no' : null);
  await world.run(10 * SECOND);
  calls.length = 0;
  const asked = (method: keyof Destination) => calls.filter((call) => call.method === method).length;
  return { world, id, asked };
}

const RETRY_QUESTIONS = ['dueRetries', 'unloggedFailures', 'nextRetryAt'] as const;

describe('a profile without refused records', () => {
  it('asks its destination nothing about them', async () => {
    const { world, asked } = await watched();
    world.organization.create('parent', { name: 'good' });
    await world.run(2 * MINUTE);
    expect(asked('positions')).toBeGreaterThan(0);
    expect(RETRY_QUESTIONS.map(asked)).toEqual([0, 0, 0]);
  });

  it('tells so when its last retry was replaced', async () => {
    const { world, id } = await watched({ RetryPolicy: { MaxRetryCount: 2, IntervalInSeconds: 3_600 } });
    const record = world.organization.create('parent', { name: 'bad' }).self.id;
    await world.run(SECOND);
    expect((await world.control.profiles.get(id))?.retryAt).toBeGreaterThan(world.clock.now());
    world.organization.update('parent', record, { name: 'good' });
    await world.run(SECOND);
    expect((await world.control.profiles.get(id))?.retryAt).toBeNull();
  });
});

describe('a retry', () => {
  it('that is due later is announced by one message, however often its turn looks again', async () => {
    const { world, id } = await watched({ RetryPolicy: { MaxRetryCount: 2, IntervalInSeconds: 3_600 } });
    const sent: number[] = [];
    const send = world.queues.send.bind(world.queues);
    world.queues.send = async (queue, messages) => {
      if (queue === 'applies') sent.push(...messages.flatMap(({ notBefore }) => notBefore ?? []));
      await send(queue, messages);
    };
    // Rung in the middle of the turn, the profile is looked at once more before it ends.
    let again = true;
    world.wrapDestination = (destination) =>
      intercept(destination, ({ method }) => {
        if (method === 'nextRetryAt' && again) void world.control.bells.ring([{ key: profileBell(id) }]);
        if (method === 'nextRetryAt') again = false;
      });
    await world.ports.destinations.forget(id);
    world.organization.create('parent', { name: 'bad' });
    await world.run(10 * SECOND);
    expect(again).toBe(false);
    expect(sent.filter((at) => at > world.clock.now())).toHaveLength(1);
  });

  it('has its blob written once, also when others of its merge are refused later', async () => {
    const { world } = await watched();
    world.organization.create('parent', { name: 'no\u0000text' });
    world.organization.create('parent', { name: 'bad' });
    world.organization.create('parent', { name: 'good' });
    const put = world.blobs.put.bind(world.blobs);
    let written = 0;
    world.blobs.put = async (container, ...rest) => {
      if (container === 'retries') written++;
      await put(container, ...rest);
    };
    await world.run(SECOND);
    expect(world.destination('one').size).toBe(1);
    expect(written).toBe(2);
  });
});

describe('failed records', () => {
  const RECORDS = 250;

  /** Failed at once, in one settlement, for no other reason than their columns. */
  async function failed() {
    const { world, id, asked } = await watched({ RetryPolicy: { MaxRetryCount: 0, IntervalInSeconds: 0 } });
    const loading = { now: 0, most: 0 };
    const get = world.blobs.get.bind(world.blobs);
    world.blobs.get = async (container, name) => {
      if (container !== 'retries') return get(container, name);
      loading.most = Math.max(loading.most, ++loading.now);
      const content = await get(container, name);
      await settled();
      loading.now--;
      return content;
    };
    for (let record = 0; record < RECORDS; record++) world.organization.create('parent', { name: 'no\u0000text' });
    return { world, id, asked, loading };
  }

  async function logged(world: World, profileId: string) {
    const names = { lines: [] as string[], records: 0 };
    for await (const { name } of world.blobs.list(`failures-${profileId}`)) {
      if (name.startsWith('data/')) names.records++;
      else names.lines.push(name);
    }
    const texts = await Promise.all(names.lines.map((name) => world.blobs.get(`failures-${profileId}`, name)));
    const lines = texts.flatMap((text) =>
      Buffer.from(text ?? [])
        .toString()
        .split('\n')
        .slice(0, -1),
    );
    return { ...names, ids: lines.map((line) => /RecordId: ([^,]+)/.exec(line)?.[1]) };
  }

  it('are loaded some at a time, and each has one line and its JSON', async () => {
    const { world, id, loading } = await failed();
    await world.run(5 * SECOND);
    const { records, ids } = await logged(world, id);
    expect([records, ids.length, new Set(ids).size]).toEqual([RECORDS, RECORDS, RECORDS]);
    expect(loading.most).toBeLessThanOrEqual(100);
  });

  it('that a crash left unlogged are logged by the next turn, in the very same blobs', async () => {
    const { world, id } = await failed();
    let crash = true;
    world.wrapDestination = (destination) =>
      intercept(destination, ({ method }) => {
        if (method === 'markLogged' && crash) throw new Error('the process ends');
      });
    await world.ports.destinations.forget(id);
    await expect(world.run(5 * SECOND)).rejects.toThrow('the process ends');
    const before = await logged(world, id);
    crash = false;
    // Replaced before the next turn could log it; its line stays.
    world.organization.update('parent', before.ids[0] ?? '', { name: 'good' });
    await world.run(3 * MINUTE);
    expect(await logged(world, id)).toEqual(before);
    expect(world.destination('one').size).toBe(1);
    const { destination } = await turnOf(world, id);
    expect(await destination.unloggedFailures(1)).toEqual([]);
  });

  it('that are many are asked for some settlements at a time, until all are logged', async () => {
    const { world, id, asked } = await watched({ RetryPolicy: { MaxRetryCount: 0, IntervalInSeconds: 0 } });
    for (let page = 0; page < 3; page++) {
      for (let record = 0; record < 60; record++) world.organization.create('parent', { name: 'no\u0000text' });
      await world.run(2 * SECOND);
    }
    const turn = await turnOf(world, id);
    // As if none had been logged: a failure log that was down for long.
    const { own } = world.database('one').area({ schema: 'dbo', prefix: '' });
    for (const [key, retry] of own?.retries ?? []) own?.retries.set(key, { ...retry, logged: false });
    const before = asked('unloggedFailures');
    await logFailedRecords(turn);
    expect(asked('unloggedFailures') - before).toBe(2);
    expect(await turn.destination.unloggedFailures(1)).toEqual([]);
    expect((await logged(world, id)).ids).toHaveLength(180);
  });
});
