import { describe, expect, it } from 'vitest';
import type { RegisteredEntity } from '../../../shared/dataverse/registration.port.ts';
import { FreshetError } from '../../../shared/errors/error.ts';
import type { ExportPorts } from '../../../shared/export/ports.ts';
import { requestActivation, runActivationStep } from '../../../shared/export/profiles/activation.ts';
import { deactivateProfile, deleteProfile } from '../../../shared/export/profiles/profiles.ts';
import { registerActive, registerAll } from '../../../shared/export/profiles/registering.ts';
import { ORGANIZATION_ID, World } from '../../support/world.ts';

/** What an organization has registered, and something that may happen while a request is on its way there. */
class Registered {
  entities: string[] = [];
  requests = 0;
  meanwhile: () => Promise<unknown> = async () => {};

  portsOf(world: World): ExportPorts {
    const set = async (entities: readonly RegisteredEntity[]) => {
      this.requests++;
      const meanwhile = this.meanwhile;
      this.meanwhile = async () => {};
      await meanwhile();
      this.entities = entities.map(({ logicalName }) => logicalName).toSorted();
    };
    const ensure = async (entities: readonly RegisteredEntity[]) => {
      await set(entities);
      return { unregistered: [] };
    };
    return { ...world.ports, registrationOf: () => ({ ensure, remove: () => set([]) }) };
  }
}

const child = { Entities: [{ Type: 'child' }], DestinationPrefix: 'second' };
const unavailable = () => Promise.reject(new FreshetError('SOURCE_UNAVAILABLE', { reason: 'no answer' }));

describe('the registration', () => {
  it('serves what active profiles export, and goes with the last of them', async () => {
    const world = new World();
    const registered = new Registered();
    const ports = registered.portsOf(world);
    const one = await world.addProfile('one');
    const two = await world.addProfile('two', child);
    await registerActive(ports, ORGANIZATION_ID);
    expect(registered.entities).toEqual(['child', 'parent']);
    await deactivateProfile(ports, [ORGANIZATION_ID], one);
    expect(registered.entities).toEqual(['child']);
    await deleteProfile(ports, [ORGANIZATION_ID], two);
    expect(registered.entities).toEqual([]);
  });

  it('is right in the end when another profile is activated or deactivated meanwhile', async () => {
    const world = new World();
    const registered = new Registered();
    const ports = registered.portsOf(world);
    const one = await world.addProfile('one');
    registered.meanwhile = () => world.addProfile('two', child);
    await registerActive(ports, ORGANIZATION_ID);
    expect(registered.entities).toEqual(['child', 'parent']);
    registered.meanwhile = () => deactivateProfile(world.ports, [ORGANIZATION_ID], one);
    await registerActive(ports, ORGANIZATION_ID);
    expect(registered.entities).toEqual(['child']);
  });

  it('does not follow profiles that come and go for ever', async () => {
    const world = new World();
    const registered = new Registered();
    const ports = registered.portsOf(world);
    const id = await world.addProfile('one');
    const toggle = async () => {
      registered.meanwhile = toggle;
      const profile = await world.control.profiles.get(id);
      await world.control.profiles.update(id, { state: profile?.state === 'active' ? 'deactivated' : 'active' });
    };
    registered.meanwhile = toggle;
    await registerActive(ports, ORGANIZATION_ID);
    expect(registered.requests).toBeLessThan(10);
  });

  it('that fails is tried again by an activation, and holds up no deactivation', async () => {
    const world = new World();
    const registered = new Registered();
    const ports = registered.portsOf(world);
    const id = await world.addProfile('one');
    const profile = await world.control.profiles.get(id);
    const activation = profile && (await requestActivation(ports, profile));
    if (!activation) throw new Error('the activation was overtaken');
    registered.meanwhile = unavailable;
    await expect(runActivationStep(ports, activation, 'register')).rejects.toMatchObject({ class: 'retry' });
    expect(await world.control.profiles.get(id)).toMatchObject({ trouble: { code: 'SOURCE_UNAVAILABLE' } });
    expect(await runActivationStep(ports, activation, 'register')).toEqual({ outcome: 'done' });
    expect(registered.entities).toEqual(['parent']);
    registered.meanwhile = unavailable;
    expect(await deactivateProfile(ports, [ORGANIZATION_ID], id)).toMatchObject({ State: 2 });
    expect(registered.entities).toEqual(['parent']);
    expect(world.log.named('registration failed')).toHaveLength(1);
    await registerAll(ports);
    expect(registered.entities).toEqual([]);
  });
});
