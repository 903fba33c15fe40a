import type { Units } from '../../sql/units.ts';
import type { RuleFinding } from '../model.ts';
import type { MaskRule, ScrubRule } from '../scrub-rules.ts';
import type { RuleStatements } from './statements.ts';
import { nameOf, type SqlTable, tablesOfRule } from './tables.ts';
import { keyFor } from './walk.ts';

/** Whether a rule held: what it should have left none of is looked for, and masks are compared with the source. */

/** Enough that one forgotten range of a hundred is found all but surely. */
const SAMPLE_ROWS = 1_000;

/** What the questions are asked of. */
export interface Verified<S, T extends SqlTable> {
  readonly copy: Units<S>;
  readonly source: Units<S>;
  readonly statements: RuleStatements<S, T>;
}

type Finding = Pick<RuleFinding, 'rows' | 'reason'>;

export async function verifyRule<S, T extends SqlTable>(
  verified: Verified<S, T>,
  rule: ScrubRule,
): Promise<RuleFinding[]> {
  const { copy, statements } = verified;
  const findings: RuleFinding[] = [];
  for (const table of await copy.onConnection((session) => tablesOfRule(session, statements, rule))) {
    const { rows, reason } =
      rule.action === 'mask' ? await verifyMask(verified, table, rule) : await verifyRows(verified, table, rule);
    if (rows > 0) findings.push({ rule: rule.id, table: nameOf(table), reason, rows });
  }
  return findings;
}

async function verifyRows<S, T extends SqlTable>(
  { copy, statements }: Verified<S, T>,
  table: T,
  rule: Exclude<ScrubRule, MaskRule>,
): Promise<Finding> {
  const reason = 'column' in rule ? 'values remain' : 'rows remain';
  if (rule.action === 'keep') return { rows: 0, reason };
  return { rows: await copy.onConnection((session) => statements.countRemaining(session, table, rule)), reason };
}

async function verifyMask<S, T extends SqlTable>(verified: Verified<S, T>, table: T, rule: MaskRule): Promise<Finding> {
  const { copy, statements } = verified;
  const finished = await copy.onConnection(async (session) =>
    (await statements.hasTraces(session)) ? statements.isFinished(session, rule, table) : null,
  );
  if (finished === null) return { rows: Math.max(1, table.rows), reason: 'not applied' };
  if (!finished) return { rows: 1, reason: 'ranges not masked' };
  return { rows: await countUnmasked(verified, table, rule), reason: 'same as the source' };
}

async function countUnmasked<S, T extends SqlTable>(
  { copy, source, statements }: Verified<S, T>,
  table: T,
  rule: MaskRule,
): Promise<number> {
  // Rows that nothing tells apart cannot be compared.
  if (keyFor(table, rule) === null) return 0;
  const sample = await source.onConnection((session) => statements.sampleOf(session, table, rule, SAMPLE_ROWS));
  if (sample.length === 0) return 0;
  return copy.inTransaction((session) => statements.countSame(session, table, rule, sample));
}
