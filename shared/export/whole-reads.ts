import { type FeedKey, feedBell } from '../control/model.ts';
import { derivedAttributes } from '../dataverse/derived.ts';
import type { EntityMetadata } from '../dataverse/metadata.ts';
import { ringBells } from './bells.ts';
import type { ExportOptions, ExportPorts } from './ports.ts';

/** Feeds looked at by one call of the timer: many small rounds instead of one that holds up the others. */
const FEEDS_AT_ONCE = 20;
/** A feed that needs no whole read is looked at again after this, for its definition may have changed. */
const LOOK_AGAIN_MS = 3_600_000;

/**
 * Queues what no change brings: a full read of entities without change tracking, and a refresh of those with values that
 * change without a version. A feed that is new has just been read; its time begins now.
 */
export async function readWholeBySchedule(ports: ExportPorts): Promise<void> {
  const now = ports.clock.now();
  for (const { at, ...feed } of await ports.control.wholeReads.due(now, FEEDS_AT_ONCE)) {
    const entity = await ports.control.feeds.metadata(feed);
    if (entity === null) continue;
    const everyMs = intervalOf(entity, ports.options);
    // Queued before it is planned: a crash in between queues it once more at most.
    if (at !== null && everyMs !== null) await queue(ports, feed, entity);
    await ports.control.wholeReads.plan(feed, {
      at: now + (everyMs ?? LOOK_AGAIN_MS),
      tracked: entity.changeTracking,
    });
  }
}

/** How often the entity is read as a whole (ms); null: never. */
function intervalOf(entity: EntityMetadata, { refreshMs, wholeReadMs }: ExportOptions): number | null {
  if (!entity.changeTracking) return wholeReadMs;
  return derivedAttributes(entity).length > 0 ? refreshMs : null;
}

async function queue(ports: ExportPorts, feed: FeedKey, { changeTracking }: EntityMetadata): Promise<void> {
  const { feeds } = ports.control;
  if (changeTracking) {
    if (!(await feeds.queueRefresh(feed, ports.newId()))) return;
  } else {
    const open = await feeds.snapshots(feed);
    // The one before is not read to its end yet: beginning anew would never end.
    if (open.some(({ snapshot }) => snapshot.audience === null)) return;
    await feeds.queueSnapshot(feed, ports.newId(), null);
  }
  await ringBells(ports, [{ key: feedBell(feed) }]);
}
