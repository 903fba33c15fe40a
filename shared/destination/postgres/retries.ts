import type { Session } from '../../sql/postgres/session.ts';
import { type RemovedRetries, type StoredRetry, withoutStamp } from '../accounting.ts';
import type { RetryEntry } from '../model.ts';
import { entryOf, numberOf, type RetryRow, storableText } from '../sql/retry-rows.ts';
import type { ObjectName } from '../sql/statements.ts';
import { quoted } from './dialect.ts';

/** `RetryStatements` in PostgreSQL's words. */

interface Row extends RetryRow {
  readonly id: string;
}

const COLUMNS =
  'entity, id, blob, changetype, attempts, code, reason, notifiedat, dueat, failedat, settlementid, stamp';

export async function insertRetries(
  session: Session,
  table: ObjectName,
  entries: readonly StoredRetry[],
): Promise<void> {
  await session.query(
    `INSERT INTO ${quoted(table)} (${COLUMNS})
     SELECT * FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::integer[], $6::text[], $7::text[],
       $8::bigint[], $9::bigint[], $10::bigint[], $11::text[], $12::bigint[])`,
    [
      entries.map((entry) => entry.entity),
      entries.map((entry) => entry.id.toLowerCase()),
      entries.map((entry) => entry.blob),
      entries.map((entry) => entry.changeType),
      entries.map((entry) => entry.attempts),
      entries.map((entry) => entry.code),
      entries.map((entry) => storableText(entry.reason)),
      entries.map((entry) => entry.notifiedAt),
      entries.map((entry) => entry.dueAt),
      entries.map((entry) => entry.failedAt),
      entries.map((entry) => entry.settlementId),
      entries.map((entry) => entry.stamp),
    ],
  );
}

export async function updateRetries(
  session: Session,
  table: ObjectName,
  entries: readonly StoredRetry[],
): Promise<void> {
  await session.query(
    `UPDATE ${quoted(table)} r SET attempts = u.attempts, code = u.code, reason = u.reason, dueat = u.dueat,
       failedat = u.failedat, settlementid = u.settlementid,
       logged = r.logged AND r.settlementid IS NOT DISTINCT FROM u.settlementid
     FROM unnest($1::text[], $2::text[], $3::integer[], $4::text[], $5::text[], $6::bigint[], $7::bigint[], $8::text[])
       AS u (entity, id, attempts, code, reason, dueat, failedat, settlementid)
     WHERE r.entity = u.entity AND r.id = u.id`,
    [
      entries.map((entry) => entry.entity),
      entries.map((entry) => entry.id),
      entries.map((entry) => entry.attempts),
      entries.map((entry) => entry.code),
      entries.map((entry) => storableText(entry.reason)),
      entries.map((entry) => entry.dueAt),
      entries.map((entry) => entry.failedAt),
      entries.map((entry) => entry.settlementId),
    ],
  );
}

export async function deleteRetries(
  session: Session,
  table: ObjectName,
  entity: string,
  ids: readonly string[],
): Promise<RemovedRetries> {
  const rows = await session.query<RemovedRetries>(removalStatement(table, 'entity = $1 AND id = ANY ($2::text[])'), [
    entity,
    ids.map((id) => id.toLowerCase()),
  ]);
  return rows[0] ?? { retrying: 0, failed: 0 };
}

export async function deleteRetriesOf(session: Session, table: ObjectName, entities: readonly string[]): Promise<void> {
  await session.query(`DELETE FROM ${quoted(table)} WHERE entity = ANY ($1::text[])`, [entities]);
}

export async function deleteOlderRetries(
  session: Session,
  table: ObjectName,
  entity: string,
  stamp: number,
): Promise<RemovedRetries> {
  const rows = await session.query<RemovedRetries>(removalStatement(table, 'entity = $1 AND stamp < $2'), [
    entity,
    stamp,
  ]);
  return rows[0] ?? { retrying: 0, failed: 0 };
}

