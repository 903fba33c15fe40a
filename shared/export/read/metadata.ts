import type { Feed } from '../../control/model.ts';
import { driftOf } from '../../dataverse/drift.ts';
import { needsFullRead, shapeOf } from '../../dataverse/shape.ts';
import { ringListeners } from './append.ts';
import { metadataOf, type Turn } from './turn.ts';

/**
 * Loads the definition anew because an answer carried another metadata version (or a refusal hints at it). True: the feed's
 * shape is still right, a page read under it may be appended. False: the shape has changed and what was read is dropped.
 *
 * A page marks where the new shape begins, for labels and options are shown by destinations though no row changed.
 * A snapshot is queued before the shape moves: a crash in between queues it once more, but never leaves a new attribute empty.
 */
export async function reloadMetadata(turn: Turn, feed: Feed, version: string | null): Promise<boolean> {
  const { ports, key, owner } = turn;
  const { feeds } = ports.control;
  const before = await metadataOf(turn, feed);
  const now = await turn.source.metadata(key.entity);
  const shape = shapeOf(now);
  if (shape === feed.shape) {
    await feeds.update(key, owner, { metadataVersion: version });
    return true;
  }
  await feeds.saveMetadata(key, shape, now);
  if (needsFullRead(before, now)) await feeds.queueSnapshot(key, ports.newId(), null);
  const drift = driftOf(before, now);
  const moved = await feeds.update(key, owner, {
    metadataVersion: version,
    shape,
    mark: ports.newId(),
    drift,
    ...(now.changeTracking === before.changeTracking ? {} : { tracked: now.changeTracking }),
    cursor: { nextLink: null },
    restartSnapshots: true,
  });
  turn.ahead = null;
  if (!moved) return false;
  // What no feed names is forgotten after a day, should it have been as long until this one did.
  if ((await feeds.metadata(key, shape)) === null) await feeds.saveMetadata(key, shape, now);
  ports.log.write('info', 'entity definition changed', { ...key, shape, changes: drift.length });
  await ringListeners(turn, null);
  return false;
}
