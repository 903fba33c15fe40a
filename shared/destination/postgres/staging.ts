import type { Cell, Column } from '../../dataverse/columns.ts';
import type { Session } from '../../sql/postgres/session.ts';
import { dateText } from '../cells.ts';
import { BARE_TYPES, type TableColumn, tableColumns, timestampText } from './dialect.ts';

/**
 * How rows get to the server: few of them as arrays, one per column, in the statement itself; many by COPY into a table
 * of this transaction. Either way a statement reads them from `source`, where cell k of a row is the column `c<k>`.
 */

/** Below so many rows arrays are as fast as COPY or faster: measured with `npm run bench -- crossing`. */
export const STAGED_FROM_ROWS = 800;

/** Cells of a row, and how each is written. */
interface CellTexts {
  readonly cells: readonly number[];
  readonly texts: readonly CellText[];
}

/** What a list of columns means for statements; made once per list. The cells are the id and those that have a column. */
export interface RowShape extends CellTexts {
  readonly columns: readonly Column[];
  readonly table: readonly TableColumn[];
  /** The id, then a cell for each column of the table. */
  readonly direct: CellTexts;
}

/** Where a statement finds the rows, and the stamp they get. */
export interface RowSource {
  /** Goes before the statement's other common table expressions; empty or ending in a comma. */
  readonly prelude: string;
  readonly from: string;
  /** An expression: one stamp for all, or the row's own. */
  readonly stamp: string;
  /** The statement's parameters. */
  readonly values: readonly unknown[];
}

type Rows = readonly (readonly Cell[])[];
type CellText = (cell: Cell | undefined) => string | null;

const shapes = new WeakMap<readonly Column[], RowShape>();

export function rowShape(columns: readonly Column[]): RowShape {
  const known = shapes.get(columns);
  if (known) return known;
  const table = tableColumns(columns);
  const textsOf = (cells: readonly number[]) => ({ cells, texts: cells.map((cell) => cellText(columns[cell])) });
  const wanted = [0, ...table.map(({ cell }) => cell)];
  const shape = { columns, table, ...textsOf([...new Set(wanted)]), direct: textsOf(wanted) };
  shapes.set(columns, shape);
  return shape;
}

/** Makes the rows readable to the next statements of the transaction. `onStaged`: many were handed over. */
export async function stage(
  session: Session,
  shape: RowShape,
  rows: Rows,
  stamp: number | readonly number[],
  onStaged?: () => void,
): Promise<RowSource> {
  if (rows.length < STAGED_FROM_ROWS || typeof stamp !== 'number') return arraySource(shape, rows, stamp);
  return copySource(session, shape, rows, stamp, onStaged);
}

/** `stamp`: ms since 1970 UTC, one for all rows or one per row. */
export function arraySource(shape: RowShape, rows: Rows, stamp: number | readonly number[]): RowSource {
  const own = typeof stamp !== 'number';
  const names = shape.cells.map((cell) => `c${cell}`);
  const arrays = shape.cells.map((_, k) => `$${k + 2}::${bareType(shape, k)}[]`);
  if (own) {
    names.push('stamp');
    arrays.push('$1::timestamp[]');
  }
  return {
    prelude: `incoming (${names.join(', ')}) AS MATERIALIZED (SELECT * FROM unnest(${arrays.join(', ')})), `,
    from: 'incoming',
    stamp: own ? 's.stamp' : ONE_STAMP,
    values: [
      own ? stamp.map(timestampText) : timestampText(stamp),
      ...shape.cells.map((cell, k) => rows.map((row) => shape.texts[k]?.(row[cell]))),
    ],
  };
}

/** `stamp`: ms since 1970 UTC. */
export async function copySource(
  session: Session,
  shape: RowShape,
  rows: Rows,
  stamp: number,
  onStaged?: () => void,
): Promise<RowSource> {
  await createStaging(session, shape);
  await session.copy('COPY pg_temp.freshet_staging FROM STDIN', handOver(copyText(shape, rows), onStaged));
  return { prelude: '', from: 'pg_temp.freshet_staging', stamp: ONE_STAMP, values: [timestampText(stamp)] };
}

/** Forgets rows that were staged before in the same transaction. */
export async function unstage(session: Session): Promise<void> {
  await session.query('DROP TABLE IF EXISTS pg_temp.freshet_staging');
}

const ONE_STAMP = '$1::timestamp';

async function createStaging(session: Session, shape: RowShape): Promise<void> {
  const columns = shape.cells.map((cell, k) => `c${cell} ${bareType(shape, k)}`);
  await session.query(`CREATE TEMPORARY TABLE freshet_staging (${columns.join(', ')}) ON COMMIT DROP`);
}

function bareType(shape: RowShape, k: number): string {
  const column = shape.columns[shape.cells[k] ?? 0];
  return BARE_TYPES[column?.type ?? 'uuid'];
}

export function* handOver(chunks: Iterable<string>, onEnd?: () => void): Generator<string> {
  yield* chunks;
  onEnd?.();
}

/** Large enough that a chunk costs no more than its bytes, small enough that the server works while the next is made. */
const CHUNK_CHARACTERS = 64 * 1024;

/** Rows in the text format of COPY: cells apart by tabs, rows by newlines, `\N` for no value. `afterId`: the same for all. */
export function* copyText({ cells, texts }: CellTexts, rows: Rows, afterId = ''): Generator<string> {
  let chunk = '';
  for (const row of rows) {
    for (let k = 0; k < cells.length; k++) {
      const text = texts[k]?.(row[cells[k] ?? 0]) ?? null;
      if (k > 0) chunk += k === 1 ? `${afterId}\t` : '\t';
      chunk += text === null ? '\\N' : escapeCopy(text);
    }
    chunk += '\n';
    if (chunk.length >= CHUNK_CHARACTERS) {
      yield chunk;
      chunk = '';
    }
  }
  if (chunk !== '') yield chunk;
}

const SPECIAL = /[\\\t\n\r]/;
const ESCAPES: Readonly<Record<string, string>> = { '\\': '\\\\', '\t': '\\t', '\n': '\\n', '\r': '\\r' };

function escapeCopy(text: string): string {
  return SPECIAL.test(text) ? text.replace(/[\\\t\n\r]/g, (character) => ESCAPES[character] ?? character) : text;
}

/** The text of a cell as the server's input function of its type reads it. */
function cellText(column: Column | undefined): CellText {
  if (column?.type === 'datetime')
    return (cell) => (cell === null || cell === undefined ? null : dateText(String(cell)));
  return (cell) => (cell === null || cell === undefined ? null : typeof cell === 'string' ? cell : String(cell));
}
