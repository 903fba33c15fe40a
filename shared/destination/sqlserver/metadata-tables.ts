import { quoteName } from '../../sql/sqlserver/names.ts';
import {
  changedAtColumn,
  filledColumns,
  keyColumns,
  LABEL_LENGTH,
  METADATA,
  type MetadataColumn,
  type MetadataTable,
  NAME_LENGTH,
  valueColumns,
} from '../metadata-tables.ts';
import { lines } from './ddl.ts';
import { keyName, listOf, type MetadataNames, quoted } from './dialect.ts';

/** The metadata tables, the list types that carry rows for them, and the procedures that make the one say what the other does. */

const TYPES: Readonly<Record<MetadataColumn['type'], string>> = {
  name: `nvarchar(${NAME_LENGTH})`,
  label: `nvarchar(${LABEL_LENGTH})`,
  code: 'int',
  flag: 'bit',
  version: 'bigint',
  moment: 'datetime',
};

const columnName = ({ name }: Pick<MetadataColumn, 'name'>): string => quoteName(name);
const definition = (column: MetadataColumn): string =>
  `${columnName(column)} ${TYPES[column.type]}${column.required ? ' NOT NULL' : ' NULL'}`;

export function createMetadataTable(kind: MetadataTable, { table }: MetadataNames): string {
  const { columns, identity } = METADATA[kind];
  const key = `CONSTRAINT ${quoteName(keyName(table))} PRIMARY KEY CLUSTERED`;
  const whole = identity
    ? [`[Id] bigint IDENTITY(1, 1) NOT NULL ${key}`, ...columns.map(definition)]
    : [...columns.map(definition), `${key} (${keyColumns(kind).map(columnName).join(', ')})`];
  return `CREATE TABLE ${quoted(table)} (\n${lines(whole)}\n)`;
}

/** Without keys: what occurs twice is for the sender to leave out. */
export function createListType(kind: MetadataTable, { list }: MetadataNames): string {
  return `CREATE TYPE ${quoted(list)} AS TABLE (\n${lines(filledColumns(listOf(kind)).map(definition))}\n)`;
}

/**
 * `@Rows` is all there is to say about `@EntityName`: rows of the entity that are not among them go, and only those that
 * differ are written. Of global option sets, which belong to no entity, the sets that `@Rows` names are complete.
 */
export function createUpsertProcedure(kind: MetadataTable, names: MetadataNames): string {
  const { table, list, procedure } = names;
  return `CREATE OR ALTER PROCEDURE ${quoted(procedure)}
  @EntityName nvarchar(${NAME_LENGTH}),
  @Rows ${quoted(list)} READONLY
AS
BEGIN
  SET NOCOUNT ON;
  DELETE t FROM ${quoted(table)} t
  WHERE ${scopeOf(kind)} AND NOT EXISTS (SELECT 1 FROM @Rows w WHERE ${sameKey(kind)});
${updateChanged(kind, names)}
  INSERT INTO ${quoted(table)} (${insertedColumns(kind).join(', ')})
  SELECT ${insertedValues(kind).join(', ')} FROM @Rows w
  WHERE NOT EXISTS (SELECT 1 FROM ${quoted(table)} t WHERE ${sameKey(kind)});
END`;
}

function updateChanged(kind: MetadataTable, { table }: MetadataNames): string {
  const saying = valueColumns(kind).map(columnName);
  const changedAt = changedAtColumn(kind);
  const changes = saying.map((column) => `${column} = w.${column}`);
  if (changedAt) changes.push(`${columnName(changedAt)} = GETUTCDATE()`);
  const of = (alias: string) => saying.map((column) => `${alias}.${column}`).join(', ');
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
