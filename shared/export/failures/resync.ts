import { FreshetError } from '../../errors/error.ts';
import type { ExportPorts } from '../ports.ts';
import { type Request, reached } from '../profiles/actions.ts';
import { ringProfile } from '../profiles/profiles.ts';
import { failuresContainer, RESYNC_LOG_FOLDER } from './folders.ts';

export interface Resynced {
  readonly Entities: string[];
  /** Failed records that are tried again. */
  readonly Records: number;
}

/**
 * Lets a profile's failed records be tried again. They count as failed until they are written, so that the counter is 0 when
 * all went well; what is refused for the last time once more is told in a folder of its own, which tells of the last resync
 * alone. Errors: PROFILE_NOT_FOUND, PROFILE_NOT_ACTIVE, ENTITY_NOT_EXPORTED, and the destination's.
 */
export async function resyncFailedRecords(ports: ExportPorts, request: Request): Promise<Resynced> {
  const { profile, entities } = await reached(ports, request);
  if (profile.state !== 'active') throw new FreshetError('PROFILE_NOT_ACTIVE');
  const names = entities.map(({ entity }) => entity);
  await emptyLog(ports, profile.id);
  const now = ports.clock.now();
  const records = await ports.destinations.visit(profile, async (destination) => {
    let revived = 0;
    for (const name of names) revived += await destination.reviveFailures(name, now);
    return revived;
  });
  await ringProfile(ports, profile.id);
  ports.log.write('info', 'failed records tried again', { profileId: profile.id, entities: names.join(', '), records });
  return { Entities: names, Records: records };
}

async function emptyLog(ports: ExportPorts, profileId: string): Promise<void> {
  const container = failuresContainer(profileId);
  for await (const { name } of ports.blobs.list(container, `${RESYNC_LOG_FOLDER}/`))
    await ports.blobs.remove(container, name);
}
