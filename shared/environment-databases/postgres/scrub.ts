import type { Session } from '../../sql/postgres/session.ts';
import type { MaskRule, ScrubRule } from '../scrub-rules.ts';
import type { Range } from '../sql/walk.ts';
import { changeText, Parameters, ruleText } from './predicates.ts';
import type { StandingTable } from './tables.ts';
import { inRange } from './walk.ts';

/** What rules other than masks do to rows. */

export async function empty(session: Session, table: StandingTable): Promise<number> {
  const [counted] = await session.query<{ rows: string }>(`SELECT count(*)::text AS rows FROM ${table.relation}`);
  await session.query(table.isReferenced ? `DELETE FROM ${table.relation}` : `TRUNCATE TABLE ${table.relation}`);
  return Number(counted?.rows ?? 0);
}

export async function change(
  session: Session,
  table: StandingTable,
  rule: Exclude<ScrubRule, MaskRule>,
  range: Range | null,
): Promise<number> {
  const parameters = new Parameters();
  const within = range ? inRange(table, rule, range, parameters) : [];
  const where = [...within, ruleText(table, rule, parameters)].join(' AND ');
  const statement = changeText(table, rule, parameters);
  if (statement === null) return 0;
  const [changed] = await session.query<{ rows: string }>(
    `WITH changed AS (${statement} WHERE ${where} RETURNING 1) SELECT count(*)::text AS rows FROM changed`,
    parameters.values,
  );
  return Number(changed?.rows ?? 0);
}

export async function countChanged(session: Session, table: StandingTable, rule: ScrubRule): Promise<number> {
  const parameters = new Parameters();
  const [row] = await session.query<{ rows: string }>(
    `SELECT count(*)::text AS rows FROM ${table.relation} WHERE ${ruleText(table, rule, parameters)}`,
    parameters.values,
  );
  return Number(row?.rows ?? 0);
}
