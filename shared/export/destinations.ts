import type { Profile } from '../control/model.ts';
import type { Control } from '../control/port.ts';
import type { Destination, OpenDestination } from '../destination/port.ts';
import { FreshetError } from '../errors/error.ts';
import type { Secrets } from '../platform/secrets/port.ts';
import type { Destinations, Organization } from './ports.ts';

export interface DestinationsOptions {
  readonly control: Control;
  readonly secrets: Secrets;
  readonly organizations: ReadonlyMap<string, Organization>;
  readonly open: OpenDestination;
}

/** Keeps one open destination per profile; the secret is read when it is opened. */
export function makeDestinations(options: DestinationsOptions): Destinations {
  const opened = new Map<string, Promise<Destination>>();

  async function open(profileId: string): Promise<Destination> {
    const profile = await options.control.profiles.get(profileId);
    if (profile === null) throw new FreshetError('PROFILE_NOT_FOUND', { profileId });
    const { keyVaultUri, schema, prefix } = profile.settings;
    const secret = await options.secrets.get(keyVaultUri);
    checkTag(secret.tags, profile, options.organizations);
    return options.open(secret.value, { profileId, schema, prefix });
  }

  return {
    of(profileId) {
      const known = opened.get(profileId);
      if (known) return known;
      const opening = open(profileId);
      opened.set(profileId, opening);
      opening.catch(() => {
        if (opened.get(profileId) === opening) opened.delete(profileId);
      });
      return opening;
    },
    async forget(profileId) {
      const known = opened.get(profileId);
      opened.delete(profileId);
      const destination = await known?.catch(() => null);
      await destination?.close();
    },
  };
}

/**
 * The secret must carry the tag `{organization id: tenant id}`: else whoever knows a vault's URL could have another
 * organization's rows written to its database.
 */
function checkTag(
  tags: Readonly<Record<string, string>>,
  { settings }: Profile,
  organizations: ReadonlyMap<string, Organization>,
): void {
  const { organizationId } = settings;
  const tenantId = organizations.get(organizationId)?.tenantId.toLowerCase();
  const tagged = Object.entries(tags).some(
    ([id, tenant]) => id.toLowerCase() === organizationId && tenant.toLowerCase() === tenantId,
  );
  if (!tagged) throw new FreshetError('SECRET_NOT_TAGGED', { organizationId });
}
