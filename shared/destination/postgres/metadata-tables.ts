import { fitName, quoteName } from '../../sql/postgres/names.ts';
import type { Session } from '../../sql/postgres/session.ts';
import type { MetadataRows } from '../metadata-rows.ts';
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
import { wantedMetadata } from '../sql/metadata.ts';
import type { ObjectName } from '../sql/statements.ts';
import { keyName, quoted } from './dialect.ts';

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

export function createMetadataTable(kind: MetadataTable, table: ObjectName): string {
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
  table: ObjectName,
  entity: string,
  rows: MetadataRows,
): Promise<void> {
  const wanted = wantedMetadata(kind, entity, rows, fitName);
  const columns = filledColumns(kind).map((_, k) => wanted.rows.map((row) => row[k]));
  await session.query(deleteUnwanted(kind, table), [...columns, wanted.scope]);
  await session.query(updateChanged(kind, table), columns);
  await session.query(insertMissing(kind, table), columns);
}

/** Whether the attributes of this entity are told. */
export async function tellsOf(session: Session, table: ObjectName, entity: string): Promise<boolean> {
  const rows = await session.query(`SELECT 1 FROM ${quoted(table)} WHERE entityname = $1 LIMIT 1`, [fitName(entity)]);
  return rows.length > 0;
}

function deleteUnwanted(kind: MetadataTable, table: ObjectName): string {
  const scope = columnName({ name: METADATA[kind].scope });
  return `DELETE FROM ${quoted(table)} t WHERE ${scope} = ANY ($${filledColumns(kind).length + 1}::text[])
    AND NOT EXISTS (SELECT 1 FROM ${wantedRows(kind)} WHERE ${sameKey(kind)})`;
}

function updateChanged(kind: MetadataTable, table: ObjectName): string {
  const saying = valueColumns(kind).map(columnName);
  const changes = saying.map((column) => `${column} = w.${column}`);
  const changedAt = changedAtColumn(kind);
  if (changedAt) changes.push(`${columnName(changedAt)} = ${NOW}`);
  const held = saying.map((column) => `t.${column}`).join(', ');
  const wanted = saying.map((column) => `w.${column}`).join(', ');
  return `UPDATE ${quoted(table)} t SET ${changes.join(', ')} FROM ${wantedRows(kind)}
    WHERE ${sameKey(kind)} AND ROW(${held}) IS DISTINCT FROM ROW(${wanted})`;
}

function insertMissing(kind: MetadataTable, table: ObjectName): string {
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
