import { LEASE_MS } from '../bells.port.ts';
import type { Feeds } from '../feeds.port.ts';
import { type Feed, type FeedKey, feedBell, type OpenSnapshot, SNAPSHOTS_FOR_ALL, type Snapshot } from '../model.ts';
import { appendTo } from '../rules/append.ts';
import { older } from '../rules/bell.ts';
import { changed } from '../rules/change.ts';
import { markPage, shapePage } from '../rules/mark.ts';
import { isUnderWay, mayWait } from '../rules/snapshots-for-all.ts';
import { ownBell } from './bells.ts';
import { isListening } from './profiles.ts';
import { withDrift } from './schema-history.ts';
import { type AtOnce, type Bell, type FeedRow, type Memory, subscribers } from './state.ts';

export function memoryFeeds(memory: Memory): AtOnce<Feeds> {
  const rowOf = (feed: FeedKey): FeedRow | null => memory.state.feeds.get(feedBell(feed)) ?? null;
  return {
    get: (feed) => rowOf(feed)?.feed ?? null,
    of: (organizationId) =>
      [...memory.state.feeds.values()]
        .map((row) => row.feed)
        .filter((feed) => feed.organizationId === organizationId)
        .sort((a, b) => (a.entity < b.entity ? -1 : 1)),
    snapshots(feed) {
      const open = (rowOf(feed)?.snapshots ?? []).filter((snapshot) => snapshot.endNumber === null);
      return open.map((snapshot) => ({ snapshot, ...progress(memory, snapshot) }));
    },
    beginRead: (feed, owner) =>
      change(memory, feed, owner, (row, bell) => ({
        row: { ...row, reading: { rung: bell.rung, at: older(row.reading.at, bell.notifiedAt) } },
        bell: { notifiedAt: null },
      })),
    append(append) {
      let feed: Feed | null = null;
      change(memory, append, append.owner, (row, bell) => {
        const snapshot = row.snapshots.find(({ id }) => id === append.snapshot?.id) ?? null;
        const appended = appendTo({ feed: row.feed, reading: row.reading, bell, snapshot }, append);
        if (!appended) return null;
        const page = appended.page && { page: appended.page, appendedAt: memory.now(), passedAt: null };
        feed = appended.feed;
        return {
          row: {
            ...row,
            feed,
            reading: appended.reading,
            lookedAt: append.complete ? memory.now() : row.lookedAt,
            pages: page ? [...row.pages, page] : row.pages,
            snapshots: row.snapshots.map((before) => (before === snapshot ? (appended.snapshot ?? before) : before)),
          },
          bell: { seen: appended.seen },
        };
      });
      return feed;
    },
    update: (feed, owner, { cursor = {}, restartSnapshots = false, drift = [], mark, tracked, ...rest }) =>
      change(memory, feed, owner, (row) => {
        const snapshots = restartSnapshots ? row.snapshots.map(restarted) : row.snapshots;
        const next = {
          ...withDrift(memory, row, drift),
          ...(tracked === undefined ? {} : { tracked, wholeAt: null }),
          feed: changed<Feed>(row.feed, { ...cursor, ...rest }),
          snapshots,
        };
        return { row: mark === undefined ? next : marked(memory, next, mark) };
      }),
    pagesAfter: (feed, number, limit) =>
      (rowOf(feed)?.pages ?? [])
        .filter(({ page }) => page.number > number)
        .slice(0, limit)
        .map(({ page }) => page),
    queueSnapshot({ organizationId, entity }, id, audience) {
      const row = rowOf({ organizationId, entity });
      const queued = row?.snapshots.find((snapshot) => snapshot.id === id);
      if (queued) return queued;
      const mark = row && markPage(row.feed, id, audience, memory.now());
      const snapshot = { organizationId, entity, id, audience, mark: mark?.number ?? 0, refresh: false, ...UNREAD };
      if (row && mark) {
        const kept = row.snapshots.filter((before) => before.endNumber !== null || before.audience !== audience);
        memory.state.feeds.set(feedBell(row.feed), {
          ...row,
          feed: { ...row.feed, head: mark.number, tail: mark.id },
          pages: [...row.pages, { page: mark, appendedAt: memory.now(), passedAt: null }],
          snapshots: [...kept, snapshot],
        });
      }
      return snapshot;
    },
    queueRefresh({ organizationId, entity }, id) {
      const row = rowOf({ organizationId, entity });
      if (!row || row.snapshots.some((open) => open.endNumber === null && open.audience === null)) return false;
      const snapshot = { organizationId, entity, id, audience: null, mark: row.feed.head, refresh: true, ...UNREAD };
      memory.state.feeds.set(feedBell(row.feed), { ...row, snapshots: [...row.snapshots, snapshot] });
      return true;
    },
    metadata(feed, shape) {
      const shapes = memory.state.shapes.get(feedBell(feed)) ?? [];
      const found = shape === undefined ? shapes.at(-1) : shapes.find((row) => row.shape === shape);
      return found?.metadata ?? null;
    },
    saveMetadata(feed, shape, metadata) {
      const others = (memory.state.shapes.get(feedBell(feed)) ?? []).filter((row) => row.shape !== shape);
      memory.state.shapes.set(feedBell(feed), [...others, { shape, metadata, savedAt: memory.now() }]);
    },
  };
}

