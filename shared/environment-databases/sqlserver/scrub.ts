import { FreshetError } from '../../errors/error.ts';
import type { SqlServerPool } from '../../sql/sqlserver/connect.ts';
import { bigint, flag, int, onConnection, type Session, text } from '../../sql/sqlserver/session.ts';
import { textOf } from '../conditions.ts';
import type { RuleOutcome } from '../model.ts';
import type { MaskRule, ScrubRule } from '../scrub-rules.ts';
import { inOneGo, onPatience } from './connections.ts';
import { maskRange } from './mask.ts';
import { Places } from './places.ts';
import { ruleText } from './predicates.ts';
import { columnOf, nameOf, quotedColumn, type StandingTable, tablesOfRule } from './tables.ts';
import { hasTraces, TRACES } from './traces.ts';
import { fromText } from './types.ts';
import { inRange, keyFor, type Place, type Range, type Walk, walkFor } from './walk.ts';

/** Rules at work in a copy, range by range; how far each is stands in the copy, written by the range's own transaction. */

/** Rows of one range: what a mask holds in memory, and what one transaction changes. */
export const RANGE_ROWS = 5_000;

export interface RuleRun {
  readonly rule: ScrubRule;
  readonly rangeRows: number;
  readonly watch: (done: number, of: number) => void;
  readonly cancelled: AbortSignal;
}

/** SCRUB_NOT_A_COPY where nothing keeps the progress: then it is no copy, or its scrub is over. */
export async function applyRule(pool: SqlServerPool, id: string, run: RuleRun): Promise<RuleOutcome> {
  const tables = await onConnection(pool, async (session) => {
    if (!(await hasTraces(session))) throw new FreshetError('SCRUB_NOT_A_COPY', { id });
    return tablesOfRule(session, run.rule);
  });
  let rows = 0;
  for (const table of tables) {
    const before = rows;
    const watch = (done: number, of: number) => run.watch(before + done, before + of);
    rows += await applyToTable(pool, table, { ...run, watch });
  }
  return { status: tables.length > 0 ? 'applied' : 'skipped', tables: tables.map(nameOf), rows };
}

interface Progress {
  readonly last: Place;
  readonly rows: number;
  readonly finished: boolean;
}

async function applyToTable(pool: SqlServerPool, table: StandingTable, run: RuleRun): Promise<number> {
  checkMask(table, run.rule);
  const walk = walkFor(table, run.rule, run.rangeRows);
  for (;;) {
    if (run.cancelled.aborted) throw new FreshetError('COPY_CANCELLED');
    let told = { done: 1, of: 1 };
    const progress = await inOneGo(pool, async (session) => {
      const before = await lockProgress(session, run.rule, table);
      if (before.finished) return before;
      const { rows, range } = await applyRange(session, table, run.rule, walk, before.last);
      told = range;
      const after = { last: range.end, rows: before.rows + rows, finished: range.end === null };
      await keepProgress(session, run.rule, table, after);
      return after;
    });
    run.watch(told.done, told.of);
    if (progress.finished) return progress.rows;
  }
}

function checkMask(table: StandingTable, rule: ScrubRule): void {
  if (rule.action !== 'mask') return;
  const { name, type, masked } = columnOf(table, rule.column);
  if (masked) return;
  throw new FreshetError('SCRUB_TYPE_UNFIT', { rule: rule.id, table: nameOf(table), column: name, type });
}

const keyOf = (rule: ScrubRule, table: StandingTable) => ({ rule: text(rule.id), relation: int(table.id) });

