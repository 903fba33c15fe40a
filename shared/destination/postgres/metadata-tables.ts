import { fitName, quoteName } from '../../sql/postgres/names.ts';
import type { Session } from '../../sql/postgres/session.ts';
import type { MetadataRows } from '../metadata-rows.ts';
import { keyName, type MetadataTable, quoted, type TableName } from './dialect.ts';

/** The metadata tables of the original (reference: destination-database.md, section 3), and what keeps them true. */

interface MetadataColumn {
  readonly name: string;
  readonly type: string;
  /** Tells rows apart; the others are what a row says. */
  readonly key: boolean;
  readonly required: boolean;
}

/** A table's definition, and its rows for one entity as values of its columns, in order. */
interface MetadataDefinition {
  readonly columns: readonly MetadataColumn[];
  /** Rows of one entity are those of its name; rows of global option sets those of the sets' names. */
  readonly scope: string;
  /** Has an identity and a time of the last change beside its columns. */
  readonly identity: boolean;
  rows(entity: string, rows: MetadataRows): (string | number | boolean | null)[][];
}

const name = (column: string): MetadataColumn => ({ name: column, type: 'varchar(64)', key: true, required: true });
const code = (column: string): MetadataColumn => ({ name: column, type: 'integer', key: true, required: true });
const says = (column: string, type: string, required = false): MetadataColumn => ({
  name: column,
  type,
  key: false,
  required,
});

const LABEL_MAX_CHARACTERS = 350;
const LABEL_COLUMNS: readonly MetadataColumn[] = [
  { name: 'isuserlocalizedlabel', type: 'boolean', key: true, required: true },
  code('localizedlabellanguagecode'),
  says('localizedlabel', `varchar(${LABEL_MAX_CHARACTERS})`),
];
/** Readers ask for labels that are no user's own, in a language they name. */
const labelCells = ({ language, label }: { language: number; label: string }) => [false, language, labelText(label)];

const DEFINITIONS: Readonly<Record<MetadataTable, MetadataDefinition>> = {
  GlobalOptionSetMetadata: {
    columns: [name('optionsetname'), code('option'), ...LABEL_COLUMNS],
    scope: 'optionsetname',
    identity: false,
    rows: (_, rows) =>
      rows.GlobalOptionSetMetadata.map((row) => [fitName(row.optionSet), row.option, ...labelCells(row)]),
  },
  OptionSetMetadata: {
    columns: [name('entityname'), name('optionsetname'), code('option'), ...LABEL_COLUMNS],
    scope: 'entityname',
    identity: false,
    rows: (entity, rows) =>
      rows.OptionSetMetadata.map((row) => [entity, fitName(row.optionSet), row.option, ...labelCells(row)]),
  },
  StateMetadata: {
    columns: [name('entityname'), code('state'), ...LABEL_COLUMNS],
    scope: 'entityname',
    identity: false,
    rows: (entity, rows) => rows.StateMetadata.map((row) => [entity, row.state, ...labelCells(row)]),
  },
  StatusMetadata: {
    columns: [name('entityname'), code('state'), code('status'), ...LABEL_COLUMNS],
    scope: 'entityname',
    identity: false,
    rows: (entity, rows) => rows.StatusMetadata.map((row) => [entity, row.state, row.status, ...labelCells(row)]),
  },
  TargetMetadata: {
    columns: [
      name('entityname'),
      name('attributename'),
      name('referencedentity'),
      says('referencedattribute', 'varchar(64)'),
    ],
    scope: 'entityname',
    identity: false,
    rows: (entity, rows) =>
      rows.TargetMetadata.map((row) => [
        entity,
        fitName(row.attribute),
        fitName(row.entity),
        row.key === null ? null : fitName(row.key),
      ]),
  },
  AttributeMetadata: {
    columns: [
      name('entityname'),
      name('attributename'),
      says('attributetype', 'varchar(64)', true),
      says('attributetypecode', 'integer', true),
      says('metadataid', 'varchar(64)'),
      says('precision', 'integer'),
    ],
    scope: 'entityname',
    identity: true,
    rows: (entity, rows) =>
      rows.AttributeMetadata.map((row) => [
        entity,
        fitName(row.attribute),
        row.type,
        row.typeCode,
        row.metadataId,
        row.precision,
      ]),
  },
};

export const METADATA_TABLES = Object.keys(DEFINITIONS) as readonly MetadataTable[];

