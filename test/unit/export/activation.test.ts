import { describe, expect, it } from 'vitest';
import { FreshetError } from '../../../shared/errors/error.ts';
import { applyProfile } from '../../../shared/export/apply/apply-profile.ts';
import type { ExportPorts } from '../../../shared/export/ports.ts';
import {
  ACTIVATION_STEPS,
  type Activation,
  initialSyncProgress,
  requestActivation,
  runActivationStep,
} from '../../../shared/export/profiles/activation.ts';
import { createProfile, deactivateProfile, deleteProfile } from '../../../shared/export/profiles/profiles.ts';
import { ORGANIZATION_ID, TENANT_ID, World } from '../../support/world.ts';

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const SECRET = 'https://freshet.vault.azure.net/secrets/one';
const TAGS = { [ORGANIZATION_ID]: TENANT_ID };
const ROWS = 5;

/** A world with rows and a profile that nobody has activated yet, writing to the database `one`. */
async function createdProfile(): Promise<{ world: World; id: string }> {
  const world = new World();
  for (let row = 0; row < ROWS; row++) world.organization.create('parent', { name: `row ${row}` });
  world.secrets.set(SECRET, { value: 'one', tags: TAGS });
  const { Id } = await createProfile(world.ports, [ORGANIZATION_ID], {
    Name: 'one',
    OrganizationId: ORGANIZATION_ID,
    Entities: [{ Type: 'parent' }],
    DestinationKeyVaultUri: SECRET,
    RetryPolicy: { MaxRetryCount: 2, IntervalInSeconds: 5 },
  });
  return { world, id: Id };
}

/** What POST activate does in a process with these ports, from the moment that it has found the profile. */
async function request(world: World, id: string, ports = world.ports): Promise<Activation | null> {
  const profile = await world.control.profiles.get(id);
  return profile && requestActivation(ports, profile);
}

async function requested(world: World, id: string): Promise<Activation> {
  const activation = await request(world, id);
  if (!activation) throw new Error('the activation was overtaken');
  return activation;
}

/** The steps as the orchestration runs them; answers with how they ended. */
async function runSteps(ports: ExportPorts, activation: Activation): Promise<string> {
  for (const step of ACTIVATION_STEPS) {
    const { outcome } = await runActivationStep(ports, activation, step);
    if (outcome !== 'done') return outcome;
  }
  return 'done';
}

/** Ports of a process of its own, in which something happens before its operation of that number. */
function interrupted(world: World, at: number, interrupt: () => Promise<unknown>) {
  let operations = 0;
  const ports = world.makePorts(async (_operation, moment) => {
    if (moment === 'before' && ++operations === at) await interrupt();
  });
  return { ports, happened: () => operations >= at };
}

const deactivate = (world: World, id: string) => deactivateProfile(world.ports, [ORGANIZATION_ID], id);
const remove = (world: World, id: string) => deleteProfile(world.ports, [ORGANIZATION_ID], id);

describe('a later wish', () => {
  it('to deactivate wins over an activation, wherever that stands', async () => {
    let tried = 0;
    for (let at = 1, happened = true; happened; at++) {
      const { world, id } = await createdProfile();
      const process = interrupted(world, at, () => deactivate(world, id));
      const activation = await request(world, id, process.ports);
      if (activation) await runSteps(process.ports, activation);
      happened = process.happened();
      if (!happened) break;
      tried++;
      await world.run(MINUTE);
      expect(await world.control.profiles.get(id)).toMatchObject({ state: 'deactivated', trouble: null });
      expect(world.destination('one').size).toBe(0);
      await world.activate(id);
      await world.run(10 * SECOND);
      expect(world.destination('one')).toEqual(world.source());
    }
    expect(tried).toBeGreaterThan(20);
  });

  it('to delete wins over an activation, wherever that stands, and nothing is left over', async () => {
    let tried = 0;
    for (let at = 1, happened = true; happened; at++) {
      const { world, id } = await createdProfile();
      const process = interrupted(world, at, () => remove(world, id));
      const activation = await request(world, id, process.ports);
      if (activation) await runSteps(process.ports, activation);
      happened = process.happened();
      if (!happened) break;
      tried++;
      await world.run(MINUTE);
      const { profiles, subscriptions, feeds, bells } = world.control.snapshot();
      expect([profiles.size, subscriptions.size, feeds.size, bells.size]).toEqual([0, 0, 0, 0]);
      expect(world.destination('one').size).toBe(0);
      expect(world.log.named('activation step failed')).toEqual([]);
    }
    expect(tried).toBeGreaterThan(20);
  });

  it('ends the watch of the activation before', async () => {
    const { world, id } = await createdProfile();
    const activation = await requested(world, id);
    expect(await runSteps(world.ports, activation)).toBe('done');
    expect(await initialSyncProgress(world.ports, activation)).toMatchObject({ outcome: 'under way', done: 0, of: 1 });
    await world.run(10 * SECOND);
    expect(await initialSyncProgress(world.ports, activation)).toMatchObject({ outcome: 'done', done: 1, of: 1 });
    await deactivate(world, id);
    expect(await initialSyncProgress(world.ports, activation)).toMatchObject({ outcome: 'superseded' });
    await remove(world, id);
    expect(await initialSyncProgress(world.ports, activation)).toMatchObject({ outcome: 'superseded' });
  });
});

