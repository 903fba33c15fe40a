import { type FeedKey, feedBell, type Profile, type Subscribed } from '../../control/model.ts';
import type { Position } from '../../destination/model.ts';
import { FreshetError } from '../../errors/error.ts';
import { ringBells, ringFeedsOf } from '../bells.ts';
import { failuresContainer } from '../failures/folders.ts';
import type { ExportPorts } from '../ports.ts';
import { othersPositions, profilesOf, takenBy } from './others.ts';
import { LOGICAL_NAME } from './profile-body.ts';
import { type Administered, mustNotBeStopped, ringProfile, visibleProfile } from './profiles.ts';

/** What an administrator asks of a profile, and of which of its entities: absent, of all. */
export interface Request {
  readonly administered: Administered;
  readonly profileId: string;
  readonly entity?: string | undefined;
}

/** Reads the entities as a whole again; their tables are true meanwhile, and rows of neither side remain. Answers with their names. */
export async function resync(ports: ExportPorts, request: Request): Promise<string[]> {
  const { profile, entities } = await reached(ports, request);
  for (const { organizationId, entity } of entities)
    await queueResync(ports, profile.id, { organizationId, entity }, 'asked for');
  return entities.map(({ entity }) => entity);
}

/** Reads one entity as a whole again for one profile; what was queued for it before is given up. */
export async function queueResync(ports: ExportPorts, profileId: string, feed: FeedKey, why: string): Promise<void> {
  const { feeds, profiles } = ports.control;
  const snapshot = await feeds.queueSnapshot(feed, ports.newId(), profileId);
  await profiles.report(profileId, feed.entity, { snapshotId: snapshot.id });
  ports.log.write('info', 'resync queued', { profileId, entity: feed.entity, why });
  await ringBells(ports, [{ key: feedBell(feed) }]);
}

/** Lets the entities' tables stand still, or go on; nothing is lost by it. Answers with their names. */
export async function pause(ports: ExportPorts, request: Request, paused: boolean): Promise<string[]> {
  const { profile, entities } = await reached(ports, request);
  const names = entities.map(({ entity }) => entity);
  await ports.control.profiles.pause(profile.id, names, paused);
  if (!paused) {
    await ringFeedsOf(ports, profile.id);
    await ringProfile(ports, profile.id);
  }
  return names;
}

/**
 * Drops the tables of the entities that nothing is written to: of one removed from the profile, or of all, with Freshet's own
 * tables, once the profile is not active. PROFILE_ACTIVE otherwise; ENTITY_NOT_EXPORTED, TABLE_FOREIGN, DESTINATION_TABLES_TAKEN.
 * Answers with what was dropped.
 */
export async function drop(ports: ExportPorts, { administered, profileId, entity }: Request): Promise<string[]> {
  const profile = await visibleProfile(ports, administered, profileId);
  const { state, settings } = profile;
  const name = entity?.toLowerCase();
  if (name !== undefined && !LOGICAL_NAME.test(name)) throw new FreshetError('ENTITY_NOT_FOUND', { entity: name });
  const chosen = settings.entities.map((one) => one.entity);
  const names = name === undefined ? chosen : [name];
  const written = state === 'active' ? names.filter((one) => name === undefined || chosen.includes(one)) : [];
  if (written.length > 0) throw new FreshetError('PROFILE_ACTIVE', { entities: written.join(', ') });
  return ports.destinations.visit(profile, async (destination) => {
    // Tables of other prefixes, and Freshet's own, might be named so, too.
    if (name !== undefined && !chosen.includes(name) && !(await destination.describes(name)))
      throw new FreshetError('ENTITY_NOT_EXPORTED', { entity: name });
    const others = await othersPositions(ports, profileId, (await destination.positions()) ?? []);
    const isNamed = (one: Position) => names.includes(one.entity);
    const subscribed = new Set((await ports.control.profiles.subscriptions(profileId)).map((one) => one.entity));
    // What another installation has taken over from this profile is not for this one to drop.
    const foreign = [...others.known, ...others.unknown.filter((one) => subscribed.has(one.entity))].find(isNamed);
    if (foreign) throw takenBy(foreign);
    const former = others.unknown.some(isNamed) ? profilesOf(others.unknown) : [];
    if (former.length > 0 && !(await destination.claim([], former)))
      throw others.known[0] ? takenBy(others.known[0]) : new FreshetError('POSITION_MOVED', { entity: names.join() });
    const dropped: string[] = [];
    for (const one of names) if (await destination.drop(one)) dropped.push(one);
    // A profile whose tables share the prefix still needs them.
    const isNeeded = [...others.known, ...others.unknown].some((one) => !former.includes(one.profileId));
    if (name === undefined && !isNeeded) await destination.dropOwn();
    ports.log.write('info', 'tables dropped', { profileId, entities: dropped.join(', ') });
    return dropped;
  });
}

const READ_URL_MS = 24 * 3_600_000;

/** An address with which a storage client reads the profile's failures for a day. */
export async function failuresUrl(ports: ExportPorts, { administered, profileId }: Request): Promise<string> {
  const { id } = await visibleProfile(ports, administered, profileId);
  await ports.blobs.ensureContainer(failuresContainer(id));
  return ports.blobs.readUrl(failuresContainer(id), READ_URL_MS);
}

/** ENTITY_NOT_EXPORTED when the profile has no such entity, or nothing was begun for it yet. */
export async function reached(
  ports: ExportPorts,
  { administered, profileId, entity }: Request,
): Promise<{ profile: Profile; entities: Subscribed[] }> {
  const profile = await visibleProfile(ports, administered, profileId);
  mustNotBeStopped(profile);
  const subscriptions = await ports.control.profiles.subscriptions(profileId);
  const name = entity?.toLowerCase();
  const entities = subscriptions.filter((one) => name === undefined || one.entity === name);
  if (entities.length === 0) throw new FreshetError('ENTITY_NOT_EXPORTED', { entity: name ?? 'anything' });
  return { profile, entities };
}
