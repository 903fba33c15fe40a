import { TYPES } from 'tedious';
import type { EntityMetadata } from '../../dataverse/metadata.ts';
import { fitName, quoteName } from '../../sql/sqlserver/names.ts';
import { type Session, text } from '../../sql/sqlserver/session.ts';
import { type Staged, type StagedColumn, stage } from '../../sql/sqlserver/staging.ts';
import { metadataRows } from '../metadata-rows.ts';
import {
  changedAtColumn,
  filledColumns,
  keyColumns,
  LABEL_LENGTH,
  METADATA,
  METADATA_TABLES,
  type MetadataColumn,
  type MetadataTable,
  NAME_LENGTH,
  valueColumns,
} from '../metadata-tables.ts';
import { wantedMetadata } from '../sql/metadata.ts';
import type { ObjectName, TableNames } from '../sql/statements.ts';
import { createTable, createType } from './ddl.ts';
import { exactly, keyName, listOf, listType, quoted, upsertProcedure } from './dialect.ts';

/** The metadata tables, the list types that carry rows for them, and the procedures that make the one say what the other does. */

const TYPES_OF: Readonly<Record<MetadataColumn['type'], string>> = {
  name: `nvarchar(${NAME_LENGTH})`,
  label: `nvarchar(${LABEL_LENGTH})`,
  code: 'int',
  flag: 'bit',
  version: 'bigint',
  moment: 'datetime',
};

/** A name as long as the columns of names are. */
export const nameOf = (name: string): string => fitName(name, NAME_LENGTH);

const columnName = ({ name }: Pick<MetadataColumn, 'name'>): string => quoteName(name);
const definition = (column: MetadataColumn): string =>
  `${columnName(column)} ${TYPES_OF[column.type]}${column.required ? ' NOT NULL' : ' NULL'}`;

export function createMetadataTable(kind: MetadataTable, table: ObjectName): string {
  const { columns, identity } = METADATA[kind];
  const key = `CONSTRAINT ${quoteName(keyName(table))} PRIMARY KEY CLUSTERED`;
  return identity
    ? createTable(table, [`[Id] bigint IDENTITY(1, 1) NOT NULL ${key}`, ...columns.map(definition)])
    : createTable(table, [...columns.map(definition), `${key} (${keyColumns(kind).map(columnName).join(', ')})`]);
}

/** Without keys: what occurs twice is for the sender to leave out. What one of the tables that share a list lacks may be missing. */
export function createListType(kind: MetadataTable, list: ObjectName): string {
  const shared = METADATA_TABLES.filter((one) => listOf(one) === kind).map((one) => filledColumns(one));
  const inAll = ({ name }: MetadataColumn) => shared.every((columns) => columns.some((column) => column.name === name));
  const columns = filledColumns(kind).map((column) => ({ ...column, required: column.required && inAll(column) }));
  return createType(list, columns.map(definition));
}

/**
 * `@Rows` is all there is to say about `@EntityName`: rows of the entity that are not among them go, and only those that
 * differ are written. Of global option sets, which belong to no entity, the sets that `@Rows` names are complete.
 */
export function createUpsertProcedure(names: TableNames, kind: MetadataTable): string {
  const table = names.metadata[kind];
  return `CREATE PROCEDURE ${quoted(upsertProcedure(names, kind))}
  @EntityName nvarchar(${NAME_LENGTH}),
  @Rows ${quoted(listType(names, kind))} READONLY
AS
BEGIN
  SET NOCOUNT ON;
  DELETE t FROM ${quoted(table)} t
  WHERE ${scopeOf(kind)} AND NOT EXISTS (SELECT 1 FROM @Rows w WHERE ${sameKey(kind)});
${updateChanged(kind, table)}
  INSERT INTO ${quoted(table)} (${insertedColumns(kind).join(', ')})
  SELECT ${insertedValues(kind).join(', ')} FROM @Rows w
  WHERE NOT EXISTS (SELECT 1 FROM ${quoted(table)} t WHERE ${sameKey(kind)});
END`;
}

