import { feedBell } from '../../control/model.ts';
import type { Subscribed } from '../../control/profiles.port.ts';
import { FreshetError } from '../../errors/error.ts';
import { ringBells } from '../bells.ts';
import { type ApplyTurn, feedOf, loadPositions, shapeOfPage } from './turn.ts';

/**
 * The one remedy for everything that breaks the chain (a gap, a lost blob, a restored database, tables gone, a first
 * start): a resync of this profile and entity is queued, and the position set to the page that marks it. A crash in between
 * leaves the chain broken: the next turn queues another, which takes the first one's place.
 */
export async function remedy(turn: ApplyTurn, subscribed: Subscribed, why: string): Promise<void> {
  const { ports, profile, destination } = turn;
  const key = feedOf(subscribed);
  const feed = await ports.control.feeds.get(key);
  if (feed === null) throw new FreshetError('FEED_SHAPE_UNKNOWN', { entity: key.entity });
  const { entity } = await shapeOfPage(turn, key, feed.shape);
  await destination.prepare({ deleteLog: profile.settings.writeDeleteLog });
  await destination.shape(entity);
  await destination.describe(entity);
  const snapshot = await ports.control.feeds.queueSnapshot(key, ports.newId(), profile.id);
  const expected = turn.positions.get(key.entity)?.page ?? null;
  const mark = { page: snapshot.id, number: snapshot.mark };
  const placed = await destination.place(key.entity, expected, mark);
  await loadPositions(turn);
  if (!placed) return;
  ports.log.write('info', 'resync queued', { profileId: profile.id, ...key, why });
  await ports.control.profiles.report(profile.id, key.entity, {
    ...mark,
    shape: feed.shape,
    snapshotId: snapshot.id,
  });
  await ringBells(ports, [{ key: feedBell(key) }]);
}
