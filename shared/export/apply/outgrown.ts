import type { FeedKey } from '../../control/model.ts';
import type { Cell, Column } from '../../dataverse/columns.ts';
import { exportColumns } from '../../dataverse/columns.ts';
import type { EntityMetadata } from '../../dataverse/metadata.ts';
import { isFreshetError } from '../../errors/error.ts';
import type { ApplyTurn } from './turn.ts';

/** Lengths grow in steps, so that a text that gets longer bit by bit alters its table now and then. */
const LENGTH_STEP_UNITS = 50;

type Row = readonly Cell[];

/**
 * The columns wide enough for these rows. A text may be longer than the definition says (the name of a lookup; an attribute
 * that was shortened): then its column is widened, where the original refused the record. The same list when nothing is
 * too long, or the destination does not let it be widened: then the record is refused.
 */
export async function columnsFor(
  turn: ApplyTurn,
  feed: FeedKey,
  shape: string,
  columns: readonly Column[],
  rows: readonly Row[],
): Promise<readonly Column[]> {
  const lengths = outgrown(columns, rows);
  if (lengths.size === 0) return columns;
  const wider = withLengths(await turn.ports.definitions.of(feed, shape), lengths);
  const names = { profileId: turn.profile.id, entity: feed.entity, columns: [...lengths.keys()].join() };
  try {
    if (await turn.destination.shape(wider, turn.positions.get(feed.entity)?.page ?? null)) {
      turn.ports.log.write('info', 'columns widened for longer values', names);
      await turn.ports.control.history.add(feed, changesOf(columns, lengths));
    }
  } catch (error) {
    if (!isFreshetError(error, 'DESTINATION_SCHEMA_CHANGED') && !isFreshetError(error, 'DESTINATION_FORBIDDEN'))
      throw error;
    turn.ports.log.write('warn', 'columns not widened for longer values', { ...names, reason: error.message });
    return columns;
  }
  const byName = new Map(exportColumns(wider).map((column) => [column.name, column]));
  return columns.map((column) => byName.get(column.name) ?? column);
}

/** The lengths (UTF-16 units) that texts of these rows need, by column, where they exceed it. */
export function outgrown(columns: readonly Column[], rows: readonly Row[]): Map<string, number> {
  const lengths = new Map<string, number>();
  columns.forEach(({ name, type, length, isEntityType }, k) => {
    if (type !== 'string' || length === undefined || isEntityType) return;
    const longest = rows.reduce((most, row) => Math.max(most, typeof row[k] === 'string' ? row[k].length : 0), 0);
    if (longest > length) lengths.set(name, Math.ceil(longest / LENGTH_STEP_UNITS) * LENGTH_STEP_UNITS);
  });
  return lengths;
}

function withLengths(entity: EntityMetadata, lengths: ReadonlyMap<string, number>): EntityMetadata {
  const attributes = entity.attributes.map((attribute) => {
    const maxLength = attribute.type === 'StringType' ? lengths.get(attribute.logicalName.toLowerCase()) : undefined;
    return maxLength === undefined ? attribute : { ...attribute, maxLength };
  });
  return { ...entity, attributes };
}

function changesOf(columns: readonly Column[], lengths: ReadonlyMap<string, number>) {
  return columns.flatMap(({ name, length }) => {
    const to = lengths.get(name);
    if (to === undefined) return [];
    return [{ kind: 'valueOutgrew', subject: name, from: `string(${length})`, to: `string(${to})` } as const];
  });
}
