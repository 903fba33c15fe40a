import type { Profile } from '../control/model.ts';
import type { Destination, OpenDestination } from '../destination/port.ts';
import { FreshetError } from '../errors/error.ts';
import type { Secrets } from '../platform/secrets/port.ts';
import type { Destinations, Organization } from './ports.ts';

export interface DestinationsOptions {
  readonly secrets: Secrets;
  readonly organizations: ReadonlyMap<string, Organization>;
  readonly open: OpenDestination;
}

/** Keeps one open destination per profile; the secret is read when it is opened. */
export function makeDestinations(options: DestinationsOptions): Destinations {
  const opened = new Map<string, Opened>();

  async function open(profile: Profile): Promise<Destination> {
    const { organizationId, keyVaultUri, schema, prefix } = profile.settings;
    const organization = options.organizations.get(organizationId);
    if (!organization) throw new FreshetError('ORGANIZATION_NOT_SERVED', { organizationId });
    const secret = await options.secrets.get(keyVaultUri);
    checkTag(secret.tags, organization);
    return options.open(secret.value, { profileId: profile.id, schema, prefix });
  }

  return {
    async of(profile) {
      const { id, intent } = profile;
      const known = opened.get(id);
      if (known?.intent === intent) return known.destination;
      const opening: Opened = { intent, destination: open(profile) };
      opened.set(id, opening);
      opening.destination.catch(() => {
        if (opened.get(id) === opening) opened.delete(id);
      });
      await close(known?.destination);
      return opening.destination;
    },
    async visit(profile, work) {
      const destination = await open(profile);
      try {
        return await work(destination);
      } finally {
        await close(Promise.resolve(destination));
      }
    },
    checkAddress: (keyVaultUri) => options.secrets.check(keyVaultUri),
    async forget(profileId) {
      const known = opened.get(profileId);
      opened.delete(profileId);
      await close(known?.destination);
    },
  };
}

/** An open destination, and the intent that its profile carried then: a later wish may come with another secret. */
interface Opened {
  readonly intent: string | null;
  readonly destination: Promise<Destination>;
}

async function close(opened: Promise<Destination> | undefined): Promise<void> {
  const destination = await opened?.catch(() => null);
  // What cannot be used may refuse to be closed, too.
  await destination?.close().catch(() => undefined);
}

/**
 * The secret must carry the tag `{organization id: tenant id}`: else whoever knows a vault's URL could have another
 * organization's rows written to its database.
 */
function checkTag(tags: Readonly<Record<string, string>>, { id: organizationId, tenantId }: Organization): void {
  const tagged = Object.entries(tags).some(
    ([id, tenant]) => id.toLowerCase() === organizationId && tenant.toLowerCase() === tenantId.toLowerCase(),
  );
  if (!tagged) throw new FreshetError('SECRET_NOT_TAGGED', { organizationId });
}
