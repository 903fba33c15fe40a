import { type BellKey, feedBell } from '../model.ts';
import type { Retention } from '../retention.port.ts';
import { type AtOnce, type FeedRow, type Memory, type PageRow, subscribers } from './state.ts';

export function memoryRetention(memory: Memory): AtOnce<Retention> {
  return {
    forget(passedMs, keepMs, limit) {
      for (const [key, row] of memory.state.feeds) memory.state.feeds.set(key, withPassed(memory, row));
      const rows = [...memory.state.feeds.values()];
      const now = memory.now();
      const passed = pagesUntil(rows, now - passedMs, (page) => page.passedAt);
      const kept = pagesUntil(rows, now - keepMs, (page) => page.appendedAt);
      const old = [...new Set([...passed, ...kept])].slice(0, limit);
      const gone = new Set(old);
      for (const [key, row] of memory.state.feeds) {
        const pages = row.pages.filter((page) => !gone.has(page));
        memory.state.feeds.set(key, withoutUsedSnapshots(memory, { ...row, pages }));
      }
      for (const key of [...memory.state.shapes.keys()]) forgetShapes(memory, key, passedMs);
      return old.flatMap(({ page }) => ('blob' in page.body ? [page.body.blob] : []));
    },
    named(blobs) {
      const pages = [...memory.state.feeds.values()].flatMap((row) => row.pages);
      const names = new Set(pages.map(({ page }) => ('blob' in page.body ? page.body.blob : null)));
      return blobs.filter((blob) => names.has(blob));
    },
  };
}

/** Pages for which a moment has come that long ago, but for the last of their feed; longest ago first. */
function pagesUntil(rows: readonly FeedRow[], until: number, moment: (page: PageRow) => number | null): PageRow[] {
  return rows
    .flatMap((row) => row.pages.filter(({ page }) => page.number !== row.feed.head))
    .map((page) => ({ page, at: moment(page) ?? Number.POSITIVE_INFINITY }))
    .filter(({ at }) => at <= until)
    .sort((a, b) => a.at - b.at)
    .map(({ page }) => page);
}

/** Notes which pages every position has passed by now. A destination restored from a backup takes a position back. */
function withPassed(memory: Memory, row: FeedRow): FeedRow {
  const passed = Math.min(...subscribers(memory, row.feed).map((subscription) => subscription.number));
  const note = (page: PageRow): PageRow =>
    page.page.number > passed ? { ...page, passedAt: null } : { ...page, passedAt: page.passedAt ?? memory.now() };
  return { ...row, pages: row.pages.map(note) };
}

function withoutUsedSnapshots(memory: Memory, row: FeedRow): FeedRow {
  const named = new Set([
    ...row.pages.map(({ page }) => page.snapshotId),
    ...subscribers(memory, row.feed).map((subscription) => subscription.snapshotId),
  ]);
  const subscribed = new Set(subscribers(memory, row.feed).map(({ profileId }) => profileId));
  const snapshots = row.snapshots.filter(({ id, endNumber, audience }) =>
    endNumber === null ? audience === null || subscribed.has(audience) : named.has(id),
  );
  return { ...row, snapshots };
}

/** A shape just saved is named by nothing yet, so it is given as long as a page. */
function forgetShapes(memory: Memory, key: BellKey, passedMs: number): void {
  const { state } = memory;
  const row = state.feeds.get(key);
  const named = new Set<string | null>(row ? [row.feed.shape, ...row.pages.map(({ page }) => page.shape)] : []);
  for (const subscription of state.subscriptions.values()) {
    if (feedBell(subscription) === key) named.add(subscription.shape);
  }
  const keep = (state.shapes.get(key) ?? []).filter(
    ({ shape, savedAt }) => named.has(shape) || memory.now() - savedAt < passedMs,
  );
  if (keep.length > 0) state.shapes.set(key, keep);
  else state.shapes.delete(key);
}