describe('two activations', () => {
  it('asked for at once are one', async () => {
    const { world, id } = await createdProfile();
    const both = await Promise.all([request(world, id), request(world, id)]);
    const [activation, ...others] = both.filter((one) => one !== null);
    expect(others).toEqual([]);
    expect(activation && (await runSteps(world.ports, activation))).toBe('done');
    await world.run(10 * SECOND);
    expect(world.destination('one')).toEqual(world.source());
  });

  it('one after the other: the first ends where it stands, the second activates', async () => {
    for (const before of ACTIVATION_STEPS) {
      const { world, id } = await createdProfile();
      const first = await requested(world, id);
      for (const step of ACTIVATION_STEPS.slice(0, ACTIVATION_STEPS.indexOf(before)))
        expect(await runActivationStep(world.ports, first, step)).toEqual({ outcome: 'done' });
      const second = await requested(world, id);
      expect(await runActivationStep(world.ports, first, before)).toEqual({ outcome: 'superseded' });
      expect(await runSteps(world.ports, second)).toBe('done');
      await world.run(10 * SECOND);
      expect(await world.control.profiles.get(id)).toMatchObject({ state: 'active', trouble: null });
      expect(world.destination('one')).toEqual(world.source());
    }
  });

  it.each(['DESTINATION_UNAVAILABLE', 'DESTINATION_FULL'] as const)(
    'the trouble (%s) of the first is not the trouble of the second',
    async (code) => {
      const { world, id } = await createdProfile();
      const first = await requested(world, id);
      world.wrapDestination = (destination) =>
        new Proxy(destination, {
          get: (target, property) => {
            const value: unknown = Reflect.get(target, property, target);
            if (property !== 'prepare') return typeof value === 'function' ? value.bind(target) : value;
            return async () => {
              world.wrapDestination = (plain) => plain;
              await requested(world, id);
              throw new FreshetError(code, { text: 'no' });
            };
          },
        });
      expect(await runActivationStep(world.ports, first, 'validate')).toEqual({ outcome: 'done' });
      expect(await runActivationStep(world.ports, first, 'tables')).toEqual({ outcome: 'superseded' });
      expect(await world.control.profiles.get(id)).toMatchObject({ trouble: null });
    },
  );
});

describe('an activation that fails', () => {
  it('is tried again when its trouble passes by itself, and the profile shows it until then', async () => {
    const { world, id } = await createdProfile();
    const activation = await requested(world, id);
    world.wrapSource = (source) => ({
      ...source,
      identity: () => Promise.reject(new FreshetError('SOURCE_UNAVAILABLE', { reason: 'no answer' })),
    });
    await expect(runSteps(world.ports, activation)).rejects.toMatchObject({ code: 'SOURCE_UNAVAILABLE' });
    expect(await world.control.profiles.get(id)).toMatchObject({ trouble: { code: 'SOURCE_UNAVAILABLE' } });
    world.wrapSource = (source) => source;
    expect(await runSteps(world.ports, activation)).toBe('done');
    expect(await world.control.profiles.get(id)).toMatchObject({ state: 'active', trouble: null });
  });

  it('by a wrong secret works once the secret is mended in the vault', async () => {
    const { world, id } = await createdProfile();
    const first = await requested(world, id);
    world.secrets.set(SECRET, { value: 'one', tags: {} });
    await world.ports.destinations.forget(id);
    await expect(request(world, id)).rejects.toMatchObject({ code: 'ACTIVATION_REFUSED' });
    expect(await runActivationStep(world.ports, first, 'validate')).toMatchObject({ outcome: 'failed' });
    expect(await world.control.profiles.get(id)).toMatchObject({ trouble: { code: 'ACTIVATION_REFUSED' } });
    world.secrets.set(SECRET, { value: 'one', tags: TAGS });
    expect(await runSteps(world.ports, await requested(world, id))).toBe('done');
    await world.run(10 * SECOND);
    expect(world.destination('one')).toEqual(world.source());
  });
});

describe('a profile activated again with another secret', () => {
  it('is written to the new database alone, also by a process that has the old one open', async () => {
    const { world, id } = await createdProfile();
    const other = world.makePorts();
    await world.activate(id);
    await world.run(10 * SECOND);
    await applyProfile(other, { profileId: id, ring: true });
    await deactivate(world, id);
    world.secrets.set(SECRET, { value: 'two', tags: TAGS });
    await world.activate(id);
    world.organization.create('parent', { name: 'new' });
    for (let turn = 0; turn < 5; turn++) {
      await applyProfile(other, { profileId: id, ring: true });
      await world.run(2 * SECOND);
    }
    expect(world.destination('two')).toEqual(world.source());
    expect(world.destination('one').size).toBe(ROWS);
  });
});

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
      new Proxy(destination, {
        get: (target, property) => {
          const value: unknown = Reflect.get(target, property, target);
          if (typeof value !== 'function') return value;
          return async (...args: unknown[]) => {
            if (property !== 'apply' || name !== 'one') return Reflect.apply(value, target, args);
            merges++;
            const result: unknown = await Reflect.apply(value, target, args);
            await deactivate(world, id);
            await world.clock.advance(SECOND);
            return result;
          };
        },
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
