import type { Append, Cursor } from '../feeds.port.ts';
import { type Feed, type Page, QUIET_READS_MAX, type Snapshot } from '../model.ts';
import { changed } from './change.ts';

/** What `beginRead` remembered: the rings that the read will answer, and the oldest notification not yet in a page (ms). */
export interface Reading {
  readonly rung: number | null;
  readonly at: number | null;
}

/** All that an append compares and moves, locked by the adapter. `snapshot`: the one the append names, if it is there. */
export interface Standing {
  readonly feed: Feed;
  readonly reading: Reading;
  readonly bell: { readonly seen: number };
  readonly snapshot: Snapshot | null;
}

export interface Appended {
  readonly feed: Feed;
  readonly reading: Reading;
  readonly seen: number;
  readonly page: Page | null;
  readonly snapshot: Snapshot | null;
}

/** What an append makes of a feed, or null when it was overtaken. Whether the lease still is the caller's is for the adapter. */
export function appendTo(standing: Standing, append: Append): Appended | null {
  const page = pageToKeep(standing, append);
  // What appends no page only moves the cursor: a page that somebody marked meanwhile is nothing to it.
  const head = page ? append.expected.head : standing.feed.head;
  if (!sameCursor(standing.feed, { ...append.expected, head }) || !sameSnapshot(standing, append)) return null;
  const { quiet, reading } = afterRead(standing, append);
  const moved = page ? { head: page.number, tail: page.id } : {};
  return {
    feed: changed<Feed>(standing.feed, { ...append.cursor, slot: append.slot, ...moved, quiet }),
    reading,
    seen: append.complete ? Math.max(standing.bell.seen, standing.reading.rung ?? 0) : standing.bell.seen,
    page,
    snapshot: snapshotAfter(standing, append, page),
  };
}

function sameCursor(feed: Feed, expected: Cursor): boolean {
  return (
    feed.head === expected.head &&
    feed.token === expected.token &&
    feed.nextLink === expected.nextLink &&
    feed.keysLink === expected.keysLink &&
    feed.metadataVersion === expected.metadataVersion
  );
}

function sameSnapshot({ snapshot }: Standing, append: Append): boolean {
  if (!append.snapshot) return true;
  return snapshot !== null && snapshot.endNumber === null && snapshot.link === append.snapshot.link;
}

function pageToKeep({ feed, reading }: Standing, append: Append): Page | null {
  const { page } = append;
  if (!page || (page.entries === 0 && !page.begins && !page.ends)) return null;
  // No notification led to a snapshot's page: the one remembered belongs to the changes still to be found.
  const notifiedAt = append.snapshot ? null : reading.at;
  return { ...page, number: feed.head + 1, previous: feed.tail, notifiedAt };
}

/** A change may hide behind an open transaction of the source, so its notification is remembered for some empty reads. */
function afterRead({ feed, reading }: Standing, append: Append): { quiet: number; reading: Reading } {
  if (append.snapshot) return { quiet: feed.quiet, reading };
  if (append.page && append.page.entries > 0) return { quiet: 0, reading: { ...reading, at: null } };
  if (!append.complete || reading.at === null) return { quiet: feed.quiet, reading };
  const quiet = feed.quiet + 1;
  return quiet > QUIET_READS_MAX ? { quiet: 0, reading: { ...reading, at: null } } : { quiet, reading };
}

function snapshotAfter({ snapshot, feed }: Standing, append: Append, page: Page | null): Snapshot | null {
  if (!snapshot || !append.snapshot) return null;
  return {
    ...snapshot,
    link: append.snapshot.nextLink,
    started: true,
    rows: snapshot.rows + append.snapshot.rows,
    endNumber: append.snapshot.nextLink === null ? (page?.number ?? feed.head) : null,
  };
}
