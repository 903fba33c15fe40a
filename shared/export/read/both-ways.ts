import type { Cell } from '../../dataverse/columns.ts';
import type { EntityMetadata } from '../../dataverse/metadata.ts';
import type { SourcePage } from '../../dataverse/model.ts';
import type { Source } from '../../dataverse/port.ts';
import type { PageContent } from '../pages.ts';

/**
 * A deletion carries no version, and a row that was deleted and made again may be listed both ways, even on different pages
 * of one read, or its making is not listed yet. So ids listed both ways are asked by id, and all of a page that is `doubtful`:
 * of a read of several pages, or behind what was read otherwise. Found means row. The metadata version is that of the last answer.
 */
export async function settleDeletions(
  source: Source,
  entity: EntityMetadata,
  page: Pick<SourcePage, 'rows' | 'deletions' | 'metadataVersion'>,
  doubtful: boolean,
): Promise<PageContent & Pick<SourcePage, 'metadataVersion'>> {
  const { rows, deletions, metadataVersion } = page;
  const listed = new Set(rows.map(idOf));
  const doubts = deletions.filter((id) => doubtful || listed.has(id));
  if (doubts.length === 0) return { rows, deletions, metadataVersion };
  const found = await source.readByIds(entity, doubts);
  const alive = new Set(found.rows.map(idOf));
  const asked = new Set(doubts);
  return {
    rows: [...rows.filter((row) => !asked.has(idOf(row))), ...found.rows],
    deletions: deletions.filter((id) => !alive.has(id)),
    metadataVersion: found.metadataVersion ?? metadataVersion,
  };
}

/** The first cell of a row is its id. */
export function idOf(row: readonly Cell[]): string {
  return String(row[0]);
}
