import type { Cell, Column } from '../../dataverse/columns.ts';
import { quoteName } from '../../sql/sqlserver/names.ts';
import { int, type Parameters, type Session, text } from '../../sql/sqlserver/session.ts';
import type { HeldRow, RowChoice } from '../model.ts';
import type { StandingTable } from '../sql/alterations.ts';
import type { ObjectName } from '../sql/statements.ts';
import { ID, quoted, tableColumns } from './dialect.ts';
import { stageIds } from './lists.ts';

/** An entity's table as it stands, read in the form in which values are compared. */

export function columnsAsHeld(columns: readonly Column[], standing: StandingTable): Column[] {
  return tableColumns(columns).flatMap(({ name, column }) => {
    const type = standing.columns.get(name.toLowerCase());
    return type === undefined ? [] : [asHeld(column, type)];
  });
}

/** `type`: as `standingTable` writes it, `decimal(38, 2)`. */
function asHeld(column: Column, type: string): Column {
  const [base = '', size = '', scale] = type.split(/[(,)] ?/);
  switch (column.type) {
    case 'int':
      return base === 'bigint' ? { ...column, type: 'bigint' } : column;
    case 'decimal':
      return scale !== undefined && scale !== '' ? { ...column, scale: Number(scale) } : column;
    case 'datetime':
      return { ...column, coarse: true };
    case 'string':
    case 'text': {
      const { length: _, ...rest } = column;
      return size === 'max' || size === ''
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
  const held = tableColumns(columns).map(({ name, column }) => ({ column, place: columns.indexOf(column), name }));
  const values = held.map(({ column, place, name }) => `${expression(`t.${quoteName(name)}`, column)} AS c${place}`);
  const { prelude, top, condition, parameters } = await choice(session, which);
  const rows = await session.query<Record<string, unknown>>(
    `${prelude}SELECT ${top}${[`${KEY} AS id`, ...values].join(', ')} FROM ${quoted(table)} t ${condition}`,
    parameters,
  );
  return rows.map((row) => ({
    id: String(row.id).toLowerCase(),
    cells: columns.map((column, place) => heldCell(column, row[`c${place}`] ?? null)),
  }));
}

const KEY = `t.${quoteName(ID)}`;

interface Choice {
  readonly prelude: string;
  readonly top: string;
  readonly condition: string;
  readonly parameters: Parameters;
}

async function choice(session: Session, which: RowChoice): Promise<Choice> {
  if ('ids' in which) {
    const { prelude, few, parameters } = await stageIds(session, which.ids);
    return { prelude, top: '', condition: `INNER JOIN ${few} i ON i.id = ${KEY}`, parameters };
  }
  const { after, limit } = which;
  const from = after === null ? '' : `WHERE ${KEY} > CAST(@after AS uniqueidentifier) `;
  return {
    prelude: '',
    top: 'TOP (@limit) ',
    condition: `${from}ORDER BY ${KEY}`,
    parameters: { limit: int(limit), ...(after === null ? {} : { after: text(after) }) },
  };
}

/** The driver would make a floating-point number of a decimal. */
function expression(name: string, { type, scale = 0 }: Column): string {
  return type === 'decimal' ? `CAST(CAST(${name} AS decimal(38, ${scale})) AS varchar(60))` : name;
}

/** In the form of `heldValue`. */
function heldCell({ type }: Column, value: unknown): Cell {
  if (value === null) return null;
  if (value instanceof Date) return value.toISOString();
  if (type === 'uuid') return String(value).toLowerCase();
  return type === 'bigint' ? String(value) : (value as Cell);
}
