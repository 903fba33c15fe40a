import { describe, expect, it } from 'vitest';
import { applyProfile } from '../../../shared/export/apply/apply-profile.ts';
import type { ExportPorts } from '../../../shared/export/ports.ts';
import { runActivationStep, stepsOf } from '../../../shared/export/profiles/activation.ts';
import { replaceProfile } from '../../../shared/export/profiles/replace.ts';
import { ORGANIZATION_ID, World } from '../../support/world.ts';
import { createdProfile, deactivate, interrupted, remove, requested, runSteps } from './activating.ts';

const SECOND = 1_000;
const BODY = {
  Name: 'one',
  OrganizationId: ORGANIZATION_ID,
  DestinationKeyVaultUri: 'https://freshet.vault.azure.net/secrets/one',
};

/** An active profile of `parent`, everything copied. */
async function active(): Promise<{ world: World; id: string }> {
  const world = new World();
  for (const entity of ['parent', 'child']) world.organization.create(entity, { name: entity });
  const id = await world.addProfile('one');
  await world.run(10 * SECOND);
  return { world, id };
}

/** What PUT does in a process with these ports, to its end. */
async function replace(ports: ExportPorts, id: string, ...entities: string[]): Promise<void> {
  const body = { ...BODY, Entities: entities.map((Type) => ({ Type, Settings: { Adopt: true } })) };
  const activation = await replaceProfile(ports, [ORGANIZATION_ID], id, body);
  if (!activation) return;
  for (const step of stepsOf(activation))
    if ((await runActivationStep(ports, activation, step)).outcome !== 'done') return;
}

const subscribed = async (world: World, id: string) =>
  (await world.control.profiles.subscriptions(id)).map(({ entity }) => entity);

class Crash extends Error {}

describe('a profile replaced while it runs', () => {
  it('writes nothing more to what is not named, wherever the replacement broke off for good', async () => {
    let left = 0;
    for (let at = 1; ; at++) {
      const { world, id } = await active();
      const process = interrupted(world, at, () => Promise.reject(new Crash()));
      await replace(process.ports, id, 'child').catch((error: unknown) => {
        if (!(error instanceof Crash)) throw error;
      });
      if (!process.happened()) break;
      const { settings } = (await world.control.profiles.get(id)) ?? {};
      if (settings?.entities.some(({ entity }) => entity === 'parent')) continue;
      if ((await subscribed(world, id)).includes('parent')) left++;
      world.organization.create('parent', { name: 'late' });
      await world.run(3 * 60 * SECOND);
      expect(await subscribed(world, id)).not.toContain('parent');
      expect(world.destination('one').size).toBe(1);
    }
    expect(left).toBeGreaterThan(0);
  });

  it('is what the last body says, wherever the replacement before it broke off', async () => {
    let tried = 0;
    for (let at = 1, happened = true; happened; at++) {
      const { world, id } = await active();
      const process = interrupted(world, at, () => Promise.reject(new Crash()));
      await replace(process.ports, id, 'child').catch((error: unknown) => {
        if (!(error instanceof Crash)) throw error;
      });
      happened = process.happened();
      if (!happened) break;
      tried++;
      await replace(world.ports, id, 'child');
      world.organization.create('parent', { name: 'late' });
      // A message that the crash swallowed counts as lost after a minute.
      await world.run(90 * SECOND);
      expect(await subscribed(world, id)).toEqual(['child']);
      expect(world.destination('one', 'child')).toEqual(world.source('child'));
      expect(world.destination('one').size).toBe(1);
    }
    expect(tried).toBeGreaterThan(15);
  });

  it.each([
    ['deactivated', deactivate],
    ['deleted', remove],
  ])('and %s meanwhile is that, wherever the replacement stands', async (wish, act) => {
    for (let at = 1, happened = true; happened; at++) {
      const { world, id } = await active();
      const process = interrupted(world, at, () => act(world, id));
      await replace(process.ports, id, 'child').catch((error: { code?: string }) => {
        expect(['PROFILE_CHANGED', 'PROFILE_NOT_FOUND']).toContain(error.code);
      });
      happened = process.happened();
      if (!happened) break;
      await world.run(10 * SECOND);
      expect((await world.control.profiles.get(id))?.state ?? 'deleted').toBe(wish);
      if (wish === 'deleted') expect(world.control.snapshot().feeds.size).toBe(0);
    }
  });

  it('by two at once, of which the first is slow to end, is what the second says', async () => {
    let tried = 0;
    for (let at = 1, happened = true; happened; at++) {
      const { world, id } = await active();
      const process = interrupted(world, at, () => replace(world.ports, id, 'parent', 'child'));
      await replace(process.ports, id, 'parent').catch((error: { code?: string }) => {
        expect(error.code).toBe('PROFILE_CHANGED');
      });
      happened = process.happened();
      if (!happened) break;
      tried++;
      const named = (await world.control.profiles.get(id))?.settings.entities.map(({ entity }) => entity);
      expect(await subscribed(world, id)).toEqual(named?.toSorted());
    }
    expect(tried).toBeGreaterThan(15);
  });

  it('by two at once, of which the first breaks off when the second is done, is what the second says', async () => {
    for (let at = 1, happened = true; happened; at++) {
      const { world, id } = await active();
      let operations = 0;
      let second: Promise<void> | null = null;
      const ports = world.makePorts(async (_operation, moment) => {
        if (moment === 'after') return;
        if (++operations === at) second = replace(world.ports, id, 'parent');
        await second;
        if (operations > at) throw new Crash();
      });
      await replace(ports, id, 'parent', 'child').catch((error: { code?: string }) => {
        if (!(error instanceof Crash)) expect(error.code).toBe('PROFILE_CHANGED');
      });
      happened = operations >= at;
      if (happened) expect(await subscribed(world, id)).toEqual(['parent']);
    }
  });

  it('by two at once is what one of them says, and the other is told', async () => {
    const { world, id } = await active();
    const both = await Promise.allSettled([
      replace(world.ports, id, 'parent', 'child'),
      replace(world.ports, id, 'child'),
    ]);
    expect(both.map(({ status }) => status).toSorted()).toEqual(['fulfilled', 'rejected']);
    expect(both.find(({ status }) => status === 'rejected')).toMatchObject({ reason: { code: 'PROFILE_CHANGED' } });
    await world.run(10 * SECOND);
    const profile = await world.control.profiles.get(id);
    expect(await subscribed(world, id)).toEqual(profile?.settings.entities.map(({ entity }) => entity).toSorted());
  });
});

