import { fitName, quoteName } from '../../sql/postgres/names.ts';
import type { Session } from '../../sql/postgres/session.ts';
import { isUuid } from '../cells.ts';
import { inStatements } from '../sql/in-statements.ts';
import type { DeletionLog, ObjectName, Upsert, Upserted } from '../sql/statements.ts';
import { ID, quoted, SINK_CREATED_ON, SINK_MODIFIED_ON, timestampText } from './dialect.ts';
import { copyNewRows } from './new-rows.ts';
import { type RowShape, type RowSource, rowShape, stage, unstage } from './staging.ts';

/** `RowStatements` in PostgreSQL's words. */

export { readHeldRows } from './held-rows.ts';

export async function upsertRows(session: Session, table: ObjectName, upsert: Upsert): Promise<Upserted> {
  const { rows, stamp, same } = upsert;
  const shape = rowShape(upsert.columns);
  const written = { present: 0, regressed: 0 };
  if (await copyNewRows(session, table, shape, upsert)) return written;
  for (const some of inStatements(rows, upsert.statementRows)) {
    if (some !== rows) await unstage(session);
    const source = await stage(session, shape, some, stamp, some === rows ? upsert.onStaged : undefined);
    const { present, regressed } = await mergeRows(session, table, shape, source, same);
    written.present += present;
    written.regressed += regressed;
  }
  return written;
}

/**
 * Rows that stand with an older version are written first, by a plain update: in most batches these are all of them, and it costs
 * two thirds of what an insert on conflict does. The rest is added, or written where it says something else, in key order. What stood
 * before is counted in the same statement, which sees the table as it was. OFFSET 0, and a limit that is not known beforehand, keep
 * the planner from joining by a scan of the whole table, whatever its statistics say.
 */
export function upsertStatement(
  table: ObjectName,
  shape: RowShape,
  source: Omit<RowSource, 'values'>,
  same: Upsert['same'] = 'touch',
): string {
  const version = shape.table.find(({ name, column }) => name === VERSION && column.type === 'bigint');
  const names = [ID, SINK_CREATED_ON, SINK_MODIFIED_ON, ...shape.table.map(({ name }) => name)].map(quoteName);
  const values = ['s.c0', source.stamp, source.stamp, ...shape.table.map(({ cell }) => `s.c${cell}`)];
  const updates = names.map((name, k) => ({ name, value: values[k] })).slice(2);
  const few = `(SELECT * FROM ${source.from} ORDER BY c0 ${UNKNOWN_LIMIT})`;
  const newer =
    version && same === 'keep'
      ? `newer AS (
      UPDATE ${quoted(table)} t SET ${updates.map(({ name, value }) => `${name} = ${value}`).join(', ')}
      FROM ${few} s WHERE t.id = s.c0 AND t.${quoteName(VERSION)} < s.c${version.cell} RETURNING t.id
    ), rest AS MATERIALIZED (
      SELECT * FROM ${source.from} WHERE c0 NOT IN (SELECT id FROM newer)
    ), `
      : '';
  const rest = newer ? 'rest' : source.from;
  return `WITH ${source.prelude}${newer}before AS MATERIALIZED (
      SELECT count(*)::integer AS present,
        ${version ? `count(*) FILTER (WHERE o.version > s.c${version.cell})::integer` : '0'} AS regressed
      FROM ${rest} s CROSS JOIN LATERAL (
        SELECT ${version ? `t.${quoteName(VERSION)}` : 'NULL::bigint'} AS version
        FROM ${quoted(table)} t WHERE t.id = s.c0 OFFSET 0) o
    ), written AS (
      INSERT INTO ${quoted(table)} AS t (${names.join(', ')})
      SELECT ${values.join(', ')} FROM ${rest} s ORDER BY s.c0
      ON CONFLICT (${quoteName(ID)}) DO UPDATE SET ${updates.map(({ name }) => `${name} = excluded.${name}`).join(', ')}
      ${same === 'keep' ? `WHERE ${differs(shape)}` : ''}
    )
    SELECT ${newer ? '(SELECT count(*)::integer FROM newer) + ' : ''}present AS present, regressed FROM before`;
}

