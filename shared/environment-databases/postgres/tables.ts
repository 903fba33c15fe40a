import { quoteTable } from '../../sql/postgres/names.ts';
import type { Session } from '../../sql/postgres/session.ts';
import type { MaskedColumn } from '../masks.ts';
import type { ColumnName, SqlColumn, SqlTable, TableName } from '../sql/tables.ts';
import { TRACES_SCHEMA } from './traces.ts';

/** The catalog of PostgreSQL. */

export interface StandingTable extends SqlTable {
  readonly id: string;
  /** The largest partition's for a partitioned table; null where rows are not found by block. */
  readonly blocks: number | null;
}

type TableRow = Pick<StandingTable, 'id' | 'schema' | 'name' | 'rows' | 'isReferenced'>;

export async function readTables(session: Session, isMeant: (table: TableName) => boolean): Promise<StandingTable[]> {
  const tables: StandingTable[] = [];
  for (const row of (await listTables(session)).filter(isMeant))
    tables.push({
      ...row,
      relation: quoteTable(row),
      columns: await readColumns(session, row.id),
      keys: await readKeys(session, row.id),
      blocks: await readBlocks(session, row.id),
    });
  return tables;
}

/** Every table but partitions, which their parents stand for. */
function listTables(session: Session): Promise<TableRow[]> {
  return session.query<TableRow>(
    `SELECT c.oid::text AS id, n.nspname AS schema, c.relname AS name, c.reltuples::float8 AS rows,
       EXISTS (SELECT FROM pg_catalog.pg_constraint k WHERE k.confrelid = c.oid AND k.contype = 'f' AND k.conrelid <> c.oid) AS "isReferenced"
     FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
     WHERE c.relkind IN ('r', 'p') AND NOT c.relispartition AND c.relpersistence <> 't' AND n.nspname !~ '^pg_'
       AND n.nspname NOT IN ('information_schema', '${TRACES_SCHEMA}') ORDER BY n.nspname, c.relname`,
  );
}

async function readColumns(session: Session, id: string): Promise<Map<string, SqlColumn>> {
  interface Row extends Omit<SqlColumn, 'masked'> {
    readonly kind: MaskedColumn['kind'] | null;
    readonly maxLength: number | null;
  }
  const rows = await session.query<Row>(
    `SELECT a.attname AS name, format_type(a.atttypid, a.atttypmod) AS type,
       CASE b.typcategory WHEN 'N' THEN 'number' WHEN 'B' THEN 'flag' ELSE 'text' END AS compared,
       CASE WHEN b.typname IN ('text', 'varchar', 'bpchar', 'citext') THEN 'text'
         WHEN b.typname IN ('int2', 'int4', 'int8', 'numeric') THEN 'number' WHEN b.typname = 'uuid' THEN 'guid' END AS kind,
       CASE WHEN a.attgenerated <> '' OR a.attidentity = 'a' THEN 'nothing' WHEN a.attnotnull THEN 'values' ELSE 'anything' END AS writes,
       CASE WHEN b.typname IN ('varchar', 'bpchar') AND m.typmod > 4 THEN m.typmod - 4 END AS "maxLength"
     FROM pg_catalog.pg_attribute a JOIN pg_catalog.pg_type t ON t.oid = a.atttypid
     JOIN pg_catalog.pg_type b ON b.oid = CASE t.typtype WHEN 'd' THEN t.typbasetype ELSE t.oid END
     CROSS JOIN LATERAL (SELECT CASE t.typtype WHEN 'd' THEN t.typtypmod ELSE a.atttypmod END AS typmod) m
     WHERE a.attrelid = $1::oid AND a.attnum > 0 AND NOT a.attisdropped ORDER BY a.attnum`,
    [id],
  );
  return new Map(
    rows.map(({ kind, maxLength, ...row }) => [
      row.name.toLowerCase(),
      { ...row, masked: kind && { kind, maxLength } },
    ]),
  );
}

async function readBlocks(session: Session, id: string): Promise<number | null> {
  const [row] = await session.query<{ blocks: string | null }>(
    `SELECT CASE WHEN c.relkind = 'r' AND (c.relhassubclass OR m.amname <> 'heap') THEN NULL
       WHEN c.relkind = 'r' THEN pg_relation_size(c.oid)
       ELSE (SELECT max(pg_relation_size(p.relid)) FROM pg_partition_tree(c.oid) p WHERE p.isleaf) END::bigint
         / current_setting('block_size')::bigint AS blocks
     FROM pg_catalog.pg_class c LEFT JOIN pg_catalog.pg_am m ON m.oid = c.relam WHERE c.oid = $1::oid`,
    [id],
  );
  return row?.blocks == null ? null : Number(row.blocks);
}

/** None where other tables inherit from this one: their rows may have the same keys. */
async function readKeys(session: Session, id: string): Promise<string[][]> {
  const rows = await session.query<{ columns: string[] }>(
    `SELECT array_agg(a.attname::text ORDER BY k.place) AS columns
     FROM pg_catalog.pg_index x CROSS JOIN LATERAL unnest(x.indkey[0:x.indnkeyatts - 1]) WITH ORDINALITY k (number, place)
     LEFT JOIN pg_catalog.pg_attribute a ON a.attrelid = x.indrelid AND a.attnum = k.number AND a.attnotnull
     WHERE x.indrelid = $1::oid AND NOT (SELECT c.relkind = 'r' AND c.relhassubclass FROM pg_catalog.pg_class c WHERE c.oid = x.indrelid)
       AND x.indisunique AND x.indisvalid AND x.indimmediate AND x.indpred IS NULL AND x.indexprs IS NULL
     GROUP BY x.indexrelid, x.indisprimary, x.indnkeyatts HAVING count(a.attname) = x.indnkeyatts
     ORDER BY x.indisprimary DESC, x.indnkeyatts, x.indexrelid`,
    [id],
  );
  return rows.map(({ columns }) => columns);
}

/** Every column of every table. */
export function listColumns(session: Session): Promise<ColumnName[]> {
  return session.query<ColumnName>(
    `SELECT n.nspname AS schema, c.relname AS "table", a.attname AS "column"
     FROM pg_catalog.pg_attribute a JOIN pg_catalog.pg_class c ON c.oid = a.attrelid JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
     WHERE c.relkind IN ('r', 'p') AND NOT c.relispartition AND c.relpersistence <> 't' AND a.attnum > 0 AND NOT a.attisdropped
       AND n.nspname !~ '^pg_' AND n.nspname NOT IN ('information_schema', '${TRACES_SCHEMA}')
     ORDER BY n.nspname, c.relname, a.attnum`,
  );
}
