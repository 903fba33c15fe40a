import type { Cell } from '../../dataverse/columns.ts';
import type { EntityMetadata } from '../../dataverse/metadata.ts';
import type { Source, SourcePage } from '../../dataverse/port.ts';
import type { PageContent } from '../pages.ts';

/**
 * A deletion carries no version, and a row that was deleted and made again may be listed both ways, even on different pages
 * of one read, or its making is not listed yet. So ids listed both ways are asked by id, and all of a page that is `doubtful`:
 * of a read of several pages, or behind what was read otherwise. Found means row. Answers with
 * the metadata version of what was asked last.
 */
export async function settleDeletions(
  source: Source,
  entity: EntityMetadata,
  page: Pick<SourcePage, 'rows' | 'deletions' | 'metadataVersion'>,
  doubtful: boolean,
): Promise<PageContent & Pick<SourcePage, 'metadataVersion'>> {
  const listed = new Set(page.rows.map(idOf));
  const doubts = page.deletions.filter((id) => doubtful || listed.has(id));
  if (doubts.length === 0) {
    const { rows, deletions, metadataVersion } = page;
    return { rows, deletions, metadataVersion };
  }
  const { rows: found, metadataVersion } = await source.readByIds(entity, doubts);
  const alive = new Set(found.map(idOf));
  const asked = new Set(doubts);
  return {
    rows: [...page.rows.filter((row) => !asked.has(idOf(row))), ...found],
    deletions: page.deletions.filter((id) => !alive.has(id)),
    metadataVersion: metadataVersion ?? page.metadataVersion,
  };
}

/** The first cell of a row is its id. */
export function idOf(row: readonly Cell[]): string {
  return String(row[0]);
}
