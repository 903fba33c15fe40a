import { type Cell, type Column, exportColumns } from '../../dataverse/columns.ts';
import { derivedAttributes } from '../../dataverse/derived.ts';
import type { EntityMetadata } from '../../dataverse/metadata.ts';
import { heldValue } from '../../destination/cells.ts';
import type { HeldRow } from '../../destination/model.ts';
import type { Destination } from '../../destination/port.ts';
import { FreshetError } from '../../errors/error.ts';

/** How rows of an entity are made comparable: every value as the destination's column holds it. */
export interface RowForm {
  readonly entity: EntityMetadata;
  /** The columns compared, each as wide as the destination has it. */
  readonly columns: readonly Column[];
}

/** A row as one text, and the values in it. */
export interface ComparableRow {
  readonly id: string;
  readonly cells: readonly Cell[];
  readonly text: string;
}

/**
 * Without what changes without a new version of its row: no change brings it, so it may be old by right.
 * DESTINATION_SCHEMA_CHANGED when a column or the table is gone.
 */
export async function rowForm(destination: Destination, entity: EntityMetadata): Promise<RowForm> {
  const derived = new Set(derivedAttributes(entity).map(({ logicalName }) => logicalName));
  const wanted = exportColumns(entity).filter(({ attribute, name }) => !derived.has(attribute) && !OWN.has(name));
  const columns = await destination.heldColumns(entity.logicalName, wanted);
  const held = new Set(columns.map(({ name }) => name));
  const gone = wanted.filter(({ name }) => !held.has(name)).map(({ name }) => name);
  if (gone.length > 0) {
    const text = columns.length === 0 ? `the table of ${entity.logicalName}` : `column ${gone.join(', ')}`;
    throw new FreshetError('DESTINATION_SCHEMA_CHANGED', { text: `${text} is gone` });
  }
  return { entity, columns };
}

/** Freshet's own columns, which take the place of attributes of the same name. */
const OWN: ReadonlySet<string> = new Set(['id', 'sinkcreatedon', 'sinkmodifiedon']);

/** The organization's rows; `names` are those of their cells. What no column can hold is like nothing that it holds. */
export function sourceRows(
  form: RowForm,
  destination: Destination,
  names: readonly string[],
  rows: readonly (readonly Cell[])[],
): ComparableRow[] {
  const places = form.columns.map(({ name }) => names.indexOf(name));
  const asked = { columns: form.columns };
  return rows.map((row) => {
    const cells = places.map((place) => row[place] ?? null);
    const id = String(row[0]).toLowerCase();
    if (destination.refusal(asked, [id, ...cells.slice(1)]) !== null) return { id, cells, text: REFUSED };
    return comparable(
      id,
      form.columns.map((column, k) => heldValue(column, cells[k] ?? null)),
    );
  });
}

const REFUSED = 'refused';

export function heldRow({ id, cells }: HeldRow): ComparableRow {
  return comparable(id, cells);
}

function comparable(id: string, cells: readonly Cell[]): ComparableRow {
  return { id, cells, text: JSON.stringify(cells) };
}

/** Names of the columns in which two rows differ. */
export function differingColumns({ columns }: RowForm, a: ComparableRow, b: ComparableRow): string[] {
  return columns.flatMap(({ name }, k) => (a.cells[k] === b.cells[k] ? [] : [name]));
}

/** Both say the same version: nothing that is still to come can make them alike. */
export function sameVersion({ columns }: RowForm, a: ComparableRow, b: ComparableRow): boolean {
  const place = columns.findIndex(({ name }) => name === 'versionnumber');
  const version = a.cells[place] ?? null;
  return version !== null && version === b.cells[place];
}
