import { quoteName } from '../../sql/sqlserver/names.ts';
import type { Session } from '../../sql/sqlserver/session.ts';
import { textOf } from '../conditions.ts';
import type { MaskRule, ScrubRule, SetRule } from '../scrub-rules.ts';
import { columnOf } from '../sql/tables.ts';
import { keyFor, type Range } from '../sql/walk.ts';
import { Places } from './places.ts';
import { changeText, holdsText, ruleText } from './predicates.ts';
import type { StandingTable } from './tables.ts';
import { triedFromText } from './types.ts';
import { inRange } from './walk.ts';

/** What rules other than masks do to rows. */

export async function empty(session: Session, table: StandingTable): Promise<number> {
  const rows = await countRows(session, table, '1 = 1', new Places());
  await session.run(table.isReferenced ? `DELETE FROM ${table.relation}` : `TRUNCATE TABLE ${table.relation}`);
  return rows;
}

export async function change(
  session: Session,
  table: StandingTable,
  rule: Exclude<ScrubRule, MaskRule>,
  range: Range | null,
): Promise<number> {
  const places = new Places();
  const statement = changeText(table, rule, places);
  if (statement === null) return 0;
  const within = range ? inRange(keyFor(table, rule) ?? [], range, places) : [];
  const where = [...within, ruleText(table, rule, places)].join(' AND ');
  // Rows are counted at once: what a trigger does is not the rule's.
  const [changed] = await session.query<{ rows: number }>(
    `${statement} WHERE ${where}; SELECT @@ROWCOUNT AS [rows]`,
    places.parameters,
  );
  return Number(changed?.rows ?? 0);
}

/** Of a text only the length is looked at: what its column's code page lacks, nobody but the column knows. */
export async function takes(session: Session, table: StandingTable, rule: SetRule): Promise<boolean> {
  const { name, type, base, masked } = columnOf(table, rule.column);
  const text = textOf(rule.value);
  if (masked?.kind === 'text') return text.length <= (masked.maxLength ?? text.length);
  const places = new Places();
  const value = triedFromText(type, base, places.text(text));
  const rows = await session.query(
    `SELECT 1 AS there FROM (SELECT ${value} AS ${quoteName(name)}) AS tried WHERE ${holdsText(table, rule, places)}`,
    places.parameters,
  );
  return rows.length > 0;
}

export function countChanged(session: Session, table: StandingTable, rule: ScrubRule): Promise<number> {
  const places = new Places();
  return countRows(session, table, ruleText(table, rule, places), places);
}

async function countRows(session: Session, table: StandingTable, where: string, places: Places): Promise<number> {
  const [row] = await session.query<{ rows: string | number }>(
    `SELECT COUNT_BIG(*) AS [rows] FROM ${table.relation} WHERE ${where}`,
    places.parameters,
  );
  return Number(row?.rows ?? 0);
}
