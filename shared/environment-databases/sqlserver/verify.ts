import { quoteName } from '../../sql/sqlserver/names.ts';
import type { Session } from '../../sql/sqlserver/session.ts';
import { stage } from '../../sql/sqlserver/staging.ts';
import type { MaskRule, ScrubRule } from '../scrub-rules.ts';
import type { SampleRow } from '../sql/statements.ts';
import { columnOf } from '../sql/tables.ts';
import { keyFor } from '../sql/walk.ts';
import { staged, stagedName } from './mask.ts';
import { Places } from './places.ts';
import { BY_BYTES, ruleText } from './predicates.ts';
import { remainingText } from './second-opinion.ts';
import type { StandingTable } from './tables.ts';
import { columnText, fromText } from './types.ts';

/** Questions whether a rule held. */

export async function countRemaining(session: Session, table: StandingTable, rule: ScrubRule): Promise<number> {
  const places = new Places();
  const remaining = remainingText(table, rule, places);
  const [row] = await session.query<{ rows: number | string | null }>(
    `SELECT SUM(CAST(CASE WHEN ${remaining} THEN 1 ELSE 0 END AS bigint)) AS [rows] FROM ${table.relation}`,
    places.parameters,
  );
  return Number(row?.rows ?? 0);
}

/** Thinned by a checksum of the key, for a large table is not sorted; then shuffled, for rows come in the order of a key. */
export async function sampleOf(
  session: Session,
  table: StandingTable,
  rule: MaskRule,
  most: number,
): Promise<SampleRow[]> {
  const key = keyFor(table, rule) ?? [];
  const places = new Places();
  const where = ruleText(table, rule, places);
  const texts = key.map((one, k) => `${columnText(one)} AS k${k}`).join(', ');
  const every = Math.floor(table.rows / (5 * most));
  const chosen =
    every > 1 ? ` AND ABS(CAST(CHECKSUM(${key.map(columnText).join(', ')}) AS bigint)) % ${every} = 0` : '';
  const rows = await session.query<Record<string, string>>(
    `SELECT TOP (${most}) ${texts}, ${columnText(columnOf(table, rule.column))} AS value
FROM ${table.relation} WHERE ${where}${chosen} ORDER BY NEWID()`,
    places.parameters,
  );
  return rows.map((row) => ({ key: key.map((_, k) => row[`k${k}`] ?? ''), value: row.value ?? '' }));
}

export async function countSame(
  session: Session,
  table: StandingTable,
  rule: MaskRule,
  sample: readonly SampleRow[],
): Promise<number> {
  const key = keyFor(table, rule) ?? [];
  const names = [...key.map((_, k) => `k${k}`), 'value'];
  const rows = sample.map((row) => [...row.key, row.value]);
  const those = await stage(session, 'sample', names.map(staged), rows);
  const same = key.map(
    ({ name, type, base }, k) => `t.${quoteName(name)} = ${fromText(type, base, `s.${stagedName(`k${k}`)}`)}`,
  );
  const value = columnText(columnOf(table, rule.column));
  const [row] = await session.query<{ rows: number | string }>(
    `${those.prelude}SELECT COUNT_BIG(*) AS [rows] FROM ${those.few} s JOIN ${table.relation} t ON ${same.join(' AND ')}
WHERE (${value} + N'.') ${BY_BYTES} = (s.${stagedName('value')} + N'.') ${BY_BYTES}`,
    those.parameters,
  );
  return Number(row?.rows ?? 0);
}
