import { quoteTable } from '../../sql/sqlserver/names.ts';
import { int, type Session, text } from '../../sql/sqlserver/session.ts';
import type { ColumnName, SqlColumn, SqlTable, TableName } from '../sql/tables.ts';
import { TRACES_SCHEMA } from './traces.ts';
import { comparedAs, isOrdered, maskedAs, type TypeFacts, typeText } from './types.ts';

/** The catalog of SQL Server. */

export interface StandingColumn extends SqlColumn {
  /** The system's type without its size. */
  readonly base: string;
}

export interface StandingTable extends SqlTable<StandingColumn> {
  readonly id: number;
}

type TableRow = Pick<StandingTable, 'id' | 'schema' | 'name'>;

export async function readTables(session: Session, isMeant: (table: TableName) => boolean): Promise<StandingTable[]> {
  const tables: StandingTable[] = [];
  for (const row of (await listTables(session)).filter(isMeant)) {
    const columns = await readColumns(session, row.id);
    tables.push({
      ...row,
      relation: quoteTable(row),
      columns,
      keys: await readKeys(session, row.id, columns),
      rows: await readRows(session, row.id),
      isReferenced: await isReferenced(session, row.id),
    });
  }
  return tables;
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
  readonly writes: StandingColumn['writes'];
}

async function readColumns(session: Session, id: number): Promise<Map<string, StandingColumn>> {
  const rows = await session.query<ColumnRow>(
    `SELECT c.name AS name, COALESCE(b.name, t.name) AS base, CAST(c.max_length AS int) AS bytes, CAST(c.precision AS int) AS precision,
  CAST(c.scale AS int) AS scale,
  CASE WHEN c.is_computed = 1 OR c.is_identity = 1 OR COALESCE(b.name, t.name) IN ('timestamp', 'rowversion') THEN 'nothing'
    WHEN c.is_nullable = 0 THEN 'values' ELSE 'anything' END AS writes
FROM sys.columns c JOIN sys.types t ON t.user_type_id = c.user_type_id
LEFT JOIN sys.types b ON b.user_type_id = t.system_type_id AND b.system_type_id = t.system_type_id
WHERE c.object_id = @id ORDER BY c.column_id`,
    { id: int(id) },
  );
  return new Map(rows.map((row) => [row.name.toLowerCase(), columnFrom(row)]));
}

function columnFrom({ name, writes, ...facts }: ColumnRow): StandingColumn {
  const type = { ...facts, base: facts.base.toLowerCase() };
  return {
    name,
    base: type.base,
    type: typeText(type),
    compared: comparedAs(type),
    masked: maskedAs(type),
    writes,
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

/** Every column of every table. */
export function listColumns(session: Session): Promise<ColumnName[]> {
  return session.query<ColumnName>(
    `SELECT s.name AS [schema], t.name AS [table], c.name AS [column] FROM sys.columns c
JOIN sys.tables t ON t.object_id = c.object_id JOIN sys.schemas s ON s.schema_id = t.schema_id
WHERE t.is_ms_shipped = 0 AND s.name <> @traces ORDER BY s.name, t.name, c.column_id`,
    { traces: text(TRACES_SCHEMA) },
  );
}
