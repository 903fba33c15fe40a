import { fitName, quoteName } from '../../sql/postgres/names.ts';
import type { Session } from '../../sql/postgres/session.ts';
import type { MetadataRows } from '../metadata-rows.ts';
import {
  changedAtColumn,
  filledColumns,
  keyColumns,
  LABEL_LENGTH,
  METADATA,
  type MetadataCell,
  type MetadataColumn,
  type MetadataTable,
  NAME_LENGTH,
  valueColumns,
} from '../metadata-tables.ts';
import { keyName, quoted, type TableName } from './dialect.ts';

/** The metadata tables on PostgreSQL, and what keeps them true. */

const TYPES: Readonly<Record<MetadataColumn['type'], string>> = {
  name: `varchar(${NAME_LENGTH})`,
  label: `varchar(${LABEL_LENGTH})`,
  code: 'integer',
  flag: 'boolean',
  version: 'bigint',
  moment: 'timestamp(3)',
};

const columnName = ({ name }: Pick<MetadataColumn, 'name'>): string => quoteName(name.toLowerCase());

export function createMetadataTable(kind: MetadataTable, table: TableName): string {
  const { columns, identity } = METADATA[kind];
  const key = `CONSTRAINT ${quoteName(keyName(table))} PRIMARY KEY`;
  const definitions = columns.map(
    (column) => `${columnName(column)} ${TYPES[column.type]}${column.required ? ' NOT NULL' : ''}`,
  );
  const whole = identity
    ? [`id bigint GENERATED ALWAYS AS IDENTITY ${key}`, ...definitions]
    : [...definitions, `${key} (${keyColumns(kind).map(columnName).join(', ')})`];
  return `CREATE TABLE ${quoted(table)} (${whole.join(', ')})`;
}

/** Makes the table say what the definition says about this entity; rows that say it already stay as they are. */
export async function syncMetadataTable(
  session: Session,
  kind: MetadataTable,
  table: TableName,
  entity: string,
  rows: MetadataRows,
): Promise<void> {
  const wanted = arraysOf(kind, entity, rows);
  await session.query(deleteUnwanted(kind, table), [...wanted.columns, wanted.scope]);
  await session.query(updateChanged(kind, table), wanted.columns);
  await session.query(insertMissing(kind, table), wanted.columns);
}

/** Whether the attributes of this entity are told. */
export async function tellsOf(session: Session, table: TableName, entity: string): Promise<boolean> {
  const rows = await session.query(`SELECT 1 FROM ${quoted(table)} WHERE entityname = $1 LIMIT 1`, [fitName(entity)]);
  return rows.length > 0;
}

/** One array per column; the last row of a key wins. */
function arraysOf(kind: MetadataTable, entity: string, rows: MetadataRows) {
  const { scope, rows: rowsOf } = METADATA[kind];
  const columns = filledColumns(kind);
  const held = rowsOf(entity, rows).map((row) => row.map((cell, k) => heldCell(columns[k], cell)));
  const byKey = new Map(
    held.map((row) => [JSON.stringify(row.filter((_, k) => columns[k]?.role === 'key')), row] as const),
  );
  const unique = [...byKey.values()];
  const named = columns.findIndex(({ name }) => name === scope);
  return {
    columns: columns.map((_, k) => unique.map((row) => row[k])),
    scope: scope === 'EntityName' ? [fitName(entity)] : [...new Set(unique.map((row) => row[named]))],
  };
}

function deleteUnwanted(kind: MetadataTable, table: TableName): string {
  const scope = columnName({ name: METADATA[kind].scope });
  return `DELETE FROM ${quoted(table)} t WHERE ${scope} = ANY ($${filledColumns(kind).length + 1}::text[])
    AND NOT EXISTS (SELECT 1 FROM ${wantedRows(kind)} WHERE ${sameKey(kind)})`;
}

function updateChanged(kind: MetadataTable, table: TableName): string {
  const saying = valueColumns(kind).map(columnName);
  const changes = saying.map((column) => `${column} = w.${column}`);
  const changedAt = changedAtColumn(kind);
  if (changedAt) changes.push(`${columnName(changedAt)} = ${NOW}`);
  const held = saying.map((column) => `t.${column}`).join(', ');
  const wanted = saying.map((column) => `w.${column}`).join(', ');
  return `UPDATE ${quoted(table)} t SET ${changes.join(', ')} FROM ${wantedRows(kind)}
    WHERE ${sameKey(kind)} AND ROW(${held}) IS DISTINCT FROM ROW(${wanted})`;
}

function insertMissing(kind: MetadataTable, table: TableName): string {
  const names = filledColumns(kind).map(columnName);
  const changedAt = changedAtColumn(kind);
  const into = changedAt ? [...names, columnName(changedAt)] : names;
  const values = [...names.map((column) => `w.${column}`), ...(changedAt ? [NOW] : [])];
  return `INSERT INTO ${quoted(table)} (${into.join(', ')}) SELECT ${values.join(', ')} FROM ${wantedRows(kind)}
    WHERE NOT EXISTS (SELECT 1 FROM ${quoted(table)} t WHERE ${sameKey(kind)})`;
}

const NOW = `(now() AT TIME ZONE 'UTC')`;

/** The parameters as rows `w`. Their types bear no length: a cast to one cuts off, where an assignment refuses. */
function wantedRows(kind: MetadataTable): string {
  const columns = filledColumns(kind);
  const arrays = columns.map(({ type }, k) => `$${k + 1}::${TYPES[type].replace(/^varchar.*/, 'text')}[]`);
  return `unnest(${arrays.join(', ')}) AS w (${columns.map(columnName).join(', ')})`;
}

function sameKey(kind: MetadataTable): string {
  return keyColumns(kind)
    .map(columnName)
    .map((column) => `t.${column} = w.${column}`)
    .join(' AND ');
}

function heldCell(column: MetadataColumn | undefined, cell: MetadataCell): MetadataCell {
  if (typeof cell !== 'string') return cell;
  return column?.type === 'label' ? labelText(cell) : fitName(cell);
}

/** Labels are for reading: what cannot be stored is left out, and what is too long is cut. */
function labelText(label: string): string {
  return Array.from(label.replaceAll('\0', '').toWellFormed()).slice(0, LABEL_LENGTH).join('');
}
