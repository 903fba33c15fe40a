import { bigint, json, type Session, text } from '../../sql/sqlserver/session.ts';
import { NO_COUNTERS, NOWHERE, STAMP_STEP_MS } from '../accounting.ts';
import type { Batch, Counters, Position } from '../model.ts';
import type { Held, ObjectName } from '../sql/statements.ts';
import { quoted } from './dialect.ts';
import { textsIn } from './lists.ts';

/** `PositionStatements` in T-SQL. What has to be locked is updated, for servers that speak it may overlook hints. */

interface HeldRow {
  readonly stamp: string;
  readonly counters: string;
  readonly begins: string;
}

const HELD = 'inserted.stamp, inserted.counters, inserted.begins';
const OWN = 'entity = @entity AND profileid = @profile';

export async function movePosition(
  session: Session,
  table: ObjectName,
  profileId: string,
  { entity, expected, to, now }: Pick<Batch, 'entity' | 'expected' | 'to' | 'now'>,
): Promise<Held | null> {
  const rows = await session.query<HeldRow>(
    `UPDATE ${quoted(table)} SET page = @page, number = @number,
       stamp = CASE WHEN stamp + ${STAMP_STEP_MS} > @now THEN stamp + ${STAMP_STEP_MS} ELSE @now END
     OUTPUT ${HELD} WHERE ${OWN} AND page = @expected`,
    {
      entity: text(entity),
      profile: text(profileId),
      expected: text(expected),
      page: text(to.page),
      number: bigint(to.number),
      now: bigint(now),
    },
  );
  return heldOf(rows[0]);
}

export async function lockPosition(
  session: Session,
  table: ObjectName,
  profileId: string,
  entity: string,
): Promise<Held | null> {
  const rows = await session.query<HeldRow>(`UPDATE ${quoted(table)} SET stamp = stamp OUTPUT ${HELD} WHERE ${OWN}`, {
    entity: text(entity),
    profile: text(profileId),
  });
  return heldOf(rows[0]);
}

export async function holdPosition(
  session: Session,
  table: ObjectName,
  entity: string,
): Promise<{ page: string; profileId: string } | null> {
  const [held] = await session.query<{ page: string; profileid: string }>(
    `UPDATE ${quoted(table)} SET stamp = stamp
     OUTPUT inserted.page, inserted.profileid WHERE entity = @entity`,
    { entity: text(entity) },
  );
  return held ? { page: held.page, profileId: held.profileid } : null;
}

export async function updateHeld(session: Session, table: ObjectName, entity: string, held: Held): Promise<void> {
  await session.query(`UPDATE ${quoted(table)} SET counters = @counters, begins = @begins WHERE entity = @entity`, {
    entity: text(entity),
    counters: json(held.counters),
    begins: json(held.begins),
  });
}

export async function othersStand(
  session: Session,
  table: ObjectName,
  profileIds: readonly string[],
): Promise<boolean> {
  const { operand, parameters } = textsIn('profiles', profileIds);
  const rows = await session.query(
    `SELECT TOP (1) 1 AS stands FROM ${quoted(table)} WHERE profileid NOT IN ${operand}`,
    parameters,
  );
  return rows.length > 0;
}

export async function takeOverPositions(
  session: Session,
  table: ObjectName,
  profileId: string,
  former: readonly string[],
): Promise<string[]> {
  const { operand, parameters } = textsIn('former', former);
  const rows = await session.query<{ entity: string }>(
    `UPDATE ${quoted(table)} SET profileid = @profile, page = @nowhere, number = 0, begins = @begins,
       counters = @counters
     OUTPUT inserted.entity WHERE profileid IN ${operand}`,
    {
      ...parameters,
      profile: text(profileId),
      nowhere: text(NOWHERE),
      begins: json({}),
      counters: json(NO_COUNTERS),
    },
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
     OUTPUT inserted.entity
     SELECT @entity, @profile, @page, @number, @stamp, @begins, @counters
     WHERE NOT EXISTS (SELECT 1 FROM ${quoted(table)} WHERE entity = @entity)`,
    {
      entity: text(entity),
      profile: text(profileId),
      page: text(to.page),
      number: bigint(to.number),
      stamp: bigint(stamp),
      begins: json({}),
      counters: json(NO_COUNTERS),
    },
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
    `UPDATE ${quoted(table)} SET page = @page, number = @number, begins = @begins,
       stamp = CASE WHEN stamp > @stamp THEN stamp ELSE @stamp END
     OUTPUT inserted.entity WHERE ${OWN} AND page = @expected`,
    {
      entity: text(entity),
      profile: text(profileId),
      expected: text(expected),
      page: text(to.page),
      number: bigint(to.number),
      stamp: bigint(stamp),
      begins: json({}),
    },
  );
  return rows.length > 0;
}

export async function removePosition(
  session: Session,
  table: ObjectName,
  profileId: string,
  entity: string,
): Promise<boolean> {
  const rows = await session.query(`DELETE FROM ${quoted(table)} OUTPUT deleted.entity WHERE ${OWN}`, {
    entity: text(entity),
    profile: text(profileId),
  });
  return rows.length > 0;
}

export async function readPositions(session: Session, table: ObjectName, retry: ObjectName): Promise<Position[]> {
  const rows = await session.query<
    HeldRow & { entity: string; profileid: string; page: string; number: string; counters: string }
  >(
    `SELECT p.entity, p.profileid, p.page, p.number, p.stamp, p.counters
     FROM ${quoted(table)} p WHERE NOT EXISTS (SELECT 1 FROM ${quoted(retry)} WHERE 1 = 0) ORDER BY p.entity`,
  );
  return rows.map(({ entity, profileid, page, number, stamp, counters }) => ({
    entity,
    profileId: profileid,
    page,
    number: Number(number),
    stamp: Number(stamp),
    counters: JSON.parse(counters) as Counters,
  }));
}

function heldOf(row: HeldRow | undefined): Held | null {
  if (!row) return null;
  return {
    stamp: Number(row.stamp),
    counters: JSON.parse(row.counters) as Counters,
    begins: JSON.parse(row.begins) as Held['begins'],
  };
}
