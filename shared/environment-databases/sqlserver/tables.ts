import { FreshetError } from '../../errors/error.ts';
import { quoteName, quoteTable } from '../../sql/sqlserver/names.ts';
import { int, type Session, text } from '../../sql/sqlserver/session.ts';
import type { MaskedColumn } from '../masks.ts';
import { columnsOf, meansTable, type ScrubRule } from '../scrub-rules.ts';
import { TRACES_SCHEMA } from './traces.ts';
import { comparedAs, isOrdered, maskedAs, type TypeFacts, typeText } from './types.ts';

/** The tables that rules are about, as the catalog describes them. */

export interface StandingColumn {
  readonly name: string;
  /** As a statement writes it: `nvarchar(100)`. */
  readonly type: string;
  /** The system's type without its size. */
  readonly base: string;
  /** How a value of a rule is compared with it. */
  readonly compared: 'number' | 'flag' | 'text';
  /** Null where no mask fits. */
  readonly masked: MaskedColumn | null;
}

export interface StandingTable {
  readonly id: number;
  readonly schema: string;
  readonly name: string;
  /** Quoted, with its schema. */
  readonly relation: string;
  /** By name in lower case. */
  readonly columns: ReadonlyMap<string, StandingColumn>;
  /** Columns of unique indexes without gaps, the primary key first: ways to walk through the table. */
  readonly keys: readonly (readonly string[])[];
  /** As the server counts along. */
  readonly rows: number;
  readonly isReferenced: boolean;
}

interface TableRow {
  readonly id: number;
  readonly schema: string;
  readonly name: string;
}

/** The tables that a rule or query means. SCRUB_COLUMN_MISSING when one lacks a column that it names. */
export async function tablesFor(
  session: Session,
  rule: { readonly id: string; readonly table: string; readonly action?: string },
  columns: readonly string[],
): Promise<StandingTable[]> {
  const meant = (await listTables(session)).filter(({ schema, name }) => meansTable(rule, schema, name));
  const tables: StandingTable[] = [];
  for (const row of meant) {
    const standing = await readColumns(session, row.id);
    const table: StandingTable = {
      ...row,
      relation: quoteTable(row),
      columns: standing,
      keys: await readKeys(session, row.id, standing),
      rows: await readRows(session, row.id),
      isReferenced: await isReferenced(session, row.id),
    };
    const missing = columns.find((column) => !table.columns.has(column.toLowerCase()));
    if (missing)
      throw new FreshetError('SCRUB_COLUMN_MISSING', { rule: rule.id, column: missing, table: nameOf(table) });
    tables.push(table);
  }
  return tables;
}

export function tablesOfRule(session: Session, rule: ScrubRule): Promise<StandingTable[]> {
  return tablesFor(session, rule, columnsOf(rule));
}

/** As findings and outcomes name it. */
export function nameOf({ schema, name }: Pick<StandingTable, 'schema' | 'name'>): string {
  return `${schema}.${name}`;
}

export function columnOf(table: StandingTable, column: string): StandingColumn {
  const found = table.columns.get(column.toLowerCase());
  if (!found) throw new FreshetError('SCRUB_COLUMN_MISSING', { rule: '', column, table: nameOf(table) });
  return found;
}

function listTables(session: Session): Promise<TableRow[]> {
  return session.query<TableRow>(
    `SELECT t.object_id AS id, s.name AS [schema], t.name AS name FROM sys.tables t JOIN sys.schemas s ON s.schema_id = t.schema_id
WHERE t.is_ms_shipped = 0 AND s.name <> @traces ORDER BY s.name, t.name`,
    { traces: text(TRACES_SCHEMA) },
  );
}

interface ColumnRow extends TypeFacts {
  readonly name: string;
  /** Made by the server: no rule writes it. */
  readonly made: number;
}

