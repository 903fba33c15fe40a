import type { Session } from '../../sql/postgres/session.ts';
import type { StandingTable } from '../sql/alterations.ts';
import type { ObjectName, OwnObject } from '../sql/statements.ts';
import { ID, keyName } from './dialect.ts';

/** What stands in the database; PostgreSQL's catalog, one question per function. */

/** A profile's objects are tables alone. */
export async function standingNames(
  session: Session,
  _kind: OwnObject['kind'],
  schema: string,
  names: readonly string[],
): Promise<string[]> {
  const rows = await session.query<{ name: string }>(
    `SELECT c.relname AS name FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
     WHERE n.nspname = $1 AND c.relname = ANY ($2::text[]) AND c.relkind IN ('r', 'p', 'v', 'm', 'f')`,
    [schema, names],
  );
  return rows.map(({ name }) => name);
}

export async function schemaStands(session: Session, schema: string): Promise<boolean> {
  const rows = await session.query('SELECT 1 FROM pg_catalog.pg_namespace WHERE nspname = $1', [schema]);
  return rows.length > 0;
}

export async function standingTable(session: Session, table: ObjectName): Promise<StandingTable | null> {
  const rows = await session.query<{ kind: string; columns: Record<string, string> | null; hasKey: boolean }>(
    `SELECT c.relkind AS kind,
       (SELECT json_object_agg(a.attname, format_type(a.atttypid, a.atttypmod)) FROM pg_catalog.pg_attribute a
        WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped) AS columns,
       EXISTS (SELECT 1 FROM pg_catalog.pg_index i
               JOIN pg_catalog.pg_attribute a ON a.attrelid = c.oid AND a.attnum = i.indkey[0]
               WHERE i.indrelid = c.oid AND i.indisunique AND i.indisvalid AND i.indnkeyatts = 1
                 AND i.indpred IS NULL AND a.attname = $3) AS "hasKey"
     FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
     WHERE n.nspname = $1 AND c.relname = $2 AND c.relkind IN ('r', 'p', 'v', 'm', 'f')`,
    [table.schema, table.name, ID],
  );
  const row = rows[0];
  if (!row) return null;
  return {
    isTable: row.kind === 'r' || row.kind === 'p',
    columns: new Map(Object.entries(row.columns ?? {})),
    hasKey: row.hasKey,
  };
}

export async function isOurs(session: Session, table: ObjectName): Promise<boolean> {
  const rows = await session.query(
    `SELECT 1 FROM pg_catalog.pg_constraint k JOIN pg_catalog.pg_class c ON c.oid = k.conrelid
     JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
     WHERE n.nspname = $1 AND c.relname = $2 AND k.conname = $3`,
    [table.schema, table.name, keyName(table)],
  );
  return rows.length > 0;
}

export async function hasColumn(session: Session, table: ObjectName, column: string): Promise<boolean> {
  const rows = await session.query(
    `SELECT 1 FROM pg_catalog.pg_attribute a JOIN pg_catalog.pg_class c ON c.oid = a.attrelid
     JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
     WHERE n.nspname = $1 AND c.relname = $2 AND a.attname = $3 AND NOT a.attisdropped`,
    [table.schema, table.name, column],
  );
  return rows.length > 0;
}
