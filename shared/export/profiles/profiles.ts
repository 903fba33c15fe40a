import type { Profile, ProfileSettings } from '../../control/model.ts';
import { profileBell } from '../../control/model.ts';
import { FreshetError } from '../../errors/error.ts';
import { RETRIES_CONTAINER } from '../apply/retry-blobs.ts';
import { ringBells } from '../bells.ts';
import { failuresContainer } from '../failures/folders.ts';
import { PAGES_CONTAINER } from '../pages.ts';
import type { ExportPorts } from '../ports.ts';
import { readProfileBody } from './profile-body.ts';
import { type ProfileJson, profileJson } from './profile-json.ts';
import { tryToRegisterActive } from './registering.ts';

/** The organizations (ids) that the caller administers: all that is visible to them. */
export type Administered = readonly string[];

/** Stores a new profile. PROFILE_INVALID, ORGANIZATION_UNKNOWN, VAULT_URL_REFUSED, PROFILE_NAME_TAKEN. Nothing is connected to yet. */
export async function createProfile(
  ports: ExportPorts,
  administered: Administered,
  body: unknown,
): Promise<ProfileJson> {
  const settings = readProfileBody(body);
  const { organizationId } = settings;
  if (!administered.includes(organizationId)) throw new FreshetError('ORGANIZATION_UNKNOWN', { organizationId });
  ports.destinations.checkAddress(settings.keyVaultUri);
  const profile = newProfile(ports, settings);
  const created = await ports.control.profiles.create(profile);
  if (!created) throw new FreshetError('PROFILE_NAME_TAKEN', { name: settings.name });
  return profileJson(profile, ports.organizations.get(organizationId));
}

/** As it is created; nothing is stored. */
export function newProfile(ports: ExportPorts, settings: ProfileSettings): Profile {
  const now = ports.clock.now();
  return {
    id: ports.newId(),
    settings,
    state: 'created',
    intent: null,
    origin: null,
    trouble: null,
    breaker: null,
    retryAt: null,
    createdAt: now,
    modifiedAt: now,
    activatedAt: null,
  };
}

/** All visible profiles, or those of one organization; an organization that is not visible has none. */
export async function listProfiles(
  ports: ExportPorts,
  administered: Administered,
  { organizationId, status }: { organizationId?: string; status: boolean },
): Promise<ProfileJson[]> {
  const wanted =
    organizationId === undefined ? administered : administered.filter((id) => id === organizationId.toLowerCase());
  const profiles = await ports.control.profiles.list(wanted);
  return Promise.all(profiles.map((profile) => show(ports, profile, status)));
}

export async function getProfile(
  ports: ExportPorts,
  administered: Administered,
  id: string,
  status: boolean,
): Promise<ProfileJson> {
  return show(ports, await visibleProfile(ports, administered, id), status);
}

/** Stops at once, PROFILE_STOPPED when that was done for good; positions and feeds stay, so that activating again loses nothing. */
export async function deactivateProfile(
  ports: ExportPorts,
  administered: Administered,
  id: string,
): Promise<ProfileJson> {
  const profile = await visibleProfile(ports, administered, id);
  mustNotBeStopped(profile);
  const change = { state: 'deactivated', intent: ports.newId(), modifiedAt: ports.clock.now() } as const;
  await ports.control.profiles.update(id, change);
  await tryToRegisterActive(ports, profile.settings.organizationId);
  return show(ports, { ...profile, ...change }, false);
}

/** Removes the profile with its failures, retries and the pages nobody else needs; the destination's objects stay. */
export async function deleteProfile(ports: ExportPorts, administered: Administered, id: string): Promise<void> {
  const profile = await visibleProfile(ports, administered, id);
  // Its row goes last, so that what a crash left over can be deleted by the same call.
  await ports.control.profiles.update(id, { state: 'stopped', intent: ports.newId() });
  await ports.destinations.forget(id);
  await ports.blobs.removeContainer(failuresContainer(id));
  for await (const { name } of ports.blobs.list(RETRIES_CONTAINER, `${id}/`))
    await ports.blobs.remove(RETRIES_CONTAINER, name);
  const pages = await ports.control.profiles.remove(id);
  for (const page of pages) await ports.blobs.remove(PAGES_CONTAINER, page);
  // A step or a turn that was under way may have opened it again.
  await ports.destinations.forget(id);
  await tryToRegisterActive(ports, profile.settings.organizationId);
}

/** PROFILE_NOT_FOUND also for a profile of an organization that the caller does not administer. */
export async function visibleProfile(ports: ExportPorts, administered: Administered, id: string): Promise<Profile> {
  const profile = await ports.control.profiles.get(id);
  if (profile && administered.includes(profile.settings.organizationId)) return profile;
  throw new FreshetError('PROFILE_NOT_FOUND', { profileId: id });
}

/** PROFILE_STOPPED: its organization is another one now, or its deletion broke off. */
export function mustNotBeStopped({ id, state, trouble }: Profile): void {
  if (state !== 'stopped') return;
  throw new FreshetError('PROFILE_STOPPED', { profileId: id, reason: trouble?.text ?? '' });
}

async function show(ports: ExportPorts, profile: Profile, status: boolean): Promise<ProfileJson> {
  const subscriptions = status ? await ports.control.profiles.subscriptions(profile.id) : undefined;
  return profileJson(profile, ports.organizations.get(profile.settings.organizationId), subscriptions);
}

/** Lets a profile's worker look at once. */
export function ringProfile(ports: ExportPorts, profileId: string): Promise<void> {
  return ringBells(ports, [{ key: profileBell(profileId) }]);
}