export function removalStatement(table: ObjectName, condition: string): string {
  return `WITH gone AS (DELETE FROM ${quoted(table)} WHERE ${condition} RETURNING failedat)
    SELECT count(*) FILTER (WHERE failedat IS NULL)::integer AS retrying, count(failedat)::integer AS failed FROM gone`;
}

export async function readRetries(
  session: Session,
  table: ObjectName,
  entity: string,
  ids: readonly string[],
): Promise<Map<string, StoredRetry>> {
  const rows = await session.query<Row>(
    `SELECT ${COLUMNS} FROM ${quoted(table)} WHERE entity = $1 AND id = ANY ($2::text[])`,
    [entity, ids.map((id) => id.toLowerCase())],
  );
  return new Map(rows.map((row) => [row.id, entryOf(row, row.id)]));
}

export async function readDueRetries(
  session: Session,
  table: ObjectName,
  now: number,
  limit: number,
  except: readonly string[],
): Promise<RetryEntry[]> {
  const rows = await session.query<Row>(
    `SELECT ${COLUMNS} FROM ${quoted(table)} WHERE dueat <= $1 AND entity <> ALL ($3::text[])
     ORDER BY dueat, entity, id LIMIT $2`,
    [now, limit, except],
  );
  return rows.map((row) => withoutStamp(entryOf(row, row.id)));
}

export async function readNextDue(
  session: Session,
  table: ObjectName,
  except: readonly string[],
): Promise<number | null> {
  const rows = await session.query<{ dueat: string | null }>(
    `SELECT min(dueat) AS dueat FROM ${quoted(table)} WHERE entity <> ALL ($1::text[])`,
    [except],
  );
  return numberOf(rows[0]?.dueat ?? null);
}

export async function readUnloggedFailures(session: Session, table: ObjectName, limit: number): Promise<RetryEntry[]> {
  const rows = await session.query<Row>(
    `SELECT * FROM (
       SELECT ${COLUMNS} FROM ${quoted(table)} WHERE failedat IS NOT NULL AND NOT logged
       ORDER BY failedat, settlementid FETCH FIRST $1 ROWS WITH TIES) unlogged
     ORDER BY failedat, settlementid, entity, id`,
    [limit],
  );
  return rows.map((row) => withoutStamp(entryOf(row, row.id)));
}

export async function readOpenBlobs(session: Session, table: ObjectName, blobs: readonly string[]): Promise<string[]> {
  const rows = await session.query<{ blob: string }>(
    `SELECT DISTINCT blob FROM ${quoted(table)} WHERE blob = ANY ($1::text[])`,
    [blobs],
  );
  return rows.map(({ blob }) => blob);
}

export async function reviveFailed(session: Session, table: ObjectName, entity: string, now: number): Promise<number> {
  const rows = await session.query<{ count: number }>(
    `WITH revived AS (
       UPDATE ${quoted(table)} SET attempts = 0, dueat = $2
       WHERE entity = $1 AND failedat IS NOT NULL RETURNING id)
     SELECT count(*)::integer AS count FROM revived`,
    [entity, now],
  );
  return rows[0]?.count ?? 0;
}

export async function updateLogged(
  session: Session,
  table: ObjectName,
  settlementIds: readonly string[],
): Promise<void> {
  await session.query(
    `UPDATE ${quoted(table)} SET logged = true
     WHERE settlementid = ANY ($1::text[]) AND failedat IS NOT NULL AND NOT logged`,
    [settlementIds],
  );
}

export async function readRefusedIds(
  session: Session,
  table: ObjectName,
  entity: string,
  ids: readonly string[],
): Promise<string[]> {
  const rows = await session.query<{ id: string }>(
    `SELECT id FROM ${quoted(table)} WHERE entity = $1 AND id = ANY ($2::text[])`,
    [entity, ids.map((id) => id.toLowerCase())],
  );
  return rows.map(({ id }) => id);
}
