import type { SqlServerPool } from '../../sql/sqlserver/connect.ts';
import { quoteName } from '../../sql/sqlserver/names.ts';
import { int, type Session, text } from '../../sql/sqlserver/session.ts';
import { stage } from '../../sql/sqlserver/staging.ts';
import type { RuleFinding } from '../model.ts';
import type { MaskRule, ScrubRule } from '../scrub-rules.ts';
import { inOneGo, onPatience } from './connections.ts';
import { staged, stagedName } from './mask.ts';
import { Places } from './places.ts';
import { BY_BYTES, ruleText } from './predicates.ts';
import { remainingText } from './second-opinion.ts';
import { columnOf, nameOf, type StandingColumn, type StandingTable, tablesOfRule } from './tables.ts';
import { hasTraces, TRACES } from './traces.ts';
import { columnText, fromText } from './types.ts';
import { keyFor } from './walk.ts';

/** Whether a rule held: what it should have left none of is looked for, and masks are compared with the source. */

export async function verifyRule(
  copy: SqlServerPool,
  source: () => SqlServerPool,
  rule: ScrubRule,
): Promise<RuleFinding[]> {
  const tables = await onPatience(copy, (session) => tablesOfRule(session, rule));
  const findings: RuleFinding[] = [];
  for (const table of tables) {
    const found =
      rule.action === 'mask' ? await verifyMask(copy, source, table, rule) : await verifyRows(copy, table, rule);
    findings.push(...found.map((finding) => ({ rule: rule.id, table: nameOf(table), ...finding })));
  }
  return findings;
}

type Finding = Pick<RuleFinding, 'rows' | 'reason'>;

const finding = (reason: RuleFinding['reason'], rows: number): Finding[] => (rows > 0 ? [{ reason, rows }] : []);

async function verifyRows(
  copy: SqlServerPool,
  table: StandingTable,
  rule: Exclude<ScrubRule, MaskRule>,
): Promise<Finding[]> {
  if (rule.action === 'keep') return [];
  const rows = await onPatience(copy, (session) => countRemaining(session, table, rule));
  return finding('column' in rule ? 'values remain' : 'rows remain', rows);
}

/** Rows of which the rule should have left none. */
export async function countRemaining(session: Session, table: StandingTable, rule: ScrubRule): Promise<number> {
  const places = new Places();
  const remaining = remainingText(table, rule, places);
  const [row] = await session.query<{ rows: number | string | null }>(
    `SELECT SUM(CAST(CASE WHEN ${remaining} THEN 1 ELSE 0 END AS bigint)) AS [rows] FROM ${table.relation}`,
    places.parameters,
  );
  return Number(row?.rows ?? 0);
}

async function verifyMask(
  copy: SqlServerPool,
  source: () => SqlServerPool,
  table: StandingTable,
  rule: MaskRule,
): Promise<Finding[]> {
  const finished = await onPatience(copy, (session) => isFinished(session, table, rule));
  if (finished === null) return finding('not applied', Math.max(1, table.rows));
  if (!finished) return finding('ranges not masked', 1);
  const key = keyFor(table, rule);
  return key ? finding('same as the source', await countUnmasked(copy, source(), table, rule, key)) : [];
}

/** Null: the rule was never begun here. */
async function isFinished(session: Session, table: StandingTable, rule: MaskRule): Promise<boolean | null> {
  if (!(await hasTraces(session))) return null;
  const [row] = await session.query<{ finished: boolean }>(
    `SELECT finished FROM ${TRACES.progress} WHERE [rule] = @rule AND relation = @relation`,
    { rule: text(rule.id), relation: int(table.id) },
  );
  return row ? row.finished : null;
}

/** Enough that one forgotten range of a hundred is found all but surely. */
const SAMPLE_ROWS = 1_000;

/** Rows of the sample that hold in the copy what they hold in the source. */
async function countUnmasked(
  copy: SqlServerPool,
  source: SqlServerPool,
  table: StandingTable,
  rule: MaskRule,
  key: readonly StandingColumn[],
): Promise<number> {
  const sample = await onPatience(source, (session) => sampleOf(session, table, rule, key));
  if (sample.length === 0) return 0;
  const names = [...key.map((_, k) => `k${k}`), 'value'];
  return inOneGo(copy, async (session) => {
    const rows = sample.map((row) => names.map((name) => row[name]));
    const those = await stage(session, 'sample', names.map(staged), rows);
    const same = key.map(
      ({ name, type, base }, k) => `t.${quoteName(name)} = ${fromText(type, base, `s.${stagedName(`k${k}`)}`)}`,
    );
    const value = columnText(columnOf(table, rule.column));
    const [row] = await session.query<{ rows: number | string }>(
      `${those.prelude}SELECT COUNT_BIG(*) AS [rows] FROM ${those.table} s JOIN ${table.relation} t ON ${same.join(' AND ')}
WHERE (${value} + N'.') ${BY_BYTES} = (s.${stagedName('value')} + N'.') ${BY_BYTES}`,
      those.parameters,
    );
    return Number(row?.rows ?? 0);
  });
}

/** Rows of the source that the rule is for, from all over the table: of each key a checksum decides, which is no order that anybody chose. */
function sampleOf(
  session: Session,
  table: StandingTable,
  rule: MaskRule,
  key: readonly StandingColumn[],
): Promise<Record<string, string>[]> {
  const places = new Places();
  const where = ruleText(table, rule, places);
  const texts = key.map((one, k) => `${columnText(one)} AS k${k}`).join(', ');
  const every = Math.floor(table.rows / (5 * SAMPLE_ROWS));
  const chosen =
    every > 1 ? ` AND ABS(CAST(CHECKSUM(${key.map(columnText).join(', ')}) AS bigint)) % ${every} = 0` : '';
  return session.query<Record<string, string>>(
    `SELECT TOP (${SAMPLE_ROWS}) ${texts}, ${columnText(columnOf(table, rule.column))} AS value
FROM ${table.relation} WHERE ${where}${chosen}`,
    places.parameters,
  );
}
