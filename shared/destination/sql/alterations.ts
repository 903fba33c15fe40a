import type { Column } from '../../dataverse/columns.ts';
import { FreshetError } from '../../errors/error.ts';
import type { ObjectName } from './statements.ts';

/** The plan that makes a standing table fit. Everything here is pure. */

/** A table as it stands. */
export interface StandingTable {
  /** Anything else of that name (a view, say) cannot be written to as a table. */
  readonly isTable: boolean;
  /** Types as the database writes them, by column name in lower case. */
  readonly columns: ReadonlyMap<string, string>;
  /** A unique index on the id alone. */
  readonly hasKey: boolean;
}

export interface TypedColumn {
  readonly name: string;
  readonly type: string;
}

/** How a dialect spells types, and the statements that change a table. */
export interface Ddl {
  /** The columns of an entity table that are Freshet's own; the first is the id. */
  readonly ownColumns: readonly TypedColumn[];
  /** The columns of attributes, but for those named as one of Freshet's own. */
  typedColumns(columns: readonly Column[]): TypedColumn[];
  /** The type to change to, null when the standing one holds all values already. */
  widen(held: string, wanted: string): string | null | 'incompatible';
  fitName(name: string): string;
  addColumn(table: ObjectName, column: TypedColumn): string;
  widenColumn(table: ObjectName, column: TypedColumn): string;
  renameColumn(table: ObjectName, from: string, to: string): string;
}

/** One change of a table. */
export interface Alteration {
  readonly statement: string;
  /** The column that gets wider: rows can be written without it, too, but for values that are too long. */
  readonly widens: string | null;
}

/**
 * One statement per column to add or widen; nothing is dropped or narrowed. A column of a type that no widening mends is
 * set aside under another name, with its values, and its place taken by a new one: an attribute was made anew with another
 * type. DESTINATION_SCHEMA_CHANGED names what is wrong with the table itself.
 */
export function alterationsOf(
  ddl: Ddl,
  table: ObjectName,
  standing: StandingTable,
  columns: readonly Column[],
): Alteration[] {
  const misfit = misfitOf(ddl, table, standing, ddl.ownColumns);
  if (misfit !== null) throw new FreshetError('DESTINATION_SCHEMA_CHANGED', { text: misfit });
  return [...ddl.ownColumns, ...ddl.typedColumns(columns)].flatMap((column) =>
    alterColumn(ddl, table, standing, column),
  );
}

/** What keeps a standing table from being taken for the entity's as it is, columns to add or widen aside; null: nothing. */
export function misfitOf(
  ddl: Ddl,
  table: ObjectName,
  standing: StandingTable,
  columns: readonly TypedColumn[],
): string | null {
  if (!standing.isTable) return `${table.name} is no table`;
  if (!standing.hasKey) return `table ${table.name} has no unique key on column ${ddl.ownColumns[0]?.name}`;
  const held = ({ name, type }: TypedColumn) => standing.columns.get(name.toLowerCase()) ?? type;
  const foreign = columns.find((column) => ddl.widen(held(column), column.type) === 'incompatible');
  return foreign
    ? `column ${foreign.name} of table ${table.name} is ${held(foreign)} and has to be ${foreign.type}`
    : null;
}

function alterColumn(ddl: Ddl, table: ObjectName, { columns }: StandingTable, column: TypedColumn): Alteration[] {
  const { name, type } = column;
  const add = { statement: ddl.addColumn(table, column), widens: null };
  const held = columns.get(name.toLowerCase());
  if (held === undefined) return [add];
  const change = ddl.widen(held, type);
  if (change === null) return [];
  if (change !== 'incompatible') return [{ statement: ddl.widenColumn(table, { name, type: change }), widens: name }];
  return [{ statement: ddl.renameColumn(table, name, asideName(ddl, columns, name)), widens: null }, add];
}

/** `<name>_was`, `<name>_was2` and so on: the first that is free. */
function asideName(ddl: Ddl, columns: ReadonlyMap<string, string>, name: string): string {
  for (let number = 1; ; number++) {
    const aside = ddl.fitName(`${name}_was${number === 1 ? '' : number}`);
    if (!columns.has(aside.toLowerCase())) return aside;
  }
}