export async function syncMetadata(session: Session, names: TableNames, entity: EntityMetadata): Promise<void> {
  const rows = metadataRows(entity);
  for (const kind of METADATA_TABLES) {
    const wanted = wantedMetadata(kind, entity.logicalName, rows, nameOf);
    const staged = await stage(session, 'wanted', stagedColumns(kind), wanted.rows);
    await session.query(callUpsert(names, kind, staged), {
      ...staged.parameters,
      entity: text(nameOf(entity.logicalName)),
    });
  }
}

/** The procedure's own parameter is filled here, for drivers send none of its kind well. */
export function callUpsert(
  names: TableNames,
  kind: MetadataTable,
  { prelude, table }: Pick<Staged, 'prelude' | 'table'>,
) {
  const columns = filledColumns(kind).map(columnName);
  return `${prelude}DECLARE @list ${quoted(listType(names, kind))};
INSERT INTO @list (${columns.join(', ')}) SELECT ${columns.join(', ')} FROM ${table};
EXEC ${quoted(upsertProcedure(names, kind))} @EntityName = @entity, @Rows = @list`;
}

const LOADED: Readonly<Partial<Record<MetadataColumn['type'], StagedColumn['load']>>> = {
  name: { type: TYPES.NVarChar, length: NAME_LENGTH },
  label: { type: TYPES.NVarChar, length: LABEL_LENGTH },
  code: { type: TYPES.Int },
  flag: { type: TYPES.Bit },
};

function stagedColumns(kind: MetadataTable): StagedColumn[] {
  return filledColumns(kind).map((column) => ({
    name: column.name,
    type: TYPES_OF[column.type],
    load: LOADED[column.type] ?? { type: TYPES.NVarChar },
  }));
}

export async function tellsOf(session: Session, table: ObjectName, entity: string): Promise<boolean> {
  const rows = await session.query(`SELECT TOP (1) 1 AS told FROM ${quoted(table)} WHERE [EntityName] = @entity`, {
    entity: text(nameOf(entity)),
  });
  return rows.length > 0;
}

function updateChanged(kind: MetadataTable, table: ObjectName): string {
  const saying = valueColumns(kind).map(columnName);
  const changedAt = changedAtColumn(kind);
  const changes = saying.map((column) => `${column} = w.${column}`);
  if (changedAt) changes.push(`${columnName(changedAt)} = GETUTCDATE()`);
  const of = (alias: string) =>
    valueColumns(kind)
      .map((column) => ({ column, held: `${alias}.${columnName(column)}` }))
      .map(({ column, held }) => (column.type === 'name' || column.type === 'label' ? exactly(held) : held))
      .join(', ');
  // EXCEPT takes two values that are missing for the same; <> would not.
  return `  UPDATE t SET ${changes.join(', ')}
  FROM ${quoted(table)} t INNER JOIN @Rows w ON ${sameKey(kind)}
  WHERE EXISTS (SELECT ${of('w')} EXCEPT SELECT ${of('t')});`;
}

function scopeOf(kind: MetadataTable): string {
  const scope = columnName({ name: METADATA[kind].scope });
  return METADATA[kind].scope === 'EntityName'
    ? `t.${scope} = @EntityName`
    : `t.${scope} IN (SELECT ${scope} FROM @Rows)`;
}

function insertedColumns(kind: MetadataTable): string[] {
  const changedAt = changedAtColumn(kind);
  return [...filledColumns(kind).map(columnName), ...(changedAt ? [columnName(changedAt)] : [])];
}

function insertedValues(kind: MetadataTable): string[] {
  const filled = filledColumns(kind).map((column) => `w.${columnName(column)}`);
  return changedAtColumn(kind) ? [...filled, 'GETUTCDATE()'] : filled;
}

function sameKey(kind: MetadataTable): string {
  return keyColumns(kind)
    .map(columnName)
    .map((column) => `t.${column} = w.${column}`)
    .join(' AND ');
}