describe('an entity that is removed and added again', () => {
  it('begins anew, though no worker looked in between, and its first read had not ended', async () => {
    const { world, id } = await active();
    await world.addProfile('other', { Entities: [{ Type: 'child' }] });
    await replace(world.ports, id, 'parent', 'child');
    await world.awake(applyProfile(world.ports, { profileId: id }));
    world.organization.create('child', { name: 'late' });
    await replace(world.ports, id, 'parent');
    await replace(world.ports, id, 'parent', 'child');
    await world.run(2 * 60 * SECOND);
    expect(world.destination('one', 'child')).toEqual(world.source('child'));
  });
});

describe('a profile replaced while it is being activated', () => {
  it('exports what the replacement names, wherever the activation stands', async () => {
    let tried = 0;
    for (let at = 1, happened = true; happened; at++) {
      const { world, id } = await createdProfile();
      const process = interrupted(world, at, () => replace(world.ports, id, 'child'));
      const activation = await requested(world, id);
      expect(await runSteps(process.ports, activation)).toMatch(/done|superseded/);
      happened = process.happened();
      if (!happened) break;
      tried++;
      await world.run(10 * SECOND);
      expect(await subscribed(world, id)).toEqual(['child']);
    }
    expect(tried).toBeGreaterThan(15);
  });

  it('exports what it names, wherever the replacement stands', async () => {
    let tried = 0;
    for (let at = 1, happened = true; happened; at++) {
      const { world, id } = await createdProfile();
      const activation = await requested(world, id);
      const process = interrupted(world, at, () => runSteps(world.ports, activation));
      await replace(process.ports, id, 'child');
      happened = process.happened();
      if (!happened) break;
      tried++;
      expect(await subscribed(world, id)).toEqual(['child']);
    }
    expect(tried).toBeGreaterThan(3);
  });
});
