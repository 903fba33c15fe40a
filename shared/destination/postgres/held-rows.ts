import type { Cell, Column } from '../../dataverse/columns.ts';
import { quoteName } from '../../sql/postgres/names.ts';
import type { Session } from '../../sql/postgres/session.ts';
import { isUuid } from '../cells.ts';
import type { HeldRow, RowChoice } from '../model.ts';
import type { StandingTable } from '../sql/alterations.ts';
import type { ObjectName } from '../sql/statements.ts';
import { ID, quoted, tableColumns } from './dialect.ts';

/** An entity's table as it stands, read in the form in which values are compared. */

export function columnsAsHeld(columns: readonly Column[], standing: StandingTable): Column[] {
  return tableColumns(columns).flatMap(({ name, column }) => {
    const type = standing.columns.get(name);
    return type === undefined ? [] : [asHeld(column, type)];
  });
}

/** `type`: as PostgreSQL writes it, `numeric(38,2)`. A number without a scale of its own is compared with its attribute's. */
function asHeld(column: Column, type: string): Column {
  const [base = '', size, scale] = type.split(/[(,)]/);
  switch (column.type) {
    case 'int':
      return base === 'bigint' ? { ...column, type: 'bigint' } : column;
    case 'decimal':
      return base === 'numeric' && scale !== undefined && scale !== '' ? { ...column, scale: Number(scale) } : column;
    case 'string':
    case 'text': {
      const { length: _, ...rest } = column;
      return base === 'text' || size === undefined
        ? { ...rest, type: 'text' }
        : { ...rest, type: 'string', length: Number(size) };
    }
    default:
      return column;
  }
}

/** Reads by the key alone. */
export async function readHeldRows(
  session: Session,
  table: ObjectName,
  columns: readonly Column[],
  which: RowChoice,
): Promise<HeldRow[]> {
  const values = tableColumns(columns).map(
    ({ name, column }) => `${expression(name, column)} AS c${columns.indexOf(column)}`,
  );
  const select = `SELECT ${[`${ID}::text AS id`, ...values].join(', ')} FROM ${quoted(table)}`;
  const { condition, values: parameters } = choice(which);
  const rows = await session.query<Record<string, Cell>>(`${select} ${condition}`, parameters);
  return rows.map((row) => ({ id: String(row.id), cells: columns.map((_, k) => row[`c${k}`] ?? null) }));
}

function choice(which: RowChoice): { readonly condition: string; readonly values: readonly unknown[] } {
  if ('ids' in which) return { condition: `WHERE ${ID} = ANY ($1::uuid[])`, values: [which.ids.filter(isUuid)] };
  const { after, limit } = which;
  return after === null
    ? { condition: `ORDER BY ${ID} LIMIT $1`, values: [limit] }
    : { condition: `WHERE ${ID} > $2::uuid ORDER BY ${ID} LIMIT $1`, values: [limit, after] };
}

/** In the form of `heldValue`. */
function expression(name: string, { type, scale = 0 }: Column): string {
  const column = quoteName(name);
  switch (type) {
    case 'int':
    case 'bit':
      return column;
    case 'decimal':
      return `round(${column}, ${scale})::text`;
    case 'datetime':
      return `to_char(${column}, 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')`;
    default:
      return `${column}::text`;
  }
}
