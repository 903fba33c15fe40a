import { TYPES } from 'tedious';
import { fitName } from '../../sql/sqlserver/names.ts';
import { bigint, int, type Session, text } from '../../sql/sqlserver/session.ts';
import { type Staged, type StagedColumn, stage } from '../../sql/sqlserver/staging.ts';
import { type RemovedRetries, type StoredRetry, withoutStamp } from '../accounting.ts';
import type { RetryEntry } from '../model.ts';
import { entryOf, numberOf, type RetryRow, storableText } from '../sql/retry-rows.ts';
import type { ObjectName } from '../sql/statements.ts';
import { BY_BYTES, quoted } from './dialect.ts';
import { stageTexts, textsIn } from './lists.ts';

/** `RetryStatements` in T-SQL. */

interface Row extends RetryRow {
  readonly recordid: string;
}

/** What is kept of an entry, in the order of the columns, and how it travels. */
const STAGED: readonly StagedColumn[] = [
  { name: 'entity', type: `nvarchar(128) ${BY_BYTES}`, load: { type: TYPES.NVarChar, length: 128 } },
  { name: 'recordid', type: `nvarchar(128) ${BY_BYTES}`, load: { type: TYPES.NVarChar, length: 128 } },
  { name: 'blob', type: `nvarchar(400) ${BY_BYTES}`, load: { type: TYPES.NVarChar, length: 400 } },
  { name: 'changetype', type: 'nvarchar(10)', load: { type: TYPES.NVarChar, length: 10 } },
  { name: 'attempts', type: 'int', load: { type: TYPES.Int } },
  { name: 'code', type: 'nvarchar(64)', load: { type: TYPES.NVarChar, length: 64 } },
  { name: 'reason', type: 'nvarchar(max)', load: { type: TYPES.NVarChar, length: Number.POSITIVE_INFINITY } },
  { name: 'notifiedat', type: 'bigint', load: { type: TYPES.BigInt } },
  { name: 'dueat', type: 'bigint', load: { type: TYPES.BigInt } },
  { name: 'failedat', type: 'bigint', load: { type: TYPES.BigInt } },
  { name: 'settlementid', type: `nvarchar(128) ${BY_BYTES}`, load: { type: TYPES.NVarChar, length: 128 } },
  { name: 'stamp', type: 'bigint', load: { type: TYPES.BigInt } },
];

const COLUMNS = STAGED.map(({ name }) => name).join(', ');

function stageEntries(session: Session, entries: readonly StoredRetry[]): Promise<Staged> {
  const rows = entries.map((entry) => [
    entry.entity,
    keyOf(entry.id),
    entry.blob,
    entry.changeType,
    entry.attempts,
    entry.code,
    storableText(entry.reason),
    entry.notifiedAt,
    entry.dueAt,
    entry.failedAt,
    entry.settlementId,
    entry.stamp,
  ]);
  return stage(session, 'retries', STAGED, rows);
}

export async function insertRetries(
  session: Session,
  table: ObjectName,
  entries: readonly StoredRetry[],
): Promise<void> {
  const staged = await stageEntries(session, entries);
  await session.query(
    `${staged.prelude}INSERT INTO ${quoted(table)} (${COLUMNS}, logged) SELECT ${COLUMNS}, 0 FROM ${staged.table}`,
    staged.parameters,
  );
}

export async function updateRetries(
  session: Session,
  table: ObjectName,
  entries: readonly StoredRetry[],
): Promise<void> {
  const staged = await stageEntries(session, entries);
  await session.query(
    `${staged.prelude}UPDATE r SET attempts = u.attempts, code = u.code, reason = u.reason, dueat = u.dueat,
       failedat = u.failedat, settlementid = u.settlementid,
       logged = CASE WHEN r.logged = 1 AND r.settlementid = u.settlementid THEN 1 ELSE 0 END
     FROM ${quoted(table)} r INNER JOIN ${staged.few} u ON r.entity = u.entity AND r.recordid = u.recordid`,
    staged.parameters,
  );
}

export async function deleteRetries(
  session: Session,
  table: ObjectName,
  entity: string,
  ids: readonly string[],
): Promise<RemovedRetries> {
  const staged = await stageKeys(session, ids);
  const which = `INNER JOIN ${staged.few} i ON i.id = r.recordid WHERE r.entity = @entity`;
  const statement = removal(table, which, staged.prelude);
  return removed(await session.query<RemovedRetries>(statement, { ...staged.parameters, entity: text(entity) }));
}

export async function deleteRetriesOf(session: Session, table: ObjectName, entities: readonly string[]): Promise<void> {
  const { operand, parameters } = textsIn('entities', entities);
  await session.query(`DELETE FROM ${quoted(table)} WHERE entity IN ${operand}`, parameters);
}

export async function deleteOlderRetries(
  session: Session,
  table: ObjectName,
  entity: string,
  stamp: number,
): Promise<RemovedRetries> {
  const statement = removal(table, 'WHERE r.entity = @entity AND r.stamp < @stamp');
  return removed(await session.query<RemovedRetries>(statement, { entity: text(entity), stamp: bigint(stamp) }));
}

