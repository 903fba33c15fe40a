import type { Column } from '../../dataverse/columns.ts';
import { fitName, quoteTable } from '../../sql/sqlserver/names.ts';
import type { DialectRange } from '../cells.ts';
import { METADATA_TABLES, type MetadataTable } from '../metadata-tables.ts';
import type { DestinationAddress } from '../model.ts';
import type { TypedColumn } from '../sql/alterations.ts';
import type { ObjectName, TableNames } from '../sql/statements.ts';

/** SQL Server's side of names and types: those of the original (reference: destination-database.md, sections 1 and 2). */

/** `datetime` begins with the Gregorian calendar in Britain. */
export const RANGE: DialectRange = { firstYear: 1753 };

/** Tables by the original's names, by which its clean-up scripts find them; and two that the original kept elsewhere. */
export function objectNames({ schema, prefix }: Pick<DestinationAddress, 'schema' | 'prefix'>): TableNames {
  const named = (name: string): ObjectName => ({
    schema: fitName(schema),
    name: fitName(prefix === '' ? name : `${prefix}_${name}`),
  });
  return {
    schema: fitName(schema),
    named,
    entity: (logicalName) => named(logicalName.toLowerCase()),
    position: named('FreshetPosition'),
    retry: named('FreshetRetry'),
    deleteLog: named('DeleteLog'),
    metadata: Object.fromEntries(METADATA_TABLES.map((kind) => [kind, named(kind)])) as TableNames['metadata'],
  };
}

/** The original's table types of an entity: its rows, and their ids. */
export function entityTypes({ named }: TableNames, logicalName: string): { rows: ObjectName; ids: ObjectName } {
  const entity = logicalName.toLowerCase();
  return { rows: named(`${entity}Type`), ids: named(`${entity}IdType`) };
}

/** The global option sets share theirs with those of the attributes: the original has five list types for six tables. */
export function listType({ named }: TableNames, kind: MetadataTable): ObjectName {
  return named(`${listOf(kind)}List`);
}

export function upsertProcedure({ named }: TableNames, kind: MetadataTable): ObjectName {
  return named(`Upsert${kind}`);
}

/** The table whose columns the rows of a list have. */
export function listOf(kind: MetadataTable): MetadataTable {
  return kind === 'GlobalOptionSetMetadata' ? 'OptionSetMetadata' : kind;
}

/** The original's name for a primary key, which looks quoted and is not: `EPK[dbo].[account]`. */
export function keyName({ schema, name }: ObjectName): string {
  return fitName(`EPK[${schema}].[${name}]`);
}

/** The columns of an entity table that are Freshet's own; names differ by more than letter case here. */
export const ID = 'Id';
export const SINK_CREATED_ON = 'SinkCreatedOn';
export const SINK_MODIFIED_ON = 'SinkModifiedOn';
export const OWN_COLUMNS: readonly TypedColumn[] = [
  { name: ID, type: 'uniqueidentifier' },
  { name: SINK_CREATED_ON, type: 'datetime' },
  { name: SINK_MODIFIED_ON, type: 'datetime' },
];
const OWN_NAMES: ReadonlySet<string> = new Set(OWN_COLUMNS.map(({ name }) => name.toLowerCase()));

/** A column of an entity table, and which cell of a row it holds. */
export interface TableColumn extends TypedColumn {
  readonly column: Column;
  readonly cell: number;
}

/** The columns of an entity's attributes; an attribute named as one of Freshet's own columns has none. */
export function tableColumns(columns: readonly Column[]): TableColumn[] {
  return columns
    .map((column, cell) => ({ name: fitName(column.name), type: columnType(column), column, cell }))
    .filter(({ name }) => !OWN_NAMES.has(name.toLowerCase()));
}

const BARE_TYPES = {
  uuid: 'uniqueidentifier',
  int: 'int',
  bigint: 'bigint',
  bit: 'bit',
  datetime: 'datetime',
} as const;

/** Longer texts have no length of their own. */
const NVARCHAR_MAX_UNITS = 4_000;

export function columnType({ type, length, scale }: Column): string {
  if (type === 'text' || (type === 'string' && (length ?? Number.POSITIVE_INFINITY) > NVARCHAR_MAX_UNITS))
    return 'nvarchar(max)';
  if (type === 'string') return `nvarchar(${length})`;
  if (type === 'decimal') return `decimal(38, ${scale ?? 0})`;
  return BARE_TYPES[type];
}

/** Where an object stands in a statement. */
export const quoted = quoteTable;

/**
 * Names, ids and other texts of our own are compared by their bytes, whatever collation a database has: two databases must not
 * disagree about what is the same.
 */
export const BY_BYTES = 'COLLATE Latin1_General_BIN2';

/** A text as expressions that are alike for the same text alone: comparisons take spaces at an end for nothing. */
export function exactly(text: string): string {
  return `${text} ${BY_BYTES}, DATALENGTH(${text})`;
}
