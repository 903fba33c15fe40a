import type { Column } from '../../dataverse/columns.ts';
import { quoteName } from '../../sql/postgres/names.ts';
import type { TypedColumn } from '../sql/alterations.ts';
import type { ObjectName, OwnObject } from '../sql/statements.ts';
import { columnType, keyName, OWN_COLUMNS, quoted, tableColumns } from './dialect.ts';

/** Statements that make and change tables, and what types hold. Everything here is pure. */

/** A little room on each page lets an update stay on it, and touch no index. */
const ENTITY_FILL_PERCENT = 90;

export function createSchema(schema: string): string {
  return `CREATE SCHEMA IF NOT EXISTS ${quoteName(schema)}`;
}

export function createEntityTable(table: ObjectName, columns: readonly Column[]): string {
  const key = ` NOT NULL CONSTRAINT ${quoteName(keyName(table))} PRIMARY KEY`;
  const definitions = [...OWN_COLUMNS, ...typedColumns(columns)].map(
    ({ name, type }, k) => `${quoteName(name)} ${type}${k === 0 ? key : ''}`,
  );
  return `CREATE TABLE ${quoted(table)} (${definitions.join(', ')}) WITH (fillfactor = ${ENTITY_FILL_PERCENT})`;
}

export function addColumn(table: ObjectName, { name, type }: TypedColumn): string {
  return `ALTER TABLE ${quoted(table)} ADD COLUMN ${quoteName(name)} ${type}`;
}

export function widenColumn(table: ObjectName, { name, type }: TypedColumn): string {
  return `ALTER TABLE ${quoted(table)} ALTER COLUMN ${quoteName(name)} TYPE ${type}`;
}

export function renameColumn(table: ObjectName, from: string, to: string): string {
  return `ALTER TABLE ${quoted(table)} RENAME COLUMN ${quoteName(from)} TO ${quoteName(to)}`;
}

export function drop({ object }: OwnObject): string {
  return `DROP TABLE ${quoted(object)}`;
}

export function empty(table: ObjectName): string {
  return `DELETE FROM ${quoted(table)}`;
}

export function typedColumns(columns: readonly Column[]): TypedColumn[] {
  return tableColumns(columns).map(({ name, column }) => ({ name, type: columnType(column) }));
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
