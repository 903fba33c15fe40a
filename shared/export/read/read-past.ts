import { type Cell, exportColumns } from '../../dataverse/columns.ts';
import type { EntityMetadata } from '../../dataverse/metadata.ts';

/**
 * Snapshots and questions by id show rows as they are now; changes may lag behind them, held back by an open transaction of
 * the source. Up to and with the page that reaches the newest version so read, a deletion listed alone may be older than its row.
 */
export function pastChanges(
  entity: EntityMetadata,
  before: string | null,
  rows: readonly (readonly Cell[])[],
  reached: string | null = null,
): string | null {
  const past = later(before, newestVersion(entity, rows));
  return past !== null && later(past, reached) !== reached ? past : null;
}

/** The highest version number among the rows; null without rows, or where rows have no version. */
export function newestVersion(entity: EntityMetadata, rows: readonly (readonly Cell[])[]): string | null {
  const column = exportColumns(entity).findIndex(({ name }) => name === 'versionnumber');
  const versions = rows.map((row) => row[column] ?? null).map((cell) => (cell === null ? null : String(cell)));
  return versions.reduce(later, null);
}

function later(a: string | null, b: string | null): string | null {
  if (a === null || b === null) return a ?? b;
  return BigInt(a) >= BigInt(b) ? a : b;
}
