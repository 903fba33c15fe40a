import { type BellKey, feedBell } from '../model.ts';
import type { Retention } from '../retention.port.ts';
import { type AtOnce, type FeedRow, type Memory, type PageRow, subscribers } from './state.ts';

export function memoryRetention(memory: Memory): AtOnce<Retention> {
  return {
    forget(passedMs, keepMs, limit) {
      for (const [key, row] of memory.state.feeds) memory.state.feeds.set(key, withPassed(memory, row));
      const now = memory.now();
      const isOld = ({ page, appendedAt, passedAt }: PageRow, head: number) =>
        page.number !== head && ((passedAt !== null && now - passedAt >= passedMs) || now - appendedAt >= keepMs);
      const old = [...memory.state.feeds.values()]
        .flatMap(({ feed, pages }) => pages.filter((row) => isOld(row, feed.head)))
        .sort((a, b) => a.appendedAt - b.appendedAt || (a.page.id < b.page.id ? -1 : 1))
        .slice(0, limit);
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
  const snapshots = row.snapshots.filter(({ id, endNumber }) => endNumber === null || named.has(id));
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
