import type { Profile } from '../../control/model.ts';
import type { OrganizationIdentity } from '../../dataverse/model.ts';
import { FreshetError, isFreshetError } from '../../errors/error.ts';
import type { ExportPorts } from '../ports.ts';
import { leaveFeed } from './leaving.ts';
import { tryToRegisterActive } from './registering.ts';

/** What makes an organization the one it was; its tenant may change around it. */
const ESSENTIAL = {
  organizationId: 'OrganizationId',
  environmentId: 'EnvironmentId',
  url: 'address',
  region: 'region',
} as const satisfies Partial<Record<keyof OrganizationIdentity, string>>;

/** In what an organization differs from the one that a profile was made for; null when it is the same. */
export function changesOfOrigin(origin: OrganizationIdentity, now: OrganizationIdentity): string | null {
  const changes = (Object.keys(ESSENTIAL) as (keyof typeof ESSENTIAL)[])
    .filter((key) => origin[key] !== null && now[key] !== null && lower(origin[key]) !== lower(now[key]))
    .map((key) => `its ${ESSENTIAL[key]} was ${origin[key]} and is ${now[key]}`);
  return changes.length === 0 ? null : changes.join(', ');
}

const lower = (text: string | null) => text?.toLowerCase().replace(/\/$/, '');

/**
 * By a timer: asks every organization with profiles who it is, and stops those profiles that were made for another one. An
 * organization that does not answer is asked again the next time.
 */
export async function watchOrigins(ports: ExportPorts): Promise<void> {
  for (const organizationId of ports.organizations.keys()) {
    const profiles = (await ports.control.profiles.list([organizationId])).filter(isWatched);
    if (profiles.length === 0) continue;
    try {
      const now = await ports.sourceOf(organizationId).identity();
      for (const profile of profiles) {
        const reason = profile.origin && changesOfOrigin(profile.origin, now);
        if (reason) await stop(ports, profile, reason);
      }
    } catch (error) {
      if (!isFreshetError(error)) throw error;
      ports.log.write('warn', 'organization not asked who it is', { organizationId, reason: error.message });
    }
  }
}

/** The organization went back in time: whatever was read of it is not its past any more, so that all leave its feeds. */
export async function stopForReturn(ports: ExportPorts, organizationId: string, reason: string): Promise<void> {
  for (const profile of await ports.control.profiles.list([organizationId])) {
    const subscriptions = await ports.control.profiles.subscriptions(profile.id);
    if (subscriptions.length > 0) await stop(ports, profile, reason);
  }
}

function isWatched({ state, origin }: Profile): boolean {
  return state !== 'stopped' && origin !== null;
}

/** For good. It leaves its feeds, so that a profile made anew begins with new ones. */
async function stop(ports: ExportPorts, profile: Profile, reason: string): Promise<void> {
  const { id: profileId, settings } = profile;
  const error = new FreshetError('ORGANIZATION_REPLACED', { reason, profileId });
  const trouble = { code: error.code, text: `${error.message} ${error.remedy}`, since: ports.clock.now() };
  await ports.control.profiles.update(profileId, { state: 'stopped', intent: ports.newId(), trouble, breaker: null });
  ports.log.write('error', 'profile stopped', { profileId, code: error.code, reason });
  for (const { organizationId, entity } of await ports.control.profiles.subscriptions(profileId)) {
    await leaveFeed(ports, profileId, { organizationId, entity });
  }
  await tryToRegisterActive(ports, settings.organizationId);
}
