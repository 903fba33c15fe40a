import type { Session } from '../../sql/postgres/session.ts';
import type { ScrubRule } from '../scrub-rules.ts';
import type { Progress } from '../sql/statements.ts';
import type { StandingTable } from './tables.ts';
import { TRACES } from './traces.ts';

/** How far each rule is, as the copy keeps it. */

export async function lockProgress(session: Session, rule: ScrubRule, table: StandingTable): Promise<Progress> {
  await session.query(`INSERT INTO ${TRACES.progress} (rule, relation) VALUES ($1, $2::oid) ON CONFLICT DO NOTHING`, [
    rule.id,
    table.id,
  ]);
  const [row] = await session.query<{ last: string[] | null; rows: string; finished: boolean }>(
    `SELECT last, rows::text, finished FROM ${TRACES.progress} WHERE rule = $1 AND relation = $2::oid FOR UPDATE`,
    [rule.id, table.id],
  );
  return { last: row?.last ?? null, rows: Number(row?.rows ?? 0), finished: row?.finished ?? false };
}

export async function keepProgress(
  session: Session,
  rule: ScrubRule,
  table: StandingTable,
  progress: Progress,
): Promise<void> {
  await session.query(
    `UPDATE ${TRACES.progress} SET last = $3, rows = $4, finished = $5 WHERE rule = $1 AND relation = $2::oid`,
    [rule.id, table.id, progress.last, progress.rows, progress.finished],
  );
}

export async function isFinished(session: Session, rule: ScrubRule, table: StandingTable): Promise<boolean | null> {
  const [row] = await session.query<{ finished: boolean }>(
    `SELECT finished FROM ${TRACES.progress} WHERE rule = $1 AND relation = $2::oid`,
    [rule.id, table.id],
  );
  return row?.finished ?? null;
}

export async function readSeed(session: Session): Promise<string> {
  const [row] = await session.query<{ value: string }>(`SELECT value FROM ${TRACES.seed}`);
  if (!row) throw new Error('the copy has no seed');
  return row.value;
}
