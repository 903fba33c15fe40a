import type { Session } from '../../sql/postgres/session.ts';
import { NO_COUNTERS, NOWHERE, STAMP_STEP_MS } from '../accounting.ts';
import type { Batch, Counters, Position } from '../model.ts';
import type { Held, ObjectName } from '../sql/statements.ts';
import { quoted } from './dialect.ts';

/** `PositionStatements` in PostgreSQL's words. */

interface HeldRow {
  readonly stamp: string;
  readonly counters: Counters;
  readonly begins: Record<string, number>;
}

export async function movePosition(
  session: Session,
  table: ObjectName,
  profileId: string,
  { entity, expected, to, now }: Pick<Batch, 'entity' | 'expected' | 'to' | 'now'>,
): Promise<Held | null> {
  const rows = await session.query<HeldRow>(
    `UPDATE ${quoted(table)} SET page = $4, number = $5, stamp = greatest($6::bigint, stamp + ${STAMP_STEP_MS})
     WHERE entity = $1 AND profileid = $2 AND page = $3 RETURNING stamp, counters, begins`,
    [entity, profileId, expected, to.page, to.number, now],
  );
  return heldOf(rows[0]);
}

export async function lockPosition(
  session: Session,
  table: ObjectName,
  profileId: string,
  entity: string,
): Promise<Held | null> {
  const rows = await session.query<HeldRow>(
    `UPDATE ${quoted(table)} SET stamp = stamp WHERE entity = $1 AND profileid = $2 RETURNING stamp, counters, begins`,
    [entity, profileId],
  );
  return heldOf(rows[0]);
}

export async function holdPosition(
  session: Session,
  table: ObjectName,
  entity: string,
): Promise<{ page: string; profileId: string } | null> {
  const [held] = await session.query<{ page: string; profileId: string }>(
    `SELECT page, profileid AS "profileId" FROM ${quoted(table)} WHERE entity = $1 FOR UPDATE`,
    [entity],
  );
  return held ?? null;
}

export async function updateHeld(session: Session, table: ObjectName, entity: string, held: Held): Promise<void> {
  await session.query(`UPDATE ${quoted(table)} SET counters = $2::jsonb, begins = $3::jsonb WHERE entity = $1`, [
    entity,
    JSON.stringify(held.counters),
    JSON.stringify(held.begins),
  ]);
}

export async function othersStand(
  session: Session,
  table: ObjectName,
  profileIds: readonly string[],
): Promise<boolean> {
  const rows = await session.query(`SELECT 1 FROM ${quoted(table)} WHERE profileid <> ALL ($1::text[]) LIMIT 1`, [
    profileIds,
  ]);
  return rows.length > 0;
}

export async function takeOverPositions(
  session: Session,
  table: ObjectName,
  profileId: string,
  former: readonly string[],
): Promise<string[]> {
  const rows = await session.query<{ entity: string }>(
    `UPDATE ${quoted(table)} SET profileid = $1, page = $2, number = 0, begins = '{}', counters = $3::jsonb
     WHERE profileid = ANY ($4::text[]) RETURNING entity`,
    [profileId, NOWHERE, JSON.stringify(NO_COUNTERS), former],
  );
  return rows.map(({ entity }) => entity);
}

export async function insertPosition(
  session: Session,
  table: ObjectName,
  profileId: string,
  entity: string,
  to: Batch['to'],
  stamp: number,
): Promise<boolean> {
  const rows = await session.query(
    `INSERT INTO ${quoted(table)} (entity, profileid, page, number, stamp, begins, counters)
     VALUES ($1, $2, $3, $4, $6, '{}', $5::jsonb) ON CONFLICT (entity) DO NOTHING RETURNING entity`,
    [entity, profileId, to.page, to.number, JSON.stringify(NO_COUNTERS), stamp],
  );
  return rows.length > 0;
}

export async function replacePosition(
  session: Session,
  table: ObjectName,
  profileId: string,
  entity: string,
  expected: string,
  to: Batch['to'],
  stamp: number,
): Promise<boolean> {
  const rows = await session.query(
    `UPDATE ${quoted(table)} SET page = $4, number = $5, begins = '{}', stamp = greatest(stamp, $6::bigint)
     WHERE entity = $1 AND profileid = $2 AND page = $3 RETURNING entity`,
    [entity, profileId, expected, to.page, to.number, stamp],
  );
  return rows.length > 0;
}

export async function removePosition(
  session: Session,
  table: ObjectName,
  profileId: string,
  entity: string,
): Promise<boolean> {
  const rows = await session.query(
    `DELETE FROM ${quoted(table)} WHERE entity = $1 AND profileid = $2 RETURNING entity`,
    [entity, profileId],
  );
  return rows.length > 0;
}

export async function readPositions(session: Session, table: ObjectName, retry: ObjectName): Promise<Position[]> {
  const rows = await session.query<HeldRow & { entity: string; profileId: string; page: string; number: string }>(
    `SELECT p.entity, p.profileid AS "profileId", p.page, p.number, p.stamp, p.counters
     FROM ${quoted(table)} p WHERE NOT EXISTS (SELECT 1 FROM ${quoted(retry)} WHERE false) ORDER BY p.entity`,
  );
  return rows.map((row) => ({
    entity: row.entity,
    profileId: row.profileId,
    page: row.page,
    number: Number(row.number),
    stamp: Number(row.stamp),
    counters: row.counters,
  }));
}

function heldOf(row: HeldRow | undefined): Held | null {
  return row ? { stamp: Number(row.stamp), counters: row.counters, begins: row.begins } : null;
}