/** Counts entries `r` and removes them, under the lock of the position; `which`: joins and condition. */
function removal(table: ObjectName, which: string, prelude = ''): string {
  const entries = `FROM ${quoted(table)} r ${which}`;
  return `SET NOCOUNT ON;
${prelude}DECLARE @all int, @failed int;
SELECT @all = COUNT(*), @failed = COUNT(r.failedat) ${entries};
IF @all > 0 DELETE r ${entries};
SELECT @all - @failed AS retrying, @failed AS failed`;
}

function removed(rows: readonly RemovedRetries[]): RemovedRetries {
  return rows[0] ?? { retrying: 0, failed: 0 };
}

export async function readRetries(
  session: Session,
  table: ObjectName,
  entity: string,
  ids: readonly string[],
): Promise<Map<string, StoredRetry>> {
  const staged = await stageKeys(session, ids);
  const rows = await session.query<Row>(
    `${staged.prelude}SELECT ${COLUMNS} FROM ${quoted(table)} r INNER JOIN ${staged.few} i ON i.id = r.recordid
     WHERE r.entity = @entity`,
    { ...staged.parameters, entity: text(entity) },
  );
  return new Map(rows.map((row) => [row.recordid, entryOf(row, row.recordid)]));
}

export async function readDueRetries(
  session: Session,
  table: ObjectName,
  now: number,
  limit: number,
  except: readonly string[],
): Promise<RetryEntry[]> {
  const { operand, parameters } = textsIn('except', except);
  const rows = await session.query<Row>(
    `SELECT TOP (@limit) ${COLUMNS} FROM ${quoted(table)} r
     WHERE r.dueat <= @now AND r.entity NOT IN ${operand} ORDER BY r.dueat, r.entity, r.recordid`,
    { ...parameters, now: bigint(now), limit: int(limit) },
  );
  return rows.map((row) => withoutStamp(entryOf(row, row.recordid)));
}

export async function readNextDue(
  session: Session,
  table: ObjectName,
  except: readonly string[],
): Promise<number | null> {
  const { operand, parameters } = textsIn('except', except);
  const rows = await session.query<{ dueat: string | null }>(
    `SELECT MIN(dueat) AS dueat FROM ${quoted(table)} WHERE entity NOT IN ${operand}`,
    parameters,
  );
  return numberOf(rows[0]?.dueat ?? null);
}

const UNLOGGED = 'failedat IS NOT NULL AND logged = 0';

export async function readUnloggedFailures(session: Session, table: ObjectName, limit: number): Promise<RetryEntry[]> {
  const rows = await session.query<Row>(
    `SELECT ${COLUMNS} FROM ${quoted(table)} r WHERE ${UNLOGGED} AND settlementid IN (
       SELECT oldest.settlementid FROM (
         SELECT TOP (@limit) settlementid FROM ${quoted(table)} WHERE ${UNLOGGED} ORDER BY failedat, settlementid) oldest)
     ORDER BY r.failedat, r.settlementid, r.entity, r.recordid`,
    { limit: int(limit) },
  );
  return rows.map((row) => withoutStamp(entryOf(row, row.recordid)));
}

export async function readOpenBlobs(session: Session, table: ObjectName, blobs: readonly string[]): Promise<string[]> {
  const staged = await stageTexts(session, blobs);
  const rows = await session.query<{ blob: string }>(
    `${staged.prelude}SELECT DISTINCT r.blob AS blob FROM ${quoted(table)} r INNER JOIN ${staged.few} i ON i.id = r.blob`,
    staged.parameters,
  );
  return rows.map(({ blob }) => blob);
}

export async function reviveFailed(session: Session, table: ObjectName, entity: string, now: number): Promise<number> {
  const rows = await session.query<{ count: number }>(
    `UPDATE ${quoted(table)} SET attempts = 0, dueat = @now WHERE entity = @entity AND failedat IS NOT NULL;
SELECT @@ROWCOUNT AS [count]`,
    { entity: text(entity), now: bigint(now) },
  );
  return rows[0]?.count ?? 0;
}

export async function updateLogged(
  session: Session,
  table: ObjectName,
  settlementIds: readonly string[],
): Promise<void> {
  const { operand, parameters } = textsIn('settlements', settlementIds);
  await session.query(
    `UPDATE ${quoted(table)} SET logged = 1 WHERE settlementid IN ${operand} AND ${UNLOGGED}`,
    parameters,
  );
}

export async function readRefusedIds(
  session: Session,
  table: ObjectName,
  entity: string,
  ids: readonly string[],
): Promise<string[]> {
  const staged = await stageKeys(session, ids);
  const rows = await session.query<{ id: string }>(
    `${staged.prelude}SELECT r.recordid AS id FROM ${quoted(table)} r INNER JOIN ${staged.few} i ON i.id = r.recordid
     WHERE r.entity = @entity`,
    { ...staged.parameters, entity: text(entity) },
  );
  return rows.map(({ id }) => id);
}

/** What an index can hold; ids of records are shorter. */
function keyOf(id: string): string {
  return fitName(storableText(id.toLowerCase()));
}

const stageKeys = (session: Session, ids: readonly string[]) => stageTexts(session, ids.map(keyOf));
