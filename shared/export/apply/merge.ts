import type { PageHeader } from '../../control/model.ts';
import type { Cell } from '../../dataverse/columns.ts';
import type { PageContent } from '../pages.ts';
import { idOf } from '../read/both-ways.ts';

/** A merge holds up to so many entries or bytes, but at least one page: it is one transaction of the destination. */
export const MERGE_MAX_ENTRIES = 5_000;
export const MERGE_MAX_BYTES = 16 * 1024 * 1024;

/** What a merge would do to one id: the row that stands last, or a deletion. */
export interface Entry {
  readonly id: string;
  readonly row: readonly Cell[] | null;
  /** OperationCreatedOn of its page's oldest notification, ms, if known. */
  readonly notifiedAt: number | null;
}

export interface Merge {
  /** The last entry of each id. */
  readonly entries: readonly Entry[];
  /** Entries of the pages before merging. */
  readonly read: number;
  readonly begins: readonly string[];
  readonly ends: readonly string[];
}

/** False for a page addressed to another profile: it is no more than a link of the chain. */
export function concerns(page: Pick<PageHeader, 'audience'>, profileId: string): boolean {
  return page.audience === null || page.audience === profileId;
}

/**
 * The pages of one transaction: the first, and those after it as long as they fit, follow one another, were read under the
 * same shape and begin no snapshot (what a resync's end removes is told by the stamp of its begin).
 */
export function pagesOfMerge<P extends PageHeader>(
  pages: readonly P[],
  profileId: string,
  maxEntries = MERGE_MAX_ENTRIES,
): P[] {
  const merged: P[] = [];
  let entries = 0;
  let bytes = 0;
  for (const page of pages) {
    const last = merged.at(-1);
    entries += entriesOf(page, profileId);
    if (concerns(page, profileId)) bytes += page.bytes;
    const fits = entries <= maxEntries && bytes <= MERGE_MAX_BYTES;
    if (last && (!fits || page.begins || page.shape !== last.shape || page.previous !== last.id)) break;
    merged.push(page);
  }
  return merged;
}

/** An empty page counts, too: else a merge of nothing but those could not be made smaller. */
export function entriesOf(page: PageHeader, profileId: string): number {
  return concerns(page, profileId) ? Math.max(1, page.entries) : 1;
}

/** The last entry of an id wins. */
export function mergePages(pages: readonly { page: PageHeader; content: PageContent }[]): Merge {
  const entries = new Map<string, Entry>();
  const begins: string[] = [];
  const ends: string[] = [];
  let read = 0;
  for (const { page, content } of pages) {
    const { notifiedAt } = page;
    for (const row of content.rows) entries.set(idOf(row), { id: idOf(row), row, notifiedAt });
    for (const id of content.deletions) entries.set(id, { id, row: null, notifiedAt });
    read += content.rows.length + content.deletions.length;
    if (page.snapshotId !== null && page.begins) begins.push(page.snapshotId);
    if (page.snapshotId !== null && page.ends) ends.push(page.snapshotId);
  }
  return { entries: [...entries.values()], read, begins, ends };
}
