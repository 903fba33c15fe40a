import { createHash } from 'node:crypto';
import { type Column, exportColumns } from './columns.ts';
import type { EntityMetadata } from './metadata.ts';

/** Names a definition: two that differ in anything a destination shows (columns, lengths, options, labels, targets) differ here. */
export function shapeOf(entity: EntityMetadata): string {
  return createHash('sha256').update(JSON.stringify(entity)).digest('hex').slice(0, 32);
}

/**
 * True when rows that did not change hold something under `now` that they did not under `before`, or when changes were not
 * tracked, or are not from now on: only a full read brings it.
 */
export function needsFullRead(before: EntityMetadata, now: EntityMetadata): boolean {
  if (now.changeTracking !== before.changeTracking) return true;
  const known = new Map(exportColumns(before).map((column) => [column.name, column]));
  const anew = madeAnew(before, now);
  return exportColumns(now).some(
    (column) => anew.has(column.attribute) || valueChanged(known.get(column.name), column),
  );
}

/** Attributes that were deleted and made again under their names, perhaps with the same type: no row holds what it held. */
function madeAnew(before: EntityMetadata, now: EntityMetadata): ReadonlySet<string> {
  const ids = new Map(before.attributes.map(({ logicalName, metadataId }) => [logicalName, metadataId]));
  const anew = now.attributes.filter(
    ({ logicalName, metadataId }) => (ids.get(logicalName) ?? metadataId) !== metadataId,
  );
  return new Set(anew.map(({ logicalName }) => logicalName));
}

/** A new column, another type, or digits that were cut off before. */
function valueChanged(before: Column | undefined, now: Column): boolean {
  return before === undefined || before.type !== now.type || (now.scale ?? 0) > (before.scale ?? 0);
}

/** A page asks for at most so many cells, so that one page never fills the memory. */
const PAGE_MAX_CELLS = 200_000;
const PAGE_MIN_ROWS = 200;
/** Dataverse gives no more (reference: dataverse.md, section 2.1). */
const PAGE_MAX_ROWS = 5_000;

/** How many keys a page of a first cursor asks for. */
export const PAGE_KEYS = PAGE_MAX_ROWS;

/** How many rows a page of this entity asks for. */
export function pageRows(entity: EntityMetadata): number {
  const rows = Math.floor(PAGE_MAX_CELLS / exportColumns(entity).length);
  return Math.min(PAGE_MAX_ROWS, Math.max(PAGE_MIN_ROWS, rows));
}
