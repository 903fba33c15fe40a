import type { PostgresPool } from '../../sql/postgres/connect.ts';
import { quoteName } from '../../sql/postgres/names.ts';
import { onConnection, type Session } from '../../sql/postgres/session.ts';
import type { RuleFinding } from '../model.ts';
import type { MaskRule, ScrubRule } from '../scrub-rules.ts';
import { Parameters, ruleText } from './predicates.ts';
import { remainingText } from './second-opinion.ts';
import { columnOf, nameOf, type StandingTable, tablesOfRule } from './tables.ts';
import { hasTraces, TRACES } from './traces.ts';
import { keyFor } from './walk.ts';

/** Whether a rule held: what it should have left none of is looked for, and masks are compared with the source. */

export async function verifyRule(
  copy: PostgresPool,
  source: () => PostgresPool,
  rule: ScrubRule,
): Promise<RuleFinding[]> {
  const tables = await onConnection(copy, (session) => tablesOfRule(session, rule));
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
  copy: PostgresPool,
  table: StandingTable,
  rule: Exclude<ScrubRule, MaskRule>,
): Promise<Finding[]> {
  if (rule.action === 'keep') return [];
  const rows = await onConnection(copy, (session) => countRemaining(session, table, rule));
  return finding('column' in rule ? 'values remain' : 'rows remain', rows);
}

/** Rows of which the rule should have left none. */
export async function countRemaining(session: Session, table: StandingTable, rule: ScrubRule): Promise<number> {
  const parameters = new Parameters();
  const remaining = remainingText(table, rule, parameters);
  const [row] = await session.query<{ rows: string }>(
    `SELECT count(*) FILTER (WHERE ${remaining})::text AS rows FROM ${table.relation}`,
    parameters.values,
  );
  return Number(row?.rows ?? 0);
}

async function verifyMask(
  copy: PostgresPool,
  source: () => PostgresPool,
  table: StandingTable,
  rule: MaskRule,
): Promise<Finding[]> {
  const [mark] = await onConnection(copy, async (session) =>
    (await hasTraces(session))
      ? session.query<{ finished: boolean }>(
          `SELECT finished FROM ${TRACES.progress} WHERE rule = $1 AND relation = $2::oid`,
          [rule.id, table.id],
        )
      : [],
  );
  if (!mark) return finding('not applied', Math.max(1, table.rows));
  if (!mark.finished) return finding('ranges not masked', 1);
  const key = keyFor(table, rule);
  return key ? finding('same as the source', await countUnmasked(copy, source(), table, rule, key)) : [];
}

/** Enough that one forgotten range of a hundred is found all but surely. */
const SAMPLE_ROWS = 1_000;

interface SampleRow {
  readonly key: string[];
  readonly value: string;
}

/** Rows of the sample that hold in the copy what they hold in the source. */
async function countUnmasked(
  copy: PostgresPool,
  source: PostgresPool,
  table: StandingTable,
  rule: MaskRule,
  key: readonly string[],
): Promise<number> {
  const sample = await onConnection(source, (session) => sampleOf(session, table, rule, key));
  if (sample.length === 0) return 0;
  const columns = key.map((name) => columnOf(table, name));
  const lists = columns.map((_, k) => `$${k + 2}::text[]`).join(', ');
  const names = columns.map((_, k) => `key${k}`).join(', ');
  const joined = columns.map(({ name, type }, k) => `t.${quoteName(name)} = s.key${k}::${type}`).join(' AND ');
  const [row] = await onConnection(copy, (session) =>
    session.query<{ rows: string }>(
      `SELECT count(*)::text AS rows FROM unnest($1::text[], ${lists}) s (value, ${names}) JOIN ${table.relation} t ON ${joined}
       WHERE t.${quoteName(columnOf(table, rule.column).name)}::text COLLATE "C" = s.value`,
      [sample.map(({ value }) => value), ...columns.map((_, k) => sample.map((one) => one.key[k]))],
    ),
  );
  return Number(row?.rows ?? 0);
}

/** Rows of the source that the rule is for, from all over the table. */
async function sampleOf(
  session: Session,
  table: StandingTable,
  rule: MaskRule,
  key: readonly string[],
): Promise<SampleRow[]> {
  const parameters = new Parameters();
  const where = ruleText(table, rule, parameters);
  const keys = key.map((name) => `${quoteName(columnOf(table, name).name)}::text`).join(', ');
  const percent = (100 * 5 * SAMPLE_ROWS) / Math.max(1, table.rows);
  const from = percent < 100 ? `${table.relation} TABLESAMPLE SYSTEM (${percent})` : table.relation;
  return session.query<SampleRow>(
    `SELECT ARRAY[${keys}] AS key, ${quoteName(columnOf(table, rule.column).name)}::text AS value FROM ${from} WHERE ${where} LIMIT ${SAMPLE_ROWS}`,
    parameters.values,
  );
}
