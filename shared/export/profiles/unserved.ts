import type { Profile } from '../../control/model.ts';
import { FreshetError } from '../../errors/error.ts';
import type { ExportPorts } from '../ports.ts';

/** Profiles of organizations that this installation does not serve any more: nobody sees them, and they keep their tables. */
export async function unservedProfiles({
  control,
  organizations,
}: Pick<ExportPorts, 'control' | 'organizations'>): Promise<Profile[]> {
  const unserved = (await control.profiles.organizations()).filter((id) => !organizations.has(id));
  return unserved.length === 0 ? [] : control.profiles.list(unserved);
}

/** By a timer: tells the log of each, for nobody else could notice. Nothing is changed: the entry may come back. */
export async function tellUnserved(ports: ExportPorts): Promise<void> {
  for (const { id, settings } of await unservedProfiles(ports)) {
    const { organizationId, name } = settings;
    const { code, message, remedy } = new FreshetError('ORGANIZATION_NOT_SERVED', { organizationId });
    ports.log.write('error', 'profile not served', { profileId: id, name, code, reason: `${message} ${remedy}` });
  }
}