/** Who applies a rule to the same copy at the same time waits at its seed, and finds the range done. */
async function lockProgress(session: Session, rule: ScrubRule, table: StandingTable): Promise<Progress> {
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

async function keepProgress(session: Session, rule: ScrubRule, table: StandingTable, after: Progress): Promise<void> {
  await session.query(
    `UPDATE ${TRACES.progress} SET last = @last, [rows] = @rows, finished = @finished WHERE [rule] = @rule AND relation = @relation`,
    {
      ...keyOf(rule, table),
      last: text(after.last && JSON.stringify(after.last)),
      rows: bigint(after.rows),
      finished: flag(after.finished),
    },
  );
}

async function applyRange(
  session: Session,
  table: StandingTable,
  rule: ScrubRule,
  walk: Walk,
  after: Place,
): Promise<{ rows: number; range: Range }> {
  if (rule.action === 'truncate') return { rows: await empty(session, table), range: WHOLE };
  const range = await walk(session, after);
  if (rule.action === 'mask') {
    const seed = rule.seed ?? (await readSeed(session));
    return { rows: await maskRange(session, table, rule, range, seed), range };
  }
  return { rows: await change(session, table, rule, range), range };
}

const WHOLE: Range = { after: null, end: null, done: 1, of: 1 };

/** TRUNCATE, unless something refers to the table: then row by row, for what refers to a row must have its say. */
async function empty(session: Session, table: StandingTable): Promise<number> {
  const rows = await countRows(session, table, '1 = 1', new Places());
  await session.run(table.isReferenced ? `DELETE FROM ${table.relation}` : `TRUNCATE TABLE ${table.relation}`);
  return rows;
}

async function countRows(session: Session, table: StandingTable, where: string, places: Places): Promise<number> {
  const [row] = await session.query<{ rows: string | number }>(
    `SELECT COUNT_BIG(*) AS [rows] FROM ${table.relation} WHERE ${where}`,
    places.parameters,
  );
  return Number(row?.rows ?? 0);
}

async function change(
  session: Session,
  table: StandingTable,
  rule: Exclude<ScrubRule, MaskRule>,
  range: Range,
): Promise<number> {
  const places = new Places();
  const statement = changeText(table, rule, places);
  if (statement === null) return 0;
  const within = inRange(keyFor(table, rule) ?? [], range, places);
  const where = [...within, ruleText(table, rule, places)].join(' AND ');
  // Rows are counted at once: what a trigger does is not the rule's.
  const [changed] = await session.query<{ rows: number }>(
    `${statement} WHERE ${where}; SELECT @@ROWCOUNT AS [rows]`,
    places.parameters,
  );
  return Number(changed?.rows ?? 0);
}

function changeText(table: StandingTable, rule: Exclude<ScrubRule, MaskRule>, places: Places): string | null {
  switch (rule.action) {
    case 'set': {
      const { type, base } = columnOf(table, rule.column);
      const value = fromText(type, base, places.text(textOf(rule.value)));
      return `UPDATE ${table.relation} SET ${quotedColumn(table, rule.column)} = ${value}`;
    }
    case 'null':
      return `UPDATE ${table.relation} SET ${quotedColumn(table, rule.column)} = NULL`;
    case 'delete':
      return `DELETE FROM ${table.relation}`;
    default:
      return null;
  }
}

async function readSeed(session: Session): Promise<string> {
  const [row] = await session.query<{ value: string }>(`SELECT value FROM ${TRACES.seed}`);
  if (!row) throw new Error('the copy has no seed');
  return row.value;
}

/** Rows that the rule would change; null: no such table. */
export async function countRule(pool: SqlServerPool, rule: ScrubRule): Promise<number | null> {
  return onPatience(pool, (session) => countIn(session, rule));
}

export async function countIn(session: Session, rule: ScrubRule): Promise<number | null> {
  const tables = await tablesOfRule(session, rule);
  let rows = 0;
  for (const table of tables) {
    checkMask(table, rule);
    const places = new Places();
    rows += await countRows(session, table, ruleText(table, rule, places), places);
  }
  return tables.length === 0 ? null : rows;
}

/** A rule without progress, for the administrator; the rows changed. */
export function applyWhole(
  session: Session,
  table: StandingTable,
  rule: Exclude<ScrubRule, MaskRule>,
): Promise<number> {
  return change(session, table, rule, WHOLE);
}
