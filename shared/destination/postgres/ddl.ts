import type { Column } from '../../dataverse/columns.ts';
import { FreshetError } from '../../errors/error.ts';
import { fitName, quoteName } from '../../sql/postgres/names.ts';
import {
  columnType,
  ID,
  keyName,
  quoted,
  SINK_CREATED_ON,
  SINK_MODIFIED_ON,
  type TableName,
  tableColumns,
} from './dialect.ts';
import type { StandingTable } from './introspect.ts';

/** Statements that make tables, and the plan that makes a standing table fit. Everything here is pure. */

/** A little room on each page lets an update stay on it, and touch no index. */
const ENTITY_FILL_PERCENT = 90;

export function createSchema(schema: string): string {
  return `CREATE SCHEMA IF NOT EXISTS ${quoteName(schema)}`;
}

export function createEntityTable(table: TableName, columns: readonly Column[]): string {
  const definitions = [
    `${quoteName(ID)} uuid NOT NULL CONSTRAINT ${quoteName(keyName(table))} PRIMARY KEY`,
    `${quoteName(SINK_CREATED_ON)} timestamp(3)`,
    `${quoteName(SINK_MODIFIED_ON)} timestamp(3)`,
    ...tableColumns(columns).map(({ name, column }) => `${quoteName(name)} ${columnType(column)}`),
  ];
  return `CREATE TABLE ${quoted(table)} (${definitions.join(', ')}) WITH (fillfactor = ${ENTITY_FILL_PERCENT})`;
}

/** One change of a table. `widens`: rows can be written without it, too, but for values that are too long. */
export interface Alteration {
  readonly statement: string;
  readonly widens: boolean;
}

/**
 * One ALTER TABLE per column to add or widen; nothing is dropped or narrowed. A column of a type that no widening mends is
 * set aside under another name, with its values, and its place taken by a new one: an attribute was made anew with another
 * type. DESTINATION_SCHEMA_CHANGED names what is wrong with the table itself.
 */
export function alterEntityTable(table: TableName, standing: StandingTable, columns: readonly Column[]): Alteration[] {
  const misfit = misfitOf(table, standing, OWN_COLUMNS);
  if (misfit !== null) throw new FreshetError('DESTINATION_SCHEMA_CHANGED', { text: misfit });
  return [...OWN_COLUMNS, ...typedColumns(columns)].flatMap(({ name, type }) =>
    alterColumn(table, standing, name, type),
  );
}

/** What keeps a standing table from being taken for the entity's as it is, columns to add or widen aside; null: nothing. */
export function misfitOf(table: TableName, standing: StandingTable, columns: readonly TypedColumn[]): string | null {
  if (!standing.isTable) return `${table.name} is no table`;
  if (!standing.hasKey) return `table ${table.name} has no unique key on column ${ID}`;
  const held = ({ name, type }: TypedColumn) => standing.columns.get(name) ?? type;
  const foreign = columns.find((column) => widen(held(column), column.type) === 'incompatible');
  return foreign
    ? `column ${foreign.name} of table ${table.name} is ${held(foreign)} and has to be ${foreign.type}`
    : null;
}

interface TypedColumn {
  readonly name: string;
  readonly type: string;
}

const OWN_COLUMNS: readonly TypedColumn[] = [
  { name: ID, type: 'uuid' },
  { name: SINK_CREATED_ON, type: 'timestamp(3)' },
  { name: SINK_MODIFIED_ON, type: 'timestamp(3)' },
];

export function typedColumns(columns: readonly Column[]): TypedColumn[] {
  return tableColumns(columns).map(({ name, column }) => ({ name, type: columnType(column) }));
}

function alterColumn(table: TableName, { columns }: StandingTable, name: string, type: string): Alteration[] {
  const alter = (what: string, widens = false) => ({ statement: `ALTER TABLE ${quoted(table)} ${what}`, widens });
  const add = alter(`ADD COLUMN ${quoteName(name)} ${type}`);
  const held = columns.get(name);
  if (held === undefined) return [add];
  const change = widen(held, type);
  if (change === null) return [];
  if (change !== 'incompatible') return [alter(`ALTER COLUMN ${quoteName(name)} TYPE ${change}`, true)];
  return [alter(`RENAME COLUMN ${quoteName(name)} TO ${quoteName(asideName(columns, name))}`), add];
}

/** `<name>_was`, `<name>_was2` and so on: the first that is free. */
function asideName(columns: ReadonlyMap<string, string>, name: string): string {
  for (let number = 1; ; number++) {
    const aside = fitName(`${name}_was${number === 1 ? '' : number}`);
    if (!columns.has(aside)) return aside;
  }
}

/** The type to change to, null when the standing one holds all values already. `held` is as PostgreSQL writes types. */
export function widen(held: string, wanted: string): string | null | 'incompatible' {
  const from = readType(held);
  const to = readType(wanted);
  if (from.family !== to.family) return 'incompatible';
  if (from.family !== 'numeric') return from.size < to.size ? wanted : null;
  if (from.scale >= to.scale && from.size >= to.size) return null;
  return `numeric(${to.size},${Math.max(from.scale, to.scale)})`;
}

interface ReadType {
  readonly family: string;
  /** Characters, bits, digits or digits of a second: the more, the wider. */
  readonly size: number;
  readonly scale: number;
}

const TIMESTAMP_DIGITS = 6;

function readType(type: string): ReadType {
  const [, base = type, size, scale] = /^([a-z ]+?)(?:\((\d+)(?:,(\d+))?\))?(?: without time zone)?$/.exec(type) ?? [];
  const given = size === undefined ? null : Number(size);
  switch (base) {
    case 'text':
    case 'varchar':
    case 'character varying':
      return { family: 'text', size: given ?? Number.POSITIVE_INFINITY, scale: 0 };
    case 'integer':
      return { family: 'whole', size: 32, scale: 0 };
    case 'bigint':
      return { family: 'whole', size: 64, scale: 0 };
    case 'timestamp':
      return { family: 'timestamp', size: given ?? TIMESTAMP_DIGITS, scale: 0 };
    case 'numeric':
      return given === null
        ? { family: 'numeric', size: Number.POSITIVE_INFINITY, scale: Number.POSITIVE_INFINITY }
        : { family: 'numeric', size: given, scale: Number(scale ?? 0) };
    default:
      return { family: base, size: 0, scale: 0 };
  }
}