export function createMetadataTable(kind: MetadataTable, table: TableName): string {
  const { columns, identity } = DEFINITIONS[kind];
  const key = `CONSTRAINT ${quoteName(keyName(table))} PRIMARY KEY`;
  const definitions = columns.map(
    (column) => `${quoteName(column.name)} ${column.type}${column.required ? ' NOT NULL' : ''}`,
  );
  if (!identity)
    return `CREATE TABLE ${quoted(table)} (${definitions.join(', ')}, ${key} (${keysOf(kind).join(', ')}))`;
  const [entity, attribute, type, typeCode, metadataId, precision] = definitions;
  const ordered = [
    entity,
    attribute,
    type,
    typeCode,
    '"version" bigint',
    '"timestamp" timestamp(3)',
    metadataId,
    precision,
  ];
  return `CREATE TABLE ${quoted(table)} (id bigint GENERATED ALWAYS AS IDENTITY ${key}, ${ordered.join(', ')})`;
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

/** One array per column; the last row of a key wins. */
function arraysOf(kind: MetadataTable, entity: string, rows: MetadataRows) {
  const { columns, scope, rows: rowsOf } = DEFINITIONS[kind];
  const entityName = fitName(entity);
  const byKey = new Map(
    rowsOf(entityName, rows).map((row) => [JSON.stringify(row.filter((_, k) => columns[k]?.key)), row]),
  );
  const unique = [...byKey.values()];
  const names = unique.map((row) => row[columns.findIndex(({ name: column }) => column === scope)]);
  return {
    columns: columns.map((_, k) => unique.map((row) => row[k])),
    scope: scope === 'entityname' ? [entityName] : [...new Set(names)],
  };
}

function deleteUnwanted(kind: MetadataTable, table: TableName): string {
  const { columns, scope } = DEFINITIONS[kind];
  return `DELETE FROM ${quoted(table)} t WHERE ${quoteName(scope)} = ANY ($${columns.length + 1}::text[])
    AND NOT EXISTS (SELECT 1 FROM ${wantedRows(kind)} WHERE ${sameKey(kind)})`;
}

function updateChanged(kind: MetadataTable, table: TableName): string {
  const { columns, identity } = DEFINITIONS[kind];
  const saying = columns.filter(({ key }) => !key).map((column) => quoteName(column.name));
  const changes = saying.map((column) => `${column} = w.${column}`);
  if (identity) changes.push(`"timestamp" = ${NOW}`);
  const held = saying.map((column) => `t.${column}`).join(', ');
  const wanted = saying.map((column) => `w.${column}`).join(', ');
  return `UPDATE ${quoted(table)} t SET ${changes.join(', ')} FROM ${wantedRows(kind)}
    WHERE ${sameKey(kind)} AND ROW(${held}) IS DISTINCT FROM ROW(${wanted})`;
}

function insertMissing(kind: MetadataTable, table: TableName): string {
  const { columns, identity } = DEFINITIONS[kind];
  const names = columns.map((column) => quoteName(column.name));
  const into = identity ? [...names, '"timestamp"'] : names;
  const values = [...names.map((column) => `w.${column}`), ...(identity ? [NOW] : [])];
  return `INSERT INTO ${quoted(table)} (${into.join(', ')}) SELECT ${values.join(', ')} FROM ${wantedRows(kind)}
    WHERE NOT EXISTS (SELECT 1 FROM ${quoted(table)} t WHERE ${sameKey(kind)})`;
}

const NOW = `(now() AT TIME ZONE 'UTC')`;

/** The parameters as rows `w`. Their types bear no length: a cast to one cuts off, where an assignment refuses. */
function wantedRows(kind: MetadataTable): string {
  const { columns } = DEFINITIONS[kind];
  const arrays = columns.map(({ type }, k) => `$${k + 1}::${type.startsWith('varchar') ? 'text' : type}[]`);
  return `unnest(${arrays.join(', ')}) AS w (${columns.map((column) => quoteName(column.name)).join(', ')})`;
}

function keysOf(kind: MetadataTable): string[] {
  return DEFINITIONS[kind].columns.filter(({ key }) => key).map((column) => quoteName(column.name));
}

function sameKey(kind: MetadataTable): string {
  return keysOf(kind)
    .map((column) => `t.${column} = w.${column}`)
    .join(' AND ');
}

/** Labels are for reading: what cannot be stored is left out, and what is too long is cut. */
function labelText(label: string): string {
  return Array.from(label.replaceAll('\0', '').toWellFormed()).slice(0, LABEL_MAX_CHARACTERS).join('');
}