async function readColumns(session: Session, id: number): Promise<Map<string, StandingColumn>> {
  const rows = await session.query<ColumnRow>(
    `SELECT c.name AS name, COALESCE(b.name, t.name) AS base, CAST(c.max_length AS int) AS bytes, CAST(c.precision AS int) AS precision,
  CAST(c.scale AS int) AS scale, CASE WHEN c.is_computed = 1 OR c.is_identity = 1 THEN 1 ELSE 0 END AS made
FROM sys.columns c JOIN sys.types t ON t.user_type_id = c.user_type_id
LEFT JOIN sys.types b ON b.user_type_id = t.system_type_id AND b.system_type_id = t.system_type_id
WHERE c.object_id = @id ORDER BY c.column_id`,
    { id: int(id) },
  );
  return new Map(rows.map((row) => [row.name.toLowerCase(), columnFrom(row)]));
}

function columnFrom({ name, made, ...facts }: ColumnRow): StandingColumn {
  const type = { ...facts, base: facts.base.toLowerCase() };
  return {
    name,
    base: type.base,
    type: typeText(type),
    compared: comparedAs(type),
    masked: made === 1 ? null : maskedAs(type),
  };
}

/** Only those that ranges can be told by. */
async function readKeys(
  session: Session,
  id: number,
  columns: ReadonlyMap<string, StandingColumn>,
): Promise<string[][]> {
  const rows = await session.query<{ number: number; column: string; nullable: boolean }>(
    `SELECT i.index_id AS number, c.name AS [column], c.is_nullable AS nullable
FROM sys.indexes i JOIN sys.index_columns k ON k.object_id = i.object_id AND k.index_id = i.index_id
JOIN sys.columns c ON c.object_id = k.object_id AND c.column_id = k.column_id
WHERE i.object_id = @id AND i.is_unique = 1 AND i.has_filter = 0 AND i.is_disabled = 0 AND k.key_ordinal > 0
ORDER BY i.is_primary_key DESC, i.index_id, k.key_ordinal`,
    { id: int(id) },
  );
  const keys = Map.groupBy(rows, ({ number }) => number);
  return [...keys.values()]
    .filter((key) => key.every(({ column, nullable }) => !nullable && isOrderedColumn(columns, column)))
    .map((key) => key.map(({ column }) => column));
}

function isOrderedColumn(columns: ReadonlyMap<string, StandingColumn>, name: string): boolean {
  const column = columns.get(name.toLowerCase());
  return column !== undefined && isOrdered({ base: column.base, bytes: 0, precision: 0, scale: 0 });
}

async function readRows(session: Session, id: number): Promise<number> {
  const [row] = await session.query<{ rows: string | number | null }>(
    'SELECT SUM([rows]) AS [rows] FROM sys.partitions WHERE object_id = @id AND index_id IN (0, 1)',
    { id: int(id) },
  );
  return Number(row?.rows ?? 0);
}

/** By a foreign key of another table, or by a view with rows of its own: TRUNCATE is refused then. */
async function isReferenced(session: Session, id: number): Promise<boolean> {
  const rows = await session.query(
    `SELECT 1 AS there FROM sys.foreign_keys WHERE referenced_object_id = @id AND parent_object_id <> @id
UNION ALL SELECT 1 FROM sys.sql_expression_dependencies d JOIN sys.indexes i ON i.object_id = d.referencing_id WHERE d.referenced_id = @id`,
    { id: int(id) },
  );
  return rows.length > 0;
}

export interface ColumnName {
  readonly schema: string;
  readonly table: string;
  readonly column: string;
}

/** Every column of every table. */
export function listColumns(session: Session): Promise<ColumnName[]> {
  return session.query<ColumnName>(
    `SELECT s.name AS [schema], t.name AS [table], c.name AS [column] FROM sys.columns c
JOIN sys.tables t ON t.object_id = c.object_id JOIN sys.schemas s ON s.schema_id = t.schema_id
WHERE t.is_ms_shipped = 0 AND s.name <> @traces ORDER BY s.name, t.name, c.column_id`,
    { traces: text(TRACES_SCHEMA) },
  );
}

export const quotedColumn = (table: StandingTable, column: string): string => quoteName(columnOf(table, column).name);
