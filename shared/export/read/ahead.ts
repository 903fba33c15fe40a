import type { Feed } from '../../control/model.ts';
import type { ReadFrom, SourcePage } from '../../dataverse/model.ts';
import { isOver, metadataOf, pageBytes, readPage, slotNow, type Turn, waitForSlot } from './turn.ts';

/** One page of a long read: of the first cursor's keys, or of a snapshot. */
export interface WantedPage {
  /** The read's name: `keys`, or the snapshot's id. */
  readonly of: string;
  readonly from: ReadFrom;
  readonly maxRows?: number | undefined;
}

/** The page read ahead if it is the one wanted, else one asked for now; or how long to wait for its slot. */
export async function wantedPage(
  turn: Turn,
  feed: Feed,
  { of, from, maxRows }: WantedPage,
): Promise<SourcePage | { readonly afterMs: number }> {
  const { ahead } = turn;
  turn.ahead = null;
  if (ahead && from.kind === 'next' && ahead.of === of && ahead.link === from.link && ahead.token === feed.token) {
    // Taken while the page comes, the next one's slot costs it no time.
    turn.slotAhead = slotNow(turn, feed);
    turn.slotAhead.catch(() => {});
    return ahead.page;
  }
  const wait = await waitForSlot(turn, feed, 'rows');
  if (wait > 0) return { afterMs: wait };
  return readPage(turn, await metadataOf(turn, feed), from, maxRows);
}

/**
 * Asks for the page behind `link` while the one before it is appended. Only what this turn will use: a page dropped at its end
 * would have to be asked for again.
 */
export async function readAhead(turn: Turn, feed: Feed, of: string, link: string, maxRows?: number): Promise<void> {
  if (await isOver(turn)) return;
  const entity = await metadataOf(turn, feed);
  turn.memoryAhead = turn.ports.memory.tryReserve(pageBytes(entity));
  if (turn.memoryAhead === null) return;
  const slot = turn.slotAhead ?? slotNow(turn, feed);
  turn.slotAhead = null;
  if (!(await slot)) return;
  const page = readPage(turn, entity, { kind: 'next', link }, maxRows);
  // Awaited in the next step; a refusal must not count as unhandled until then.
  page.catch(() => {});
  turn.ahead = { of, link, token: feed.token, page };
}