/** The planner takes one that it can't know for a tenth of the rows. */
const UNKNOWN_LIMIT = 'LIMIT (SELECT 9223372036854775807)';

/** The version first: where it is another, as in most rows that change, no other column is compared. */
function differs({ table }: RowShape): string {
  const names = table.map(({ name }) => name);
  const ordered = [...names.filter((name) => name === VERSION), ...names.filter((name) => name !== VERSION)];
  return (
    ordered.map((name) => `t.${quoteName(name)} IS DISTINCT FROM excluded.${quoteName(name)}`).join(' OR ') || 'true'
  );
}

const VERSION = 'versionnumber';

export async function mergeRows(
  session: Session,
  table: ObjectName,
  shape: RowShape,
  source: RowSource,
  same: Upsert['same'] = 'touch',
): Promise<Upserted> {
  const text = upsertStatement(table, shape, source, same);
  const [result] = await session.query<Upserted>(text, source.values);
  return result ?? { present: 0, regressed: 0 };
}

export async function deleteRows(
  session: Session,
  table: ObjectName,
  ids: readonly string[],
  log: DeletionLog | null,
): Promise<number> {
  return remove(session, table, 'id = ANY ($1::uuid[])', [ids.filter(isUuid)], log);
}

export async function deleteOlderRows(
  session: Session,
  table: ObjectName,
  stamp: number,
  { retry, entity }: { readonly retry: ObjectName; readonly entity: string },
  log: DeletionLog | null,
): Promise<number> {
  const older = `coalesce(${SINK_MODIFIED_ON}, '-infinity') < $1::timestamp AND NOT EXISTS (
    SELECT 1 FROM ${quoted(retry)} r WHERE r.entity = $2 AND r.id = t.id::text AND r.stamp >= $3)`;
  return remove(session, table, older, [timestampText(stamp), entity, stamp], log);
}

/**
 * Deletes and, if asked, writes the log in one statement. A logged version has to be greater than the row's last one:
 * readers of the log delete copies whose version is smaller. `given`: how many parameters the condition has.
 */
export function deletionStatement(table: ObjectName, condition: string, log: DeletionLog | null, given = 1): string {
  const version = log?.hasVersion ? 'versionnumber' : 'NULL::bigint';
  const logged = log
    ? `, logged AS (
        INSERT INTO ${quoted(log.table)} (entityname, recordid, sinkdeletetime, versionnumber)
        SELECT $${given + 1}::text, id::text, $${given + 2}::timestamp, least(coalesce(version, 0), ${BIGINT_MAX - 1n}) + 1 FROM gone ORDER BY id)`
    : '';
  return `WITH gone AS (DELETE FROM ${quoted(table)} t WHERE ${condition} RETURNING id, ${version} AS version)${logged}
    SELECT count(*)::integer AS count FROM gone`;
}

const BIGINT_MAX = 2n ** 63n - 1n;

async function remove(
  session: Session,
  table: ObjectName,
  condition: string,
  which: readonly unknown[],
  log: DeletionLog | null,
): Promise<number> {
  const values = log ? [...which, fitName(log.entity), timestampText(log.at)] : which;
  const text = deletionStatement(table, condition, log, which.length);
  const [result] = await session.query<{ count: number }>(text, values);
  return result?.count ?? 0;
}

export async function standingRows(session: Session, table: ObjectName, ids: readonly string[]): Promise<Set<string>> {
  const rows = await session.query<{ id: string }>(`SELECT id FROM ${quoted(table)} WHERE id = ANY ($1::uuid[])`, [
    ids.filter(isUuid),
  ]);
  return new Set(rows.map(({ id }) => id));
}

export async function newestStamp(session: Session, table: ObjectName): Promise<number> {
  const rows = await session.query<{ stamp: string | null }>(
    `SELECT (extract(epoch FROM max(${SINK_MODIFIED_ON})) * 1000)::bigint AS stamp FROM ${quoted(table)}`,
  );
  return Number(rows[0]?.stamp ?? 0);
}
