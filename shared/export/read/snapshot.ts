import type { Feed, OpenSnapshot } from '../../control/model.ts';
import { readAhead, wantedPage } from './ahead.ts';
import { appendReading } from './append.ts';
import { reloadMetadata } from './metadata.ts';
import { pastChanges } from './read-past.ts';
import { metadataOf, type Next, type Turn, usedSlot } from './turn.ts';

/** Pages of a snapshot that the fastest profile addressed has yet to apply; slower ones are held by the retention alone. */
const SNAPSHOT_WINDOW_PAGES = 8;

/** A snapshot that has to wait for others of the organization looks again after this. */
const WAITING_TURN_MS = 5_000;
/** And so one whose window is full: a fraction of what it takes to apply it. */
const WAITING_ROOM_MS = 500;

/** The open snapshot whose next page may be read now; else when to look again, or null while nobody takes its pages. */
export async function openSnapshot(turn: Turn): Promise<OpenSnapshot | { readonly afterMs: number } | null> {
  const open = await turn.ports.control.feeds.snapshots(turn.key);
  const addressed = open.filter(({ audience }) => audience.length > 0);
  const readable = addressed.find(({ unapplied, waits }) => !waits && unapplied < SNAPSHOT_WINDOW_PAGES);
  if (readable) return readable;
  if (addressed.length === 0) return null;
  return { afterMs: addressed.some(({ waits }) => !waits) ? WAITING_ROOM_MS : WAITING_TURN_MS };
}

/**
 * One page of a snapshot, appended only while the cursor it began under stands: then every change that it may have missed
 * is still to come. The page after it is read ahead meanwhile.
 */
export async function readSnapshot(
  turn: Turn,
  feed: Feed,
  { snapshot, unapplied }: OpenSnapshot,
  bellWaits: boolean,
): Promise<Next> {
  const from = snapshot.link === null ? ({ kind: 'rows' } as const) : ({ kind: 'next', link: snapshot.link } as const);
  const page = await wantedPage(turn, feed, { of: snapshot.id, from });
  if ('afterMs' in page) return page;
  let began = feed;
  if (page.metadataVersion !== null && page.metadataVersion !== feed.metadataVersion) {
    if (!(await reloadMetadata(turn, feed, page.metadataVersion))) return 'go on';
    began = { ...feed, metadataVersion: page.metadataVersion };
  }
  const roomAfterThis = unapplied + 1 < SNAPSHOT_WINDOW_PAGES;
  if (page.next !== null && !bellWaits && roomAfterThis) await readAhead(turn, began, snapshot.id, page.next);
  await appendReading(turn, {
    began,
    content: { rows: page.rows, deletions: [] },
    cursor: { readPast: pastChanges(await metadataOf(turn, began), feed.readPast, page.rows) },
    complete: false,
    ...usedSlot(feed),
    snapshot: {
      id: snapshot.id,
      link: snapshot.link,
      nextLink: page.next,
      rows: page.rows.length,
      audience: snapshot.audience,
      // What a refresh does not show is a matter of the changes.
      begins: !snapshot.started && !snapshot.refresh,
      ends: page.next === null && !snapshot.refresh,
    },
  });
  return 'go on';
}
