import type { FeedKey, Page } from '../../control/model.ts';
import { type Cell, type Column, exportColumns } from '../../dataverse/columns.ts';
import type { Refused } from './bisect.ts';
import { type Entry, type Merge, mergePages } from './merge.ts';
import { loadPages } from './next-pages.ts';
import type { ApplyTurn } from './turn.ts';

/** A merge with all that needs no destination done: contents loaded, the last entry of each id chosen, rows checked. */
export interface ReadyMerge extends Merge {
  readonly pages: readonly [Page, ...Page[]];
  readonly columns: readonly Column[];
  /** What the columns cannot hold. */
  readonly refused: readonly Refused<Entry>[];
  /** OperationCreatedOn of its oldest notification, ms, if known. */
  readonly notifiedAt: number | null;
  /** False for nothing but marks and links of the chain. */
  readonly hasEntries: boolean;
}

/** The merge of these pages, up to the first whose content is lost; null when that is the very first. */
export async function makeReady(turn: ApplyTurn, feed: FeedKey, pages: readonly Page[]): Promise<ReadyMerge | null> {
  const loaded = await loadPages(turn, pages);
  const [first, ...others] = loaded.pages;
  if (!first) return null;
  const columns = exportColumns(await turn.ports.definitions.of(feed, first.shape));
  const merge = mergePages(loaded.contents);
  const times = loaded.contents.flatMap(({ page }) => (page.notifiedAt === null ? [] : [page.notifiedAt]));
  return {
    ...merge,
    pages: [first, ...others],
    columns,
    refused: refusedByColumns(turn, columns, merge.entries),
    notifiedAt: times.length === 0 ? null : Math.min(...times),
    hasEntries: loaded.contents.some(({ page }) => page.entries > 0),
  };
}

/** What needs no database to be known: exact reasons, and no lost transaction. */
export function refusedByColumns(
  { destination }: Pick<ApplyTurn, 'destination'>,
  columns: readonly Column[],
  entries: readonly Entry[],
): Refused<Entry>[] {
  const refusal = (row: readonly Cell[]) => destination.refusal({ columns }, row);
  const refused: Refused<Entry>[] = [];
  for (const item of entries) {
    const reason = item.row === null ? null : refusal(item.row);
    if (reason !== null) refused.push({ item, code: 'RECORD_REFUSED', cause: reason, reason, text: reason });
  }
  return refused;
}
