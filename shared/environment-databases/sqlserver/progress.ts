import { bigint, flag, int, type Session, text } from '../../sql/sqlserver/session.ts';
import type { ScrubRule } from '../scrub-rules.ts';
import type { Progress } from '../sql/statements.ts';
import type { StandingTable } from './tables.ts';
import { TRACES } from './traces.ts';

/** How far each rule is, as the copy keeps it. */

const keyOf = (rule: ScrubRule, table: StandingTable) => ({ rule: text(rule.id), relation: int(table.id) });

/** Waits at the copy's seed: one rule at a time. */
export async function lockProgress(session: Session, rule: ScrubRule, table: StandingTable): Promise<Progress> {
  await session.run(`UPDATE ${TRACES.seed} SET value = value`);
  const [row] = await session.query<{ last: string | null; rows: string; finished: boolean }>(
    `SELECT last, [rows], finished FROM ${TRACES.progress} WHERE [rule] = @rule AND relation = @relation`,
    keyOf(rule, table),
  );
  if (row) {
    const last = row.last === null ? null : (JSON.parse(row.last) as string[]);
    return { last, rows: Number(row.rows), finished: row.finished };
  }
  await session.query(
    `INSERT INTO ${TRACES.progress} ([rule], relation, [rows], finished) VALUES (@rule, @relation, 0, 0)`,
    keyOf(rule, table),
  );
  return { last: null, rows: 0, finished: false };
}

export async function keepProgress(
  session: Session,
  rule: ScrubRule,
  table: StandingTable,
  progress: Progress,
): Promise<void> {
  await session.query(
    `UPDATE ${TRACES.progress} SET last = @last, [rows] = @rows, finished = @finished WHERE [rule] = @rule AND relation = @relation`,
    {
      ...keyOf(rule, table),
      last: text(progress.last && JSON.stringify(progress.last)),
      rows: bigint(progress.rows),
      finished: flag(progress.finished),
    },
  );
}

export async function isFinished(session: Session, rule: ScrubRule, table: StandingTable): Promise<boolean | null> {
  const [row] = await session.query<{ finished: boolean }>(
    `SELECT finished FROM ${TRACES.progress} WHERE [rule] = @rule AND relation = @relation`,
    keyOf(rule, table),
  );
  return row?.finished ?? null;
}

export async function readSeed(session: Session): Promise<string> {
  const [row] = await session.query<{ value: string }>(`SELECT value FROM ${TRACES.seed}`);
  if (!row) throw new Error('the copy has no seed');
  return row.value;
}
