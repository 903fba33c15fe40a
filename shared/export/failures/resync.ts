import { FreshetError } from '../../errors/error.ts';
import type { ExportPorts } from '../ports.ts';
import { type Administered, ringProfile, visibleProfile } from '../profiles/profiles.ts';
import { failuresContainer, RESYNC_LOG_FOLDER } from './folders.ts';

export interface ResyncRequest {
  readonly administered: Administered;
  readonly profileId: string;
  /** Only this entity; absent: all of the profile. */
  readonly entity?: string | undefined;
}

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
export async function resyncFailedRecords(ports: ExportPorts, request: ResyncRequest): Promise<Resynced> {
  const { administered, profileId } = request;
  const profile = await visibleProfile(ports, administered, profileId);
  if (profile.state !== 'active') throw new FreshetError('PROFILE_NOT_ACTIVE');
  const wanted = request.entity?.toLowerCase();
  const subscriptions = await ports.control.profiles.subscriptions(profileId);
  const entities = subscriptions.map(({ entity }) => entity).filter((name) => wanted === undefined || name === wanted);
  if (entities.length === 0) throw new FreshetError('ENTITY_NOT_EXPORTED', { entity: wanted ?? 'anything' });
  const destination = await ports.destinations.of(profile);
  await emptyLog(ports, profileId);
  let records = 0;
  for (const entity of entities) records += await destination.reviveFailures(entity, ports.clock.now());
  await ringProfile(ports, profileId);
  ports.log.write('info', 'failed records tried again', { profileId, entity: wanted ?? null, records });
  return { Entities: entities, Records: records };
}

async function emptyLog(ports: ExportPorts, profileId: string): Promise<void> {
  const container = failuresContainer(profileId);
  for await (const { name } of ports.blobs.list(container, `${RESYNC_LOG_FOLDER}/`))
    await ports.blobs.remove(container, name);
}