const UNREAD = { link: null, started: false, endNumber: null, rows: 0 };

/** The row with the page that marks its shape. */
function marked(memory: Memory, row: FeedRow, id: string): FeedRow {
  const page = shapePage(row.feed, row.feed.shape, id, memory.now());
  const feed = { ...row.feed, head: page.number, tail: page.id };
  return { ...row, feed, pages: [...row.pages, { page, appendedAt: memory.now(), passedAt: null }] };
}

interface Change {
  readonly row: FeedRow;
  readonly bell?: Partial<Bell>;
}

/** Changes a feed whose lease `owner` holds, and lengthens the lease; `to` may answer null to leave all as it is. */
function change(
  memory: Memory,
  feed: FeedKey,
  owner: string,
  to: (row: FeedRow, bell: Bell) => Change | null,
): boolean {
  const key = feedBell(feed);
  const bell = ownBell(memory, key, owner);
  const row = memory.state.feeds.get(key);
  const changes = bell && row ? to(row, bell) : null;
  if (!bell || !changes) return false;
  memory.state.feeds.set(key, changes.row);
  memory.state.bells.set(key, { ...bell, ...changes.bell, leaseUntil: memory.now() + LEASE_MS });
  return true;
}

function restarted(snapshot: Snapshot): Snapshot {
  return snapshot.endNumber === null ? { ...snapshot, link: null, started: false, rows: 0 } : snapshot;
}

function progress(memory: Memory, snapshot: Snapshot): Omit<OpenSnapshot, 'snapshot'> {
  const addressed = subscribers(memory, snapshot).filter(
    ({ profileId, paused }) =>
      !paused &&
      memory.state.profiles.get(profileId)?.profile.state === 'active' &&
      (snapshot.audience === null || snapshot.audience === profileId),
  );
  const fastest = Math.max(0, ...addressed.map((subscription) => subscription.number));
  const pages = memory.state.feeds.get(feedBell(snapshot))?.pages ?? [];
  return {
    unapplied: pages.filter(({ page }) => page.snapshotId === snapshot.id && page.number > fastest).length,
    audience: addressed.map((subscription) => subscription.profileId).sort(),
    waits: mayWait(snapshot) && underWay(memory, snapshot.organizationId) >= SNAPSHOTS_FOR_ALL,
  };
}

/** Those that somebody will take to their end. */
function underWay(memory: Memory, organizationId: string): number {
  const feeds = [...memory.state.feeds.values()].filter(
    ({ feed }) =>
      feed.organizationId === organizationId && subscribers(memory, feed).some((one) => isListening(memory, one)),
  );
  return feeds.flatMap(({ snapshots }) => snapshots).filter(isUnderWay).length;
}
