import type { Profile, ProfileSettings } from '../../control/model.ts';
import { FreshetError } from '../../errors/error.ts';
import type { ExportPorts } from '../ports.ts';
import type { Activation } from './activation.ts';
import { leaveOthers } from './leaving.ts';
import { readProfileBody } from './profile-body.ts';
import { type Administered, mustNotBeStopped, visibleProfile } from './profiles.ts';
import { mustValidate } from './validation.ts';

/**
 * Makes a profile what the body says. Entities that it no longer names stop at once, their tables stay; those that are new
 * begin with the activation answered, which an active profile needs: it is checked before, and goes on meanwhile. Rejects as
 * create does, and with PROFILE_FIXED, PROFILE_STOPPED, PROFILE_CHANGED, ACTIVATION_REFUSED.
 */
export async function replaceProfile(
  ports: ExportPorts,
  administered: Administered,
  id: string,
  body: unknown,
): Promise<Activation | null> {
  const profile = await visibleProfile(ports, administered, id);
  const settings = readProfileBody(body);
  mustNotBeStopped(profile);
  ports.destinations.checkAddress(settings.keyVaultUri);
  await mustKeepPlace(ports, profile, settings);
  const isActive = profile.state === 'active';
  if (isActive) await mustValidate(ports, { ...profile, settings });
  // What is not active keeps its intent: an activation under way goes on with the new settings.
  const intent = isActive ? ports.newId() : profile.intent;
  const change = { settings, intent, modifiedAt: ports.clock.now() };
  if (!(await ports.control.profiles.update(id, change, { intent: profile.intent })))
    throw await refusal(ports, profile, settings);
  await leaveOthers(ports, { id, settings, intent });
  if (intent === null) return null;
  // By now it may be active all the same, by an activation that looked before this replacement.
  const now = await ports.control.profiles.get(id);
  return now?.state === 'active' && now.intent === intent ? { profileId: id, intent, scope: 'all' } : null;
}

/** A profile belongs to one organization, and tables that were made to one schema and prefix. */
async function mustKeepPlace(ports: ExportPorts, profile: Profile, settings: ProfileSettings): Promise<void> {
  const fixed = (field: string) => new FreshetError('PROFILE_FIXED', { field });
  if (settings.organizationId !== profile.settings.organizationId) throw fixed('OrganizationId');
  const subscriptions = await ports.control.profiles.subscriptions(profile.id);
  if (subscriptions.length === 0 && profile.state !== 'active') return;
  if (settings.prefix !== profile.settings.prefix) throw fixed('DestinationPrefix');
  if (settings.schema !== profile.settings.schema) throw fixed('DestinationSchemaName');
}

async function refusal(ports: ExportPorts, { id, intent }: Profile, { name }: ProfileSettings): Promise<FreshetError> {
  const now = await ports.control.profiles.get(id);
  if (now === null) return new FreshetError('PROFILE_NOT_FOUND', { profileId: id });
  return new FreshetError(now.intent === intent ? 'PROFILE_NAME_TAKEN' : 'PROFILE_CHANGED', { name });
}
