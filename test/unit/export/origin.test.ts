import { describe, expect, it } from 'vitest';
import { tokenVersion, wentBack } from '../../../shared/dataverse/token-version.ts';
import { FreshetError } from '../../../shared/errors/error.ts';
import { watchOrigins } from '../../../shared/export/profiles/origin.ts';
import { deleteProfile } from '../../../shared/export/profiles/profiles.ts';
import { ORGANIZATION_ID, World } from '../../support/world.ts';

const SECOND = 1_000;
const MINUTE = 60 * SECOND;

async function copied(...options: ConstructorParameters<typeof World>): Promise<{ world: World; id: string }> {
  const world = new World(...options);
  world.organization.create('parent', { name: 'before' });
  const id = await world.addProfile('one');
  await world.run(10 * SECOND);
  return { world, id };
}

const state = async (world: World, id: string) => (await world.control.profiles.get(id))?.state;

describe('an organization that is not the one it was', () => {
  it.each([
    ['OrganizationId', { organizationId: '99999999-9999-4999-8999-999999999999' }],
    ['EnvironmentId', { environmentId: '99999999-9999-4999-8999-999999999999' }],
    ['address', { url: 'https://contoso.crm4.dynamics.com' }],
    ['region', { geo: 'NA' }],
  ])('by its %s stops its profiles for good, and they say what to do', async (what, change) => {
    const { world, id } = await copied();
    await watchOrigins(world.ports);
    expect(await state(world, id)).toBe('active');
    world.organization.identity = { ...world.organization.identity, ...change };
    await watchOrigins(world.ports);
    const profile = await world.control.profiles.get(id);
    expect(profile).toMatchObject({ state: 'stopped', trouble: { code: 'ORGANIZATION_REPLACED' } });
    expect(profile?.trouble?.text).toMatch(
      new RegExp(`its ${what} was .* and is .*Drop the profile’s tables.*delete the profile, then create`),
    );
    await expect(world.activate(id)).rejects.toMatchObject({ code: 'PROFILE_STOPPED' });
    world.organization.create('parent', { name: 'after' });
    await world.run(MINUTE);
    expect([...world.destination('one').values()]).toEqual(['before']);
  });

  it('gets no profile activated again that was made for the other one', async () => {
    const { world, id } = await copied();
    await world.control.profiles.update(id, { state: 'deactivated' });
    world.organization.identity = { ...world.organization.identity, url: 'https://contoso.crm4.dynamics.com' };
    await expect(world.activate(id)).rejects.toThrow(/ORGANIZATION_REPLACED/);
  });

  it('may move to another tenant, or not answer for a while', async () => {
    const { world, id } = await copied();
    world.organization.identity = { ...world.organization.identity, tenantId: ORGANIZATION_ID };
    await watchOrigins(world.ports);
    world.wrapSource = (source) => ({
      ...source,
      identity: () => Promise.reject(new FreshetError('SOURCE_UNAVAILABLE', { host: 'contoso', reason: 'no answer' })),
    });
    await watchOrigins(world.ports);
    expect(await state(world, id)).toBe('active');
  });
});

describe('an organization restored to an earlier time', () => {
  it.each(['refuse', 'accept'] as const)(
    'stops its profiles, whether it refuses tokens of its future or not (%s); made anew, one copies what is there',
    async (tokenAhead) => {
      const { world, id } = await copied({ variants: { tokenAhead } });
      // The model repeats a token of its future; this organization says where it stands.
      world.wrapSource = (source) => ({
        ...source,
        async read(...asked) {
          const page = await source.read(...asked);
          const version = String(world.organization.snapshot().version);
          return { ...page, token: page.token?.replace(/^\d+/, version) ?? null };
        },
      });
      const backup = world.organization.snapshot();
      for (let n = 0; n < 20; n++) world.organization.create('parent', { name: `lost ${n}` });
      await world.run(10 * SECOND);
      expect(world.destination('one').size).toBe(21);
      world.organization.restoreState(backup);
      await world.run(5 * MINUTE);
      expect(await world.control.profiles.get(id)).toMatchObject({
        state: 'stopped',
        trouble: { code: 'ORGANIZATION_REPLACED', text: expect.stringContaining('went back in time') },
      });
      await deleteProfile(world.ports, [ORGANIZATION_ID], id);
      await world.addProfile('two');
      await world.run(10 * SECOND);
      expect(world.destination('two')).toEqual(world.source());
    },
  );
});

describe('the version of a token', () => {
  it('is read in both of its forms, and nothing is concluded from another', () => {
    expect(tokenVersion('919042!08/22/2017 08:10:44')).toBe(919042n);
    expect(tokenVersion('919042%2108%2f22%2f2017%2008%3a10%3a44')).toBe(919042n);
    expect(tokenVersion('opaque')).toBeNull();
    expect(wentBack('10!a', '9!a')).toBe(true);
    expect(wentBack('9!a', '10!a')).toBe(false);
    expect(wentBack('9!a', '9!b')).toBe(false);
    expect(wentBack(null, '9!b')).toBe(false);
    expect(wentBack('9!b', 'opaque')).toBe(false);
  });
});
