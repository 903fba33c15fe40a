import { describe, expect, it } from 'vitest';
import { FreshetError } from '../../../shared/errors/error.ts';
import { applyProfile } from '../../../shared/export/apply/apply-profile.ts';
import {
  ACTIVATION_STEPS,
  initialSyncProgress,
  runActivationStep,
} from '../../../shared/export/profiles/activation.ts';
import {
  createdProfile,
  deactivate,
  interrupted,
  MINUTE,
  ROWS,
  remove,
  replacing,
  request,
  requested,
  runSteps,
  SECOND,
  SECRET,
  TAGS,
} from './activating.ts';

describe('a profile that joins a feed', () => {
  it('finds its definition, whenever the last other subscriber leaves', async () => {
    let tried = 0;
    for (let at = 1, happened = true; happened; at++) {
      const { world, id } = await createdProfile();
      const other = await world.addProfile('two');
      const process = interrupted(world, at, () => remove(world, other));
      await runSteps(process.ports, await requested(world, id));
      happened = process.happened();
      if (!happened) break;
      tried++;
      await world.run(MINUTE);
      expect(world.destination('one')).toEqual(world.source());
    }
    expect(tried).toBeGreaterThan(20);
  });
});

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

  it('to delete wins also when the deletion broke off before its end', async () => {
    const { world, id } = await createdProfile();
    const activation = await requested(world, id);
    expect(await runActivationStep(world.ports, activation, 'validate')).toEqual({ outcome: 'done' });
    const removeContainer = world.blobs.removeContainer.bind(world.blobs);
    world.blobs.removeContainer = () =>
      Promise.reject(new FreshetError('STORAGE_UNAVAILABLE', { reason: 'no answer' }));
    await expect(remove(world, id)).rejects.toMatchObject({ code: 'STORAGE_UNAVAILABLE' });
    world.blobs.removeContainer = removeContainer;
    expect(await runSteps(world.ports, activation)).toBe('superseded');
    expect(await world.control.profiles.get(id)).toMatchObject({ state: 'stopped' });
    await remove(world, id);
    expect(await world.control.profiles.get(id)).toBeNull();
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
        replacing(destination, 'prepare', async () => {
          world.wrapDestination = (plain) => plain;
          await requested(world, id);
          throw new FreshetError(code, { text: 'no' });
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
