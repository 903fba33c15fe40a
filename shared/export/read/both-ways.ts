import type { Cell } from '../../dataverse/columns.ts';
import type { EntityMetadata } from '../../dataverse/metadata.ts';
import type { Source, SourcePage } from '../../dataverse/port.ts';
import type { PageContent } from '../pages.ts';

/**
 * A deletion carries no version, and a row that was deleted and made again may be listed both ways, even on different pages
 * of one read. So ids listed both ways, and every deletion of a read of several pages, are asked by id: found means row.
 */
export async function settleDeletions(
  source: Source,
  entity: EntityMetadata,
  page: Pick<SourcePage, 'rows' | 'deletions'>,
  severalPages: boolean,
): Promise<PageContent> {
  const listed = new Set(page.rows.map(idOf));
  const doubtful = page.deletions.filter((id) => severalPages || listed.has(id));
  if (doubtful.length === 0) return { rows: page.rows, deletions: page.deletions };
  const found = await source.readByIds(entity, doubtful);
  const alive = new Set(found.map(idOf));
  const asked = new Set(doubtful);
  return {
    rows: [...page.rows.filter((row) => !asked.has(idOf(row))), ...found],
    deletions: page.deletions.filter((id) => !alive.has(id)),
  };
}

/** The first cell of a row is its id. */
export function idOf(row: readonly Cell[]): string {
  return String(row[0]);
}
