import { quoteName } from './names.ts';
import { int, type LoadColumn, type Parameters, type Session } from './session.ts';

/**
 * How lists of rows get to the server: few of them as parameters of the statement that reads them, many by a bulk load into a table
 * of the session. (Not as JSON: not every server that speaks T-SQL reads the texts in it alike.)
 */

/** A column of a staging table: its type there, and on its way. */
export interface StagedColumn {
  /** Without quotes, and with no bracket in it: the driver writes it between two. */
  readonly name: string;
  /** Without a length or scale that a value could lose something by. */
  readonly type: string;
  readonly load: Omit<LoadColumn, 'name'>;
}

/** Where a statement finds the rows. */
export interface Staged {
  /** Goes before the statements that read them, in the same batch. */
  readonly prelude: string;
  readonly table: string;
  /**
   * The same for a join with a large table. A number of rows that no plan knows when it is made passes for a small one: the large
   * table's key is probed then, and it is not read as a whole.
   */
  readonly few: string;
  /** `rows` among them: how many there are. */
  readonly parameters: Parameters;
}

export type StagedRows = readonly (readonly unknown[])[];

/** From so many cells on, loading them is as fast as having their parameters read, or faster. (The server's own limit is 2,100.) */
const CELLS_MAX = 128;

/** Makes the rows readable to the next statements of the session; those of the last time are gone. The first cell is never null. */
export async function stage(
  session: Session,
  name: string,
  columns: readonly StagedColumn[],
  rows: StagedRows,
): Promise<Staged> {
  const places = placesFor(rows.length);
  const { prelude, table, parameters } =
    places * columns.length <= CELLS_MAX
      ? stageParameters(name, columns, rows, places)
      : await stageLoaded(session, name, columns, rows);
  const few = `(SELECT TOP (SELECT @rows) * FROM ${table})`;
  return { prelude, table, few, parameters: { ...parameters, rows: int(rows.length) } };
}

type Place = Omit<Staged, 'few'>;

/** Lists are filled up to few lengths (1, 2, 4, 8 and so on), so that the server keeps few plans. */
function placesFor(rows: number): number {
  return 2 ** Math.ceil(Math.log2(Math.max(rows, 1)));
}

function stageParameters(name: string, columns: readonly StagedColumn[], rows: StagedRows, places: number): Place {
  const cells = Array.from({ length: places }, (_, n) =>
    columns.map(({ load }, k) => [`r${n}c${k}`, { type: load.type, value: rows[n]?.[k] ?? null }] as const),
  );
  const lists = cells.map((row) => `(${row.map(([parameter]) => `@${parameter}`).join(', ')})`);
  const names = columns.map((column) => quoteName(column.name)).join(', ');
  return {
    prelude: `DECLARE @${name} TABLE (${definitions(columns)});
INSERT INTO @${name} (${names}) SELECT ${names} FROM (VALUES ${lists.join(', ')}) v (${names})
WHERE ${quoteName(columns[0]?.name ?? '')} IS NOT NULL;
`,
    table: `@${name}`,
    parameters: Object.fromEntries(cells.flat()),
  };
}

async function stageLoaded(
  session: Session,
  name: string,
  columns: readonly StagedColumn[],
  rows: StagedRows,
): Promise<Place> {
  const table = `#freshet_${name}`;
  // The session's last one may stand, of another shape.
  await session.run(`DROP TABLE IF EXISTS ${table}; CREATE TABLE ${table} (${definitions(columns)})`);
  await session.load(
    table,
    columns.map((column) => ({ name: column.name, ...column.load })),
    rows,
  );
  return { prelude: '', table, parameters: {} };
}

function definitions(columns: readonly StagedColumn[]): string {
  return columns.map(({ name, type }) => `${quoteName(name)} ${type} NULL`).join(', ');
}
