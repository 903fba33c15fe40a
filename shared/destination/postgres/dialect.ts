import type { Column } from '../../dataverse/columns.ts';
import { fitName, quoteTable } from '../../sql/postgres/names.ts';
import type { DialectRange } from '../cells.ts';
import { METADATA_TABLES } from '../metadata-tables.ts';
import type { DestinationAddress } from '../model.ts';
import type { TypedColumn } from '../sql/alterations.ts';
import type { ObjectName, TableNames } from '../sql/statements.ts';

/** PostgreSQL's side of names and types (reference: destination-database.md, section 9). */

/** Its `timestamp` begins earlier, but ISO text has no year before this one. */
export const RANGE: DialectRange = { firstYear: 1 };

/** Lower case, so that they are reachable unquoted. */
export function tableNames(address: DestinationAddress): TableNames {
  const schema = fitName(address.schema.toLowerCase());
  const table = (name: string): ObjectName => ({
    schema,
    name: fitName((address.prefix === '' ? name : `${address.prefix}_${name}`).toLowerCase()),
  });
  return {
    schema,
    named: table,
    entity: table,
    position: table('freshetposition'),
    retry: table('freshetretry'),
    deleteLog: table('deletelog'),
    metadata: Object.fromEntries(METADATA_TABLES.map((kind) => [kind, table(kind)])) as TableNames['metadata'],
  };
}

/** The original's name for a primary key; `classify` knows our keys by its beginning. */
export function keyName(table: ObjectName): string {
  return fitName(`EPK[${table.schema}].[${table.name}]`);
}

export function indexName(table: ObjectName, what: string): string {
  return fitName(`${table.name}_${what}`);
}

/** The columns of an entity table that are Freshet's own; an attribute of such a name has no column. */
export const ID = 'id';
export const SINK_CREATED_ON = 'sinkcreatedon';
export const SINK_MODIFIED_ON = 'sinkmodifiedon';
export const OWN_COLUMNS: readonly TypedColumn[] = [
  { name: ID, type: 'uuid' },
  { name: SINK_CREATED_ON, type: 'timestamp(3)' },
  { name: SINK_MODIFIED_ON, type: 'timestamp(3)' },
];
const OWN_NAMES: ReadonlySet<string> = new Set(OWN_COLUMNS.map(({ name }) => name));

/** A column of an entity table, and which cell of a row it holds. */
export interface TableColumn {
  readonly name: string;
  readonly column: Column;
  readonly cell: number;
}

export function tableColumns(columns: readonly Column[]): TableColumn[] {
  return columns
    .map((column, cell) => ({ name: fitName(column.name.toLowerCase()), column, cell }))
    .filter(({ name }) => !OWN_NAMES.has(name));
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
