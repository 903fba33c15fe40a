import { fitName, quoteName } from '../../sql/postgres/names.ts';
import type { Session } from '../../sql/postgres/session.ts';
import { isUuid } from '../cells.ts';
import { ID, quoted, SINK_CREATED_ON, SINK_MODIFIED_ON, type TableName, timestampText } from './dialect.ts';
import type { RowShape, RowSource } from './staging.ts';

/** Statements on an entity's table. All but a snapshot's end probe its key and never read the table as a whole. */

export interface Upserted {
  /** Rows that stood before. */
  readonly present: number;
  /** Of these, rows with a higher versionnumber than the one that replaced them. */
  readonly regressed: number;
}

/** What becomes of a row that says already what it is to say: it keeps its time of writing, or gets the new one. */
export type SameRows = 'keep' | 'touch';

/**
 * Writes the rows in key order. What stood before is counted in the same statement, which sees the
 * table as it was. OFFSET 0 keeps the planner from joining by a scan of the whole table, whatever its statistics say.
 */
export function upsertStatement(
  table: TableName,
  shape: RowShape,
  source: Omit<RowSource, 'values'>,
  same: SameRows = 'touch',
): string {
  const version = shape.table.find(({ name, column }) => name === 'versionnumber' && column.type === 'bigint');
  const names = [ID, SINK_CREATED_ON, SINK_MODIFIED_ON, ...shape.table.map(({ name }) => name)].map(quoteName);
  const values = ['s.c0', source.stamp, source.stamp, ...shape.table.map(({ cell }) => `s.c${cell}`)];
  const updates = [SINK_MODIFIED_ON, ...shape.table.map(({ name }) => name)].map(quoteName);
  return `WITH ${source.prelude}before AS MATERIALIZED (
      SELECT count(*)::integer AS present,
        ${version ? `count(*) FILTER (WHERE o.version > s.c${version.cell})::integer` : '0'} AS regressed
      FROM ${source.from} s CROSS JOIN LATERAL (
        SELECT ${version ? 't.versionnumber' : 'NULL::bigint'} AS version
        FROM ${quoted(table)} t WHERE t.id = s.c0 OFFSET 0) o
    ), written AS (
      INSERT INTO ${quoted(table)} AS t (${names.join(', ')})
      SELECT ${values.join(', ')} FROM ${source.from} s ORDER BY s.c0
      ON CONFLICT (${quoteName(ID)}) DO UPDATE SET ${updates.map((name) => `${name} = excluded.${name}`).join(', ')}
      ${same === 'keep' ? `WHERE ${differs(shape)}` : ''}
    )
    SELECT present, regressed FROM before`;
}

/** The version first: where it is another, as in most rows that change, no other column is compared. */
function differs({ table }: RowShape): string {
  const names = table.map(({ name }) => name);
  const ordered = [...names.filter((name) => name === VERSION), ...names.filter((name) => name !== VERSION)];
  return (
    ordered.map((name) => `t.${quoteName(name)} IS DISTINCT FROM excluded.${quoteName(name)}`).join(' OR ') || 'true'
  );
}

const VERSION = 'versionnumber';

export async function upsertRows(
  session: Session,
  table: TableName,
  shape: RowShape,
  source: RowSource,
  same: SameRows = 'touch',
): Promise<Upserted> {
  const text = upsertStatement(table, shape, source, same);
  const [result] = await session.query<Upserted>(text, source.values);
  return result ?? { present: 0, regressed: 0 };
}

/** Where removed rows are written down. */
export interface DeletionLog {
  readonly table: TableName;
  readonly entity: string;
  /** Milliseconds since 1970 UTC. */
  readonly at: number;
  /** The entity's table keeps versions. */
  readonly hasVersion: boolean;
}

/** Removes the rows of these ids; ids that are no UUID name no row. Answers how many stood. */
export async function deleteRows(
  session: Session,
  table: TableName,
  ids: readonly string[],
  log: DeletionLog | null,
): Promise<number> {
  return remove(session, deletionStatement(table, 'id = ANY ($1::uuid[])', log), ids.filter(isUuid), log);
}

/** Removes rows that nothing has written since `stamp` (ms); a row without a stamp is older than any. */
export async function deleteOlderRows(
  session: Session,
  table: TableName,
  stamp: number,
  log: DeletionLog | null,
): Promise<number> {
  const older = `coalesce(${SINK_MODIFIED_ON}, '-infinity') < $1::timestamp`;
  return remove(session, deletionStatement(table, older, log), timestampText(stamp), log);
}

/**
 * Deletes and, if asked, writes the log in one statement. A logged version has to be greater than the row's last one:
 * readers of the log delete copies whose version is smaller.
 */
export function deletionStatement(table: TableName, condition: string, log: DeletionLog | null): string {
  const version = log?.hasVersion ? 'versionnumber' : 'NULL::bigint';
  const logged = log
    ? `, logged AS (
        INSERT INTO ${quoted(log.table)} (entityname, recordid, sinkdeletetime, versionnumber)
        SELECT $2::text, id::text, $3::timestamp, least(coalesce(version, 0), ${BIGINT_MAX - 1n}) + 1 FROM gone ORDER BY id)`
    : '';
  return `WITH gone AS (DELETE FROM ${quoted(table)} WHERE ${condition} RETURNING id, ${version} AS version)${logged}
    SELECT count(*)::integer AS count FROM gone`;
}

const BIGINT_MAX = 2n ** 63n - 1n;

async function remove(session: Session, text: string, which: unknown, log: DeletionLog | null): Promise<number> {
  const values = log ? [which, fitName(log.entity), timestampText(log.at)] : [which];
  const [result] = await session.query<{ count: number }>(text, values);
  return result?.count ?? 0;
}

export async function deleteAll(session: Session, table: TableName): Promise<void> {
  await session.query(`DELETE FROM ${quoted(table)}`);
}

/** Which of these ids have a row. */
export async function standingRows(session: Session, table: TableName, ids: readonly string[]): Promise<Set<string>> {
  const rows = await session.query<{ id: string }>(`SELECT id FROM ${quoted(table)} WHERE id = ANY ($1::uuid[])`, [
    ids.filter(isUuid),
  ]);
  return new Set(rows.map(({ id }) => id));
}

/** Gives the rows a new stamp and nothing else. */
export async function touchRows(
  session: Session,
  table: TableName,
  ids: Iterable<string>,
  stamp: number,
): Promise<void> {
  await session.query(`UPDATE ${quoted(table)} SET ${SINK_MODIFIED_ON} = $2::timestamp WHERE id = ANY ($1::uuid[])`, [
    [...ids],
    timestampText(stamp),
  ]);
}

/** The newest stamp of the table in ms, 0 when it has none. Reads the whole table. */
export async function newestStamp(session: Session, table: TableName): Promise<number> {
  const rows = await session.query<{ stamp: string | null }>(
    `SELECT (extract(epoch FROM max(${SINK_MODIFIED_ON})) * 1000)::bigint AS stamp FROM ${quoted(table)}`,
  );
  return Number(rows[0]?.stamp ?? 0);
}
