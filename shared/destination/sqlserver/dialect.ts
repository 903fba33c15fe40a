import type { Column } from '../../dataverse/columns.ts';
import { fitName, quoteTable } from '../../sql/sqlserver/names.ts';
import type { DialectRange } from '../cells.ts';
import { METADATA_TABLES, type MetadataTable } from '../metadata-tables.ts';
import type { DestinationAddress } from '../model.ts';

/** SQL Server's side of names and types: those of the original (reference: destination-database.md, sections 1 and 2). */

/** `datetime` begins with the Gregorian calendar in Britain. */
export const RANGE: DialectRange = { firstYear: 1753 };

/** A table, table type or procedure. */
export interface ObjectName {
  readonly schema: string;
  readonly name: string;
}

/** The names of all objects of one profile, by which the published clean-up scripts find them. */
export interface ObjectNames {
  readonly schema: string;
  entity(logicalName: string): ObjectName;
  /** Rows of the entity, as a parameter of statements. */
  entityType(logicalName: string): ObjectName;
  /** Ids of rows of the entity. */
  entityIdType(logicalName: string): ObjectName;
  readonly deleteLog: ObjectName;
  readonly metadata: Readonly<Record<MetadataTable, MetadataNames>>;
}

export interface MetadataNames {
  readonly table: ObjectName;
  /** The global option sets share theirs with those of the attributes: the original has five list types for six tables. */
  readonly list: ObjectName;
  readonly procedure: ObjectName;
}

export function objectNames({ schema, prefix }: Pick<DestinationAddress, 'schema' | 'prefix'>): ObjectNames {
  const named = (name: string): ObjectName => ({
    schema: fitName(schema),
    name: fitName(prefix === '' ? name : `${prefix}_${name}`),
  });
  const metadata = METADATA_TABLES.map((kind): [MetadataTable, MetadataNames] => [
    kind,
    { table: named(kind), list: named(`${listOf(kind)}List`), procedure: named(`Upsert${kind}`) },
  ]);
  return {
    schema: fitName(schema),
    entity: (logicalName) => named(logicalName.toLowerCase()),
    entityType: (logicalName) => named(`${logicalName.toLowerCase()}Type`),
    entityIdType: (logicalName) => named(`${logicalName.toLowerCase()}IdType`),
    deleteLog: named('DeleteLog'),
    metadata: Object.fromEntries(metadata) as ObjectNames['metadata'],
  };
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
const OWN_COLUMNS: ReadonlySet<string> = new Set(
  [ID, SINK_CREATED_ON, SINK_MODIFIED_ON].map((name) => name.toLowerCase()),
);

export interface TableColumn {
  readonly name: string;
  readonly type: string;
}

/** The columns of an entity's attributes; an attribute named as one of Freshet's own columns has none. */
export function tableColumns(columns: readonly Column[]): TableColumn[] {
  return columns
    .map((column) => ({ name: fitName(column.name), type: columnType(column) }))
    .filter(({ name }) => !OWN_COLUMNS.has(name.toLowerCase()));
}

const BARE_TYPES = {
  uuid: 'uniqueidentifier',
  int: 'int',
  bigint: 'bigint',
  bit: 'bit',
  datetime: 'datetime',
} as const;

export function columnType({ type, length, scale }: Column): string {
  if (type === 'text' || (type === 'string' && length === undefined)) return 'nvarchar(max)';
  if (type === 'string') return `nvarchar(${length})`;
  if (type === 'decimal') return `decimal(38, ${scale ?? 0})`;
  return BARE_TYPES[type];
}

/** Where an object stands in a statement. */
export const quoted = quoteTable;
