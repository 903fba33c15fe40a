import type { Feed, Page } from '../model.ts';

const NOTHING = JSON.stringify({ rows: [], deletions: [] });

/** The page under which a feed's new shape begins: what it shows besides rows is news for every destination. */
export function shapePage(feed: Feed, shape: string, id: string, readAt = 0): Page {
  return markPage({ ...feed, shape }, id, null, readAt);
}

/**
 * The page that marks in its feed where a snapshot was queued, named by the snapshot. A position placed on it cannot be taken
 * for one of a feed that does not know the snapshot: after the control database was restored, the chain is broken there.
 */
export function markPage(feed: Feed, snapshotId: string, audience: string | null, readAt = 0): Page {
  return {
    id: snapshotId,
    previous: feed.tail,
    number: feed.head + 1,
    shape: feed.shape,
    audience,
    snapshotId: null,
    begins: false,
    ends: false,
    notifiedAt: null,
    readAt,
    entries: 0,
    bytes: NOTHING.length,
    body: { text: NOTHING },
  };
}
