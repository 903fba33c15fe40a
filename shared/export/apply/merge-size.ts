import type { Destination } from '../../destination/port.ts';
import { FreshetError } from '../../errors/error.ts';
import { MERGE_MAX_ENTRIES } from './merge.ts';

/** How much of the rows a destination takes at once, learnt from its refusals: they concern its memory, locks and time. */
interface Size {
  readonly entries: number;
  /** Merges that worked with it. */
  readonly merges: number;
}

/** Statements of fewer rows would spare the destination nothing that counts, but take longer. */
export const STATEMENT_MIN_ROWS = 20;
/** After so many merges twice as much is tried: the trouble may have been a moment's. */
export const GROWS_AFTER_MERGES = 20;

/** Lives as long as the connection: a destination that is opened anew, after a breaker or a change, may take all again. */
const sizes = new WeakMap<Destination, Size>();

/** Entries that a merge may hold; a single page may hold more, for a page is never split between transactions. */
export function mergeEntries(destination: Destination): number {
  return sizes.get(destination)?.entries ?? MERGE_MAX_ENTRIES;
}

/** Rows that one statement of a merge may write. */
export function statementRows(destination: Destination): number {
  return Math.max(STATEMENT_MIN_ROWS, mergeEntries(destination));
}

/** A merge that the destination found too large. `entries`: as `pagesOfMerge` counts them. */
export interface TooLarge {
  readonly pages: number;
  readonly entries: number;
  readonly statementRows: number;
}

/** The next merge is half as large: fewer pages, and for a single one, fewer rows a statement. False: it cannot be smaller. */
export function makeSmaller(destination: Destination, { pages, entries, statementRows }: TooLarge): boolean {
  const used = pages > 1 ? entries : Math.min(entries, statementRows);
  if (pages === 1 && used <= STATEMENT_MIN_ROWS) return false;
  // Merges of other entities, under way at the same time, may have been refused, too: that halves once, not twice.
  const half = Math.min(mergeEntries(destination), Math.floor(used / 2));
  sizes.set(destination, { entries: half, merges: 0 });
  return true;
}

/** A merge was committed; what was made smaller grows back, slowly. */
export function mergeWorked(destination: Destination): void {
  const size = sizes.get(destination);
  if (!size) return;
  const grown = size.entries * 2;
  if (size.merges + 1 < GROWS_AFTER_MERGES) sizes.set(destination, { ...size, merges: size.merges + 1 });
  else if (grown < MERGE_MAX_ENTRIES) sizes.set(destination, { entries: grown, merges: 0 });
  else sizes.delete(destination);
}

/** What cannot be written by parts is too large by itself: a person has to raise a limit of the destination. */
export function tooLargeAlone(entity: string, entries: number, error: FreshetError): FreshetError {
  const text = String(error.values.text);
  return new FreshetError('DESTINATION_LIMIT_TOO_LOW', { entity, entries, reason: text, text }, error);
}
