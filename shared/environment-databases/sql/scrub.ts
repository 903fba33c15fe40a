import { FreshetError } from '../../errors/error.ts';
import type { Units } from '../../sql/units.ts';
import { maskValue } from '../masks.ts';
import type { RuleOutcome } from '../model.ts';
import type { MaskRule, ScrubRule } from '../scrub-rules.ts';
import type { RuleStatements } from './statements.ts';
import { columnOf, nameOf, type SqlTable, tablesOfRule } from './tables.ts';
import { type Place, type Range, type Walk, WHOLE } from './walk.ts';

/** Rules at work in a copy, range by range; how far each is stands in the copy, written by the range's own transaction. */

export interface RuleRun {
  /** The copy's. */
  readonly id: string;
  readonly rule: ScrubRule;
  readonly rangeRows: number;
  readonly watch: (done: number, of: number) => void;
  readonly cancelled: AbortSignal;
}

/** SCRUB_NOT_A_COPY where nothing keeps the progress: then it is no copy, or its scrub is over. */
export async function applyRule<S, T extends SqlTable>(
  copy: Units<S>,
  statements: RuleStatements<S, T>,
  run: RuleRun,
): Promise<RuleOutcome> {
  const tables = await copy.onConnection(async (session) => {
    if (!(await statements.hasTraces(session))) throw new FreshetError('SCRUB_NOT_A_COPY', { id: run.id });
    return fittingTables(session, statements, run.rule);
  });
  let rows = 0;
  for (const table of tables) {
    const before = rows;
    const watch = (done: number, of: number) => run.watch(before + done, before + of);
    rows += await applyToTable(copy, statements, table, { ...run, watch });
  }
  return { status: tables.length > 0 ? 'applied' : 'skipped', tables: tables.map(nameOf), rows };
}

async function applyToTable<S, T extends SqlTable>(
  copy: Units<S>,
  statements: RuleStatements<S, T>,
  table: T,
  { rule, rangeRows, watch, cancelled }: RuleRun,
): Promise<number> {
  const walk = statements.walkFor(table, rule, rangeRows);
  for (;;) {
    if (cancelled.aborted) throw new FreshetError('COPY_CANCELLED');
    let told = WHOLE;
    const progress = await copy.inTransaction(async (session) => {
      const before = await statements.lockProgress(session, rule, table);
      if (before.finished) return before;
      const { rows, range } = await applyRange(session, statements, table, rule, walk, before.last);
      told = range;
      const after = { last: range.end, rows: before.rows + rows, finished: range.end === null };
      await statements.keepProgress(session, rule, table, after);
      return after;
    });
    watch(told.done, told.of);
    if (progress.finished) return progress.rows;
  }
}

/** The tables that the rule means, once it fits all of them. */
async function fittingTables<S, T extends SqlTable>(
  session: S,
  statements: RuleStatements<S, T>,
  rule: ScrubRule,
): Promise<T[]> {
  const tables = await tablesOfRule(session, statements, rule);
  for (const table of tables) await checkFits(session, statements, table, rule);
  return tables;
}

/** What can be told before a row is touched. SCRUB_COLUMN_NOT_WRITABLE, SCRUB_TYPE_UNFIT, SCRUB_VALUE_UNFIT. */
async function checkFits<S, T extends SqlTable>(
  session: S,
  statements: RuleStatements<S, T>,
  table: T,
  rule: ScrubRule,
): Promise<void> {
  if (rule.action !== 'set' && rule.action !== 'null' && rule.action !== 'mask') return;
  const { name, type, masked, writes } = columnOf(table, rule.column);
  const place = { rule: rule.id, table: nameOf(table), column: name };
  const notWritable = (reason: string) => new FreshetError('SCRUB_COLUMN_NOT_WRITABLE', { ...place, reason });
  if (writes === 'nothing') throw notWritable('the server makes its values');
  if (writes === 'values' && rule.action === 'null') throw notWritable('it takes no NULL');
  if (rule.action === 'mask' && !masked) throw new FreshetError('SCRUB_TYPE_UNFIT', { ...place, type });
  if (rule.action === 'set' && !(await statements.takes(session, table, rule)))
    throw new FreshetError('SCRUB_VALUE_UNFIT', { ...place, type });
}

async function applyRange<S, T extends SqlTable>(
  session: S,
  statements: RuleStatements<S, T>,
  table: T,
  rule: ScrubRule,
  walk: Walk<S>,
  after: Place,
): Promise<{ rows: number; range: Range }> {
  if (rule.action === 'truncate') return { rows: await statements.empty(session, table), range: WHOLE };
  const range = await walk(session, after);
  if (rule.action !== 'mask') return { rows: await statements.change(session, table, rule, range), range };
  const maskOf = maskFor(table, rule, rule.seed ?? (await statements.readSeed(session)));
  return { rows: await statements.mask(session, table, rule, range, maskOf), range };
}

const ANY_TEXT = { kind: 'text', maxLength: null } as const;

/** Values out, masks in: what a mask is stands in one place for all servers. */
function maskFor(table: SqlTable, { mask, column }: MaskRule, seed: string): (value: string) => string {
  const masked = columnOf(table, column).masked ?? ANY_TEXT;
  return (value) => maskValue(mask, seed, masked, value);
}

/** Rows that the rule would change; null: no such table. */
export async function countRule<S, T extends SqlTable>(
  session: S,
  statements: RuleStatements<S, T>,
  rule: ScrubRule,
): Promise<number | null> {
  const tables = await fittingTables(session, statements, rule);
  let rows = 0;
  for (const table of tables) rows += await statements.countChanged(session, table, rule);
  return tables.length === 0 ? null : rows;
}
