import { TYPES } from 'tedious';
import type { Cell, Column } from '../../dataverse/columns.ts';
import type { Session } from '../../sql/sqlserver/session.ts';
import { type Staged, type StagedColumn, stage } from '../../sql/sqlserver/staging.ts';
import { coarseDate, heldValue } from '../cells.ts';
import { type TableColumn, tableColumns } from './dialect.ts';

/**
 * Rows on their way to the server: a statement finds them in a table where cell k is the column `c<k>`.
 */

/** What a list of columns means for statements; made once per list. */
export interface RowShape {
  readonly table: readonly TableColumn[];
  /** The id, then the cells that have a column. */
  readonly cells: readonly StagedCell[];
}

export interface StagedCell extends Omit<StagedColumn, 'name'> {
  readonly cell: number;
  /** What the driver is given. */
  readonly value: (cell: Cell) => unknown;
}

type Rows = readonly (readonly Cell[])[];

const shapes = new WeakMap<readonly Column[], RowShape>();

export function rowShape(columns: readonly Column[]): RowShape {
  const known = shapes.get(columns);
  if (known) return known;
  const table = tableColumns(columns);
  const cells = [...new Set([0, ...table.map(({ cell }) => cell)])].map((cell) => stagedCell(columns[cell], cell));
  const shape = { table, cells };
  shapes.set(columns, shape);
  return shape;
}

/** A decimal travels as text: the driver would make a floating-point number of it. */
const DECIMAL_UNITS = 60;

function stagedCell(column: Column | undefined, cell: number): StagedCell {
  switch (column?.type) {
    case 'int':
      return { cell, type: 'int', load: { type: TYPES.Int }, value: Number };
    case 'bigint':
      return { cell, type: 'bigint', load: { type: TYPES.BigInt }, value: String };
    case 'bit':
      return { cell, type: 'bit', load: { type: TYPES.Bit }, value: Boolean };
    case 'decimal': {
      const load = { type: TYPES.VarChar, length: DECIMAL_UNITS };
      return { cell, type: `varchar(${DECIMAL_UNITS})`, load, value: (value) => decimalText(column, value) };
    }
    case 'datetime': {
      const coarse = { ...column, coarse: true } as const;
      const value = (moment: Cell) => new Date(String(heldValue(coarse, moment)));
      return { cell, type: 'datetime', load: { type: TYPES.DateTime }, value };
    }
    case 'string':
    case 'text': {
      const { length = Number.POSITIVE_INFINITY } = column;
      const type = Number.isFinite(length) ? `nvarchar(${length})` : 'nvarchar(max)';
      return { cell, type, load: { type: TYPES.NVarChar, length }, value: String };
    }
    default:
      return { cell, type: 'uniqueidentifier', load: { type: TYPES.UniqueIdentifier }, value: (id) => id };
  }
}

const PLAIN_DECIMAL = /^-?\d+(?:\.(\d+))?$/;

/** In a form that the server reads, with no more digits than the column has. */
function decimalText(column: Column, cell: Cell): string {
  const text = String(cell);
  const [plain, fraction = ''] = PLAIN_DECIMAL.exec(text) ?? [];
  return plain !== undefined && fraction.length <= (column.scale ?? 0) ? text : String(heldValue(column, cell));
}

/** A row's cells, and its stamp if rows have their own (ms since 1970 UTC). */
export function stageRows(
  session: Session,
  { cells }: RowShape,
  rows: Rows,
  stamps: readonly number[] | null,
): Promise<Staged> {
  const own = stamps ? [{ name: 'stamp', type: 'datetime', load: { type: TYPES.DateTime } }] : [];
  const columns = [...cells.map(({ cell, ...column }) => ({ ...column, name: `c${cell}` })), ...own];
  const staged = rows.map((row, n) => {
    const values = cells.map(({ cell, value }) => (isEmpty(row[cell]) ? null : value(row[cell])));
    if (stamps) values.push(stampOf(stamps[n] ?? 0));
    return values;
  });
  return stage(session, 'staging', columns, staged);
}

function isEmpty(cell: Cell | undefined): cell is null | undefined {
  return cell === null || cell === undefined;
}

/** Milliseconds since 1970 UTC as a `datetime` holds them. */
export function stampOf(ms: number): Date {
  return new Date(coarseDate(new Date(ms).toISOString()));
}
