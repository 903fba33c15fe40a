import { quoteName } from '../../sql/postgres/names.ts';
import type { Session } from '../../sql/postgres/session.ts';
import type { MaskRule, ScrubRule } from '../scrub-rules.ts';
import type { SampleRow } from '../sql/statements.ts';
import { columnOf } from '../sql/tables.ts';
import { keyFor } from '../sql/walk.ts';
import { Parameters, ruleText } from './predicates.ts';
import { remainingText } from './second-opinion.ts';
import type { StandingTable } from './tables.ts';

/** Questions whether a rule held. */

export async function countRemaining(session: Session, table: StandingTable, rule: ScrubRule): Promise<number> {
  const parameters = new Parameters();
  const remaining = remainingText(table, rule, parameters);
  const [row] = await session.query<{ rows: string }>(
    `SELECT count(*) FILTER (WHERE ${remaining})::text AS rows FROM ${table.relation}`,
    parameters.values,
  );
  return Number(row?.rows ?? 0);
}

export async function sampleOf(
  session: Session,
  table: StandingTable,
  rule: MaskRule,
  most: number,
): Promise<SampleRow[]> {
  const parameters = new Parameters();
  const where = ruleText(table, rule, parameters);
  const keys = (keyFor(table, rule) ?? []).map(({ name }) => `${quoteName(name)}::text`).join(', ');
  // Thinned first, for a large table is not sorted; then shuffled, for pages come in the order in which they were written.
  const percent = (100 * 5 * most) / Math.max(1, table.rows);
  const from = percent < 100 ? `${table.relation} TABLESAMPLE SYSTEM (${percent})` : table.relation;
  return session.query<SampleRow>(
    `SELECT ARRAY[${keys}] AS key, ${quoteName(columnOf(table, rule.column).name)}::text AS value FROM ${from} WHERE ${where}
       ORDER BY random() LIMIT ${most}`,
    parameters.values,
  );
}

export async function countSame(
  session: Session,
  table: StandingTable,
  rule: MaskRule,
  sample: readonly SampleRow[],
): Promise<number> {
  const key = keyFor(table, rule) ?? [];
  const lists = key.map((_, k) => `$${k + 2}::text[]`).join(', ');
  const names = key.map((_, k) => `key${k}`).join(', ');
  const joined = key.map(({ name, type }, k) => `t.${quoteName(name)} = s.key${k}::${type}`).join(' AND ');
  const [row] = await session.query<{ rows: string }>(
    `SELECT count(*)::text AS rows FROM unnest($1::text[], ${lists}) s (value, ${names}) JOIN ${table.relation} t ON ${joined}
       WHERE t.${quoteName(columnOf(table, rule.column).name)}::text COLLATE "C" = s.value`,
    [sample.map(({ value }) => value), ...key.map((_, k) => sample.map((one) => one.key[k]))],
  );
  return Number(row?.rows ?? 0);
}
