import { type Session, text } from '../../sql/sqlserver/session.ts';
import type { StandingTable } from '../sql/alterations.ts';
import { inStatements } from '../sql/in-statements.ts';
import type { ObjectName, OwnObject } from '../sql/statements.ts';
import { ID, keyName } from './dialect.ts';
import { names as named } from './lists.ts';

/** What stands in the database, one question per function. Names are compared as the catalog compares them. */

/** Parameters of one statement; SQL Server takes 2,100. */
const NAMES_AT_ONCE = 1_000;

const CATALOG = {
  table: `SELECT TABLE_NAME AS name FROM INFORMATION_SCHEMA.TABLES WHERE TABLE_SCHEMA = @schema AND TABLE_NAME IN`,
  type: `SELECT t.name AS name FROM sys.table_types t INNER JOIN sys.schemas s ON s.schema_id = t.schema_id
    WHERE s.name = @schema AND t.name IN`,
  procedure: `SELECT ROUTINE_NAME AS name FROM INFORMATION_SCHEMA.ROUTINES WHERE ROUTINE_SCHEMA = @schema AND ROUTINE_NAME IN`,
} as const;

export async function standingNames(
  session: Session,
  kind: OwnObject['kind'],
  schema: string,
  names: readonly string[],
): Promise<string[]> {
  const standing: string[] = [];
  for (const some of inStatements(names, NAMES_AT_ONCE)) {
    const { operand, parameters } = named(some);
    const rows = await session.query<{ name: string }>(`${CATALOG[kind]} ${operand}`, {
      ...parameters,
      schema: text(schema),
    });
    standing.push(...rows.map(({ name }) => name));
  }
  return standing;
}

export async function schemaStands(session: Session, schema: string): Promise<boolean> {
  const rows = await session.query('SELECT 1 AS stands FROM sys.schemas WHERE name = @schema', {
    schema: text(schema),
  });
  return rows.length > 0;
}

interface ColumnRow {
  readonly kind: string;
  readonly name: string;
  readonly type: string;
  readonly length: number | null;
  readonly precision: number | null;
  readonly scale: number | null;
}

export async function standingTable(session: Session, table: ObjectName): Promise<StandingTable | null> {
  const rows = await session.query<ColumnRow>(
    `SELECT t.TABLE_TYPE AS kind, c.COLUMN_NAME AS name, c.DATA_TYPE AS type, c.CHARACTER_MAXIMUM_LENGTH AS [length],
       c.NUMERIC_PRECISION AS [precision], c.NUMERIC_SCALE AS [scale]
     FROM INFORMATION_SCHEMA.TABLES t INNER JOIN INFORMATION_SCHEMA.COLUMNS c
       ON c.TABLE_SCHEMA = t.TABLE_SCHEMA AND c.TABLE_NAME = t.TABLE_NAME
     WHERE t.TABLE_SCHEMA = @schema AND t.TABLE_NAME = @name`,
    { schema: text(table.schema), name: text(table.name) },
  );
  const [first] = rows;
  if (!first) return null;
  return {
    isTable: first.kind === 'BASE TABLE',
    columns: new Map(rows.map((row) => [row.name.toLowerCase(), typeOf(row)])),
    hasKey: await hasKey(session, table),
  };
}

/** As a definition writes it: `nvarchar(100)`, `nvarchar(max)`, `decimal(38, 2)`. */
function typeOf({ type, length, precision, scale }: ColumnRow): string {
  if (length !== null && /char|binary/.test(type)) return `${type}(${length < 0 ? 'max' : length})`;
  return type === 'decimal' || type === 'numeric' ? `${type}(${precision}, ${scale})` : type;
}

async function hasKey(session: Session, table: ObjectName): Promise<boolean> {
  const keys = await session.query<{ columns: number; name: string }>(
    `SELECT COUNT(*) AS columns, MIN(c.name) AS name
     FROM sys.indexes i
       INNER JOIN sys.index_columns k ON k.object_id = i.object_id AND k.index_id = i.index_id AND k.is_included_column = 0
       INNER JOIN sys.columns c ON c.object_id = k.object_id AND c.column_id = k.column_id
       INNER JOIN sys.objects o ON o.object_id = i.object_id
       INNER JOIN sys.schemas s ON s.schema_id = o.schema_id
     WHERE s.name = @schema AND o.name = @name AND i.is_unique = 1 AND i.has_filter = 0 AND i.is_disabled = 0
     GROUP BY i.index_id`,
    { schema: text(table.schema), name: text(table.name) },
  );
  return keys.some(({ columns, name }) => columns === 1 && name.toLowerCase() === ID.toLowerCase());
}

export async function isOurs(session: Session, table: ObjectName): Promise<boolean> {
  const rows = await session.query<{ name: string }>(
    `SELECT k.name AS name FROM sys.key_constraints k
       INNER JOIN sys.objects o ON o.object_id = k.parent_object_id
       INNER JOIN sys.schemas s ON s.schema_id = o.schema_id
     WHERE s.name = @schema AND o.name = @name`,
    { schema: text(table.schema), name: text(table.name) },
  );
  return rows.some(({ name }) => name.toLowerCase() === keyName(table).toLowerCase());
}

export async function hasColumn(session: Session, table: ObjectName, column: string): Promise<boolean> {
  const rows = await session.query(
    `SELECT 1 AS stands FROM INFORMATION_SCHEMA.COLUMNS
     WHERE TABLE_SCHEMA = @schema AND TABLE_NAME = @name AND COLUMN_NAME = @column`,
    { schema: text(table.schema), name: text(table.name), column: text(column) },
  );
  return rows.length > 0;
}
