import { type FeedKey, feedBell, type Subscribed } from '../../control/model.ts';
import type { EntityMetadata } from '../../dataverse/metadata.ts';
import type { Counters } from '../../destination/model.ts';
import { FreshetError } from '../../errors/error.ts';
import { ringBells } from '../bells.ts';
import { defineTable } from './define-table.ts';
import { type ApplyTurn, feedOf, reloadPosition } from './turn.ts';

/**
 * The one remedy for everything that breaks the chain (a gap, a lost blob, a restored database, tables gone, a first
 * start): a resync of this profile and entity is queued, and the position set to the page that marks it. A crash in between
 * leaves the chain broken: the next turn queues another, which takes the first one's place.
 */
export async function remedy(turn: ApplyTurn, subscribed: Subscribed, why: string): Promise<void> {
  const { ports, profile, destination } = turn;
  const key = feedOf(subscribed);
  /** The entity has left the profile, perhaps to come back, or another resync took this one's place: whoever goes on looks anew. */
  const overtaken = () => void turn.positions.delete(key.entity);
  await defineTable(turn, subscribed, await definitionNow(turn, key));
  const snapshot = await ports.control.feeds.queueSnapshot(key, ports.newId(), profile.id);
  const ours = { snapshotId: snapshot.id };
  if (!(await ports.control.profiles.report(profile.id, key.entity, { shape: null, ...ours }))) return overtaken();
  const before = turn.positions.get(key.entity);
  const mark = { page: snapshot.id, number: snapshot.mark };
  const placed = await destination.place(key.entity, before?.page ?? null, mark);
  if (!placed) return reloadPosition(turn, key.entity);
  if (!(await ports.control.profiles.report(profile.id, key.entity, { ...mark, ...ours }))) return overtaken();
  const { stamp, counters } = before ?? { stamp: 0, counters: NO_COUNTERS };
  turn.positions.set(key.entity, { entity: key.entity, profileId: profile.id, ...mark, stamp, counters });
  ports.log.write('info', 'resync queued', { profileId: profile.id, ...key, why });
  await ringBells(ports, [{ key: feedBell(key) }]);
}

/**
 * A table or column of ours is said to be gone: what is missing is made anew, and filled by the remedy. Nothing missing means
 * that the destination has trouble of its own (a trigger, a view), which no resync mends: the error is thrown on.
 */
export async function repair(turn: ApplyTurn, subscribed: Subscribed, error: FreshetError): Promise<void> {
  if (!(await defineTable(turn, subscribed, await definitionNow(turn, feedOf(subscribed))))) throw error;
  await reloadPosition(turn, subscribed.entity);
  await remedy(turn, subscribed, error.message);
}

async function definitionNow(turn: ApplyTurn, key: FeedKey): Promise<EntityMetadata> {
  const feed = await turn.ports.control.feeds.get(key);
  if (feed === null) throw new FreshetError('FEED_SHAPE_UNKNOWN', { entity: key.entity });
  return turn.ports.definitions.of(key, feed.shape);
}

const NO_COUNTERS: Counters = { read: 0, applied: 0, replaced: 0, retrying: 0, failed: 0, regressed: 0 };
