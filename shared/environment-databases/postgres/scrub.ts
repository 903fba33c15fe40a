import { quoteName } from '../../sql/postgres/names.ts';
import type { Session } from '../../sql/postgres/session.ts';
import { textOf } from '../conditions.ts';
import type { MaskRule, ScrubRule, SetRule } from '../scrub-rules.ts';
import { columnOf } from '../sql/tables.ts';
import type { Range } from '../sql/walk.ts';
import { stateOf } from './errors.ts';
import { changeText, holdsText, Parameters, ruleText } from './predicates.ts';
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

/** A cast cuts a text off, and the text is another one then; what is no value of the type it refuses. */
export async function takes(session: Session, table: StandingTable, rule: SetRule): Promise<boolean> {
  const { name, type } = columnOf(table, rule.column);
  const parameters = new Parameters();
  const value = `${parameters.add(textOf(rule.value), 'text')}::${type}`;
  const rows = await session
    .query(
      `SELECT FROM (SELECT ${value} AS ${quoteName(name)}) tried WHERE ${holdsText(table, rule, parameters)}`,
      parameters.values,
    )
    .catch((error: unknown) => {
      if (UNFIT_STATES.test(stateOf(error))) return [];
      throw error;
    });
  return rows.length > 0;
}

/** Data exceptions, and what the checks of a domain refuse. */
const UNFIT_STATES = /^(22|23)/;

export async function countChanged(session: Session, table: StandingTable, rule: ScrubRule): Promise<number> {
  const parameters = new Parameters();
  const [row] = await session.query<{ rows: string }>(
    `SELECT count(*)::text AS rows FROM ${table.relation} WHERE ${ruleText(table, rule, parameters)}`,
    parameters.values,
  );
  return Number(row?.rows ?? 0);
}
