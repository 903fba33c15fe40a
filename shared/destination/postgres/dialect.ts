import type { Column } from '../../dataverse/columns.ts';
import { fitName, quoteTable } from '../../sql/postgres/names.ts';
import type { DialectRange } from '../cells.ts';
import { METADATA_TABLES, type MetadataTable } from '../metadata-tables.ts';
import type { DestinationAddress } from '../model.ts';

/** PostgreSQL's side of names and types (reference: destination-database.md, section 9). */

/** Its `timestamp` begins earlier, but ISO text has no year before this one. */
export const RANGE: DialectRange = { firstYear: 1 };

export interface TableName {
  readonly schema: string;
  readonly name: string;
}

/** The names of all tables of one profile, lower case so that they are reachable unquoted. */
export interface TableNames {
  readonly schema: string;
  entity(logicalName: string): TableName;
  readonly position: TableName;
  readonly retry: TableName;
  readonly deleteLog: TableName;
  readonly metadata: Readonly<Record<MetadataTable, TableName>>;
}

export function tableNames(address: DestinationAddress): TableNames {
  const schema = fitName(address.schema.toLowerCase());
  const table = (name: string): TableName => ({
    schema,
    name: fitName((address.prefix === '' ? name : `${address.prefix}_${name}`).toLowerCase()),
  });
  return {
    schema,
    entity: table,
    position: table('freshetposition'),
    retry: table('freshetretry'),
    deleteLog: table('deletelog'),
    metadata: Object.fromEntries(METADATA_TABLES.map((kind) => [kind, table(kind)])) as TableNames['metadata'],
  };
}

/** The original's name for a primary key; `classify` knows our keys by its beginning. */
export function keyName(table: TableName): string {
  return fitName(`EPK[${table.schema}].[${table.name}]`);
}

export function indexName(table: TableName, what: string): string {
  return fitName(`${table.name}_${what}`);
}

/** The columns of an entity table that are Freshet's own; an attribute of such a name has no column. */
export const ID = 'id';
export const SINK_CREATED_ON = 'sinkcreatedon';
export const SINK_MODIFIED_ON = 'sinkmodifiedon';
const OWN_COLUMNS: ReadonlySet<string> = new Set([ID, SINK_CREATED_ON, SINK_MODIFIED_ON]);

/** A column of an entity table, and which cell of a row it holds. */
export interface TableColumn {
  readonly name: string;
  readonly column: Column;
  readonly cell: number;
}

export function tableColumns(columns: readonly Column[]): TableColumn[] {
  return columns
    .map((column, cell) => ({ name: fitName(column.name.toLowerCase()), column, cell }))
    .filter(({ name }) => !OWN_COLUMNS.has(name));
}

/** The type of a column in an entity table. */
export function columnType({ type, length, scale }: Column): string {
  if (type === 'string') return length === undefined ? 'text' : `varchar(${length})`;
  if (type === 'decimal') return `numeric(38,${scale ?? 0})`;
  if (type === 'datetime') return 'timestamp(3)';
  return BARE_TYPES[type];
}

/**
 * The type of a value on its way into the table. Without length, scale or precision: a cast to `varchar(5)` cuts text off
 * without an error, while the assignment to such a column refuses it.
 */
export const BARE_TYPES: Readonly<Record<Column['type'], string>> = {
  uuid: 'uuid',
  int: 'integer',
  bigint: 'bigint',
  bit: 'boolean',
  decimal: 'numeric',
  datetime: 'timestamp',
  string: 'text',
  text: 'text',
};

/** Where a table stands in a statement. */
export const quoted = quoteTable;

/** Milliseconds since 1970 UTC as a `timestamp` without time zone takes them. */
export function timestampText(ms: number): string {
  return new Date(ms).toISOString().slice(0, -1);
}
