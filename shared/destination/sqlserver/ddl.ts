import type { Column } from '../../dataverse/columns.ts';
import { quoteName } from '../../sql/sqlserver/names.ts';
import {
  ID,
  keyName,
  type ObjectName,
  quoted,
  SINK_CREATED_ON,
  SINK_MODIFIED_ON,
  type TableColumn,
  tableColumns,
} from './dialect.ts';

/** Statements that make an entity's table and its two types. Everything here is pure; each statement is a batch of its own. */

export function createSchema(schema: string): string {
  return `CREATE SCHEMA ${quoteName(schema)}`;
}

export function createEntityTable(table: ObjectName, columns: readonly Column[]): string {
  return `CREATE TABLE ${quoted(table)} (\n${lines([
    `${quoteName(ID)} uniqueidentifier NOT NULL CONSTRAINT ${quoteName(keyName(table))} PRIMARY KEY CLUSTERED`,
    `${quoteName(SINK_CREATED_ON)} datetime NULL`,
    `${quoteName(SINK_MODIFIED_ON)} datetime NULL`,
    ...tableColumns(columns).map(definition),
  ])}\n)`;
}

/** Rows as they come from the organization: times of writing are the destination's own. */
export function createEntityType(type: ObjectName, columns: readonly Column[]): string {
  const key = `${quoteName(ID)} uniqueidentifier NOT NULL PRIMARY KEY CLUSTERED`;
  return `CREATE TYPE ${quoted(type)} AS TABLE (\n${lines([key, ...tableColumns(columns).map(definition)])}\n)`;
}

export function createEntityIdType(type: ObjectName): string {
  return `CREATE TYPE ${quoted(type)} AS TABLE (${quoteName(ID)} uniqueidentifier NOT NULL PRIMARY KEY CLUSTERED)`;
}

/** A type cannot be altered: after its table's columns changed it is dropped and made anew. */
export function dropType(type: ObjectName): string {
  return `DROP TYPE IF EXISTS ${quoted(type)}`;
}

export function addColumn(table: ObjectName, column: TableColumn): string {
  return `ALTER TABLE ${quoted(table)} ADD ${definition(column)}`;
}

export function alterColumn(table: ObjectName, column: TableColumn): string {
  return `ALTER TABLE ${quoted(table)} ALTER COLUMN ${definition(column)}`;
}

export function createDeleteLog(table: ObjectName): string {
  return `CREATE TABLE ${quoted(table)} (\n${lines([
    `[Id] bigint IDENTITY(1, 1) NOT NULL CONSTRAINT ${quoteName(keyName(table))} PRIMARY KEY CLUSTERED`,
    '[EntityName] nvarchar(64) NOT NULL',
    '[RecordId] nvarchar(64) NOT NULL',
    '[SinkDeleteTime] datetime NOT NULL',
    '[VersionNumber] bigint NOT NULL',
  ])}\n)`;
}

function definition({ name, type }: TableColumn): string {
  return `${quoteName(name)} ${type} NULL`;
}

export function lines(definitions: readonly string[]): string {
  return definitions.map((line) => `  ${line}`).join(',\n');
}
