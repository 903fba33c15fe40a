import type { MetadataRows } from '../metadata-rows.ts';
import {
  filledColumns,
  LABEL_LENGTH,
  METADATA,
  type MetadataCell,
  type MetadataColumn,
  type MetadataTable,
} from '../metadata-tables.ts';
import { storableText } from './retry-rows.ts';

/** What a metadata table is to say about an entity. */
export interface WantedMetadata {
  /** Cells in the order of `filledColumns`; no key occurs twice. */
  readonly rows: readonly (readonly MetadataCell[])[];
  /** Rows of these names, of which the table's scope tells, are all among `rows`. */
  readonly scope: readonly string[];
}

/** The last row of a key wins. `fitName`: a name as long as the dialect's names may be. */
export function wantedMetadata(
  kind: MetadataTable,
  entity: string,
  rows: MetadataRows,
  fitName: (name: string) => string,
): WantedMetadata {
  const { scope, rows: rowsOf } = METADATA[kind];
  const columns = filledColumns(kind);
  const held = rowsOf(entity, rows).map((row) => row.map((cell, k) => heldCell(columns[k], cell, fitName)));
  const byKey = new Map(
    held.map((row) => [JSON.stringify(row.filter((_, k) => columns[k]?.role === 'key')), row] as const),
  );
  const unique = [...byKey.values()];
  const named = columns.findIndex(({ name }) => name === scope);
  return {
    rows: unique,
    scope: scope === 'EntityName' ? [fitName(entity)] : [...new Set(unique.map((row) => String(row[named])))],
  };
}

function heldCell(
  column: MetadataColumn | undefined,
  cell: MetadataCell,
  fitName: (name: string) => string,
): MetadataCell {
  if (typeof cell !== 'string') return cell;
  return column?.type === 'label' ? labelText(cell) : fitName(cell);
}

/** Labels are for reading: what cannot be stored is left out, and what is too long is cut, in the units of SQL Server everywhere. */
function labelText(label: string): string {
  const storable = storableText(label);
  if (storable.length <= LABEL_LENGTH) return storable;
  const beginning = storable.slice(0, LABEL_LENGTH);
  return beginning.isWellFormed() ? beginning : beginning.slice(0, -1);
}
