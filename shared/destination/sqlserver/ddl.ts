import type { Column } from '../../dataverse/columns.ts';
import { quoteName } from '../../sql/sqlserver/names.ts';
import type { TypedColumn } from '../sql/alterations.ts';
import type { ObjectName, OwnObject } from '../sql/statements.ts';
import { keyName, OWN_COLUMNS, quoted, tableColumns } from './dialect.ts';

/** Statements that make and change tables and their types, and what types hold. Everything here is pure; each is a batch of its own. */

export function createSchema(schema: string): string {
  return `CREATE SCHEMA ${quoteName(schema)}`;
}

export function createEntityTable(table: ObjectName, columns: readonly Column[]): string {
  return createTable(table, [...OWN_COLUMNS, ...typedColumns(columns)].map(keyed(table)));
}

/** A statement that locks 5,000 rows of a table would be given the whole of it else, and report users wait for that. */
export function lockRowsAlone(table: ObjectName): string {
  return `ALTER TABLE ${quoted(table)} SET (LOCK_ESCALATION = DISABLE)`;
}

function keyed(table: ObjectName) {
  const key = `NOT NULL CONSTRAINT ${quoteName(keyName(table))} PRIMARY KEY CLUSTERED`;
  return (column: TypedColumn, k: number): string =>
    k === 0 ? `${quoteName(column.name)} ${column.type} ${key}` : definition(column);
}

export function createTable(table: ObjectName, definitions: readonly string[]): string {
  return `CREATE TABLE ${quoted(table)} (\n${lines(definitions)}\n)`;
}

/** Rows as they come from the organization: times of writing are the destination's own. */
export function createEntityType(type: ObjectName, columns: readonly Column[]): string {
  return createType(type, [KEY_OF_TYPE, ...typedColumns(columns).map(definition)]);
}

export function createEntityIdType(type: ObjectName): string {
  return createType(type, [KEY_OF_TYPE]);
}

export function createType(type: ObjectName, definitions: readonly string[]): string {
  return `CREATE TYPE ${quoted(type)} AS TABLE (\n${lines(definitions)}\n)`;
}

const KEY_OF_TYPE = `${quoteName('Id')} uniqueidentifier NOT NULL PRIMARY KEY CLUSTERED`;

export function addColumn(table: ObjectName, column: TypedColumn): string {
  return `ALTER TABLE ${quoted(table)} ADD ${definition(column)}`;
}

export function widenColumn(table: ObjectName, { name, type }: TypedColumn): string {
  return `ALTER TABLE ${quoted(table)} ALTER COLUMN ${quoteName(name)} ${type}`;
}

/** The procedure reads the old name as parts in quotes, and the new one as it is. */
export function renameColumn(table: ObjectName, from: string, to: string): string {
  return `EXEC sp_rename ${literal(`${quoted(table)}.${quoteName(from)}`)}, ${literal(to)}, 'COLUMN'`;
}

const KINDS = { table: 'TABLE', type: 'TYPE', procedure: 'PROCEDURE' } as const;

export function drop({ object, kind }: OwnObject): string {
  return `DROP ${KINDS[kind]} ${quoted(object)}`;
}

export function empty(table: ObjectName): string {
  return `DELETE FROM ${quoted(table)}`;
}

export function typedColumns(columns: readonly Column[]): TypedColumn[] {
  return tableColumns(columns).map(({ name, type }) => ({ name, type }));
}

function definition({ name, type }: TypedColumn): string {
  return `${quoteName(name)} ${type} NULL`;
}

function lines(definitions: readonly string[]): string {
  return definitions.map((line) => `  ${line}`).join(',\n');
}

/** A name as the argument of a system procedure, which takes no parameters of a statement that defines. */
function literal(text: string): string {
  return `N'${text.replaceAll("'", "''")}'`;
}

/** The type to change to, null when the standing one holds all values already. `held` is as `standingTable` writes types. */
export function widen(held: string, wanted: string): string | null | 'incompatible' {
  const from = readType(held);
  const to = readType(wanted);
  if (from.family !== to.family) return 'incompatible';
  if (from.family === 'decimal') {
    if (from.scale >= to.scale && from.size >= to.size) return null;
    return `decimal(${to.size}, ${Math.max(from.scale, to.scale)})`;
  }
  if (from.size < to.size) return wanted;
  // Text of one byte a character holds less than it is long.
  return from.narrow && !to.narrow ? `nvarchar(${Number.isFinite(from.size) ? from.size : 'max'})` : null;
}

interface ReadType {
  readonly family: string;
  /** Characters, bits or digits: the more, the wider. */
  readonly size: number;
  readonly scale: number;
  readonly narrow: boolean;
}

const WHOLE_BITS: Readonly<Record<string, number>> = { tinyint: 8, smallint: 16, int: 32, bigint: 64 };

function readType(type: string): ReadType {
  const [, base = type, size, scale] = /^([a-z0-9]+)(?:\((\d+|max)(?:, ?(\d+))?\))?$/.exec(type) ?? [];
  const given = size === 'max' ? Number.POSITIVE_INFINITY : Number(size ?? 0);
  const plain = { size: given, scale: Number(scale ?? 0), narrow: false };
  const bits = WHOLE_BITS[base];
  if (bits !== undefined) return { ...plain, family: 'whole', size: bits };
  switch (base) {
    case 'nvarchar':
      return { ...plain, family: 'text' };
    case 'varchar':
      return { ...plain, family: 'text', narrow: true };
    case 'decimal':
    case 'numeric':
      return { ...plain, family: 'decimal' };
    case 'datetime':
    case 'datetime2':
      return { ...plain, family: 'datetime', size: 0 };
    default:
      return { ...plain, family: base };
  }
}
