import { FreshetError } from '../../errors/error.ts';
import type { PostgresPool } from '../../sql/postgres/connect.ts';
import { quoteName } from '../../sql/postgres/names.ts';
import { inTransaction, onConnection, type Session } from '../../sql/postgres/session.ts';
import { textOf } from '../conditions.ts';
import { maskValue } from '../masks.ts';
import type { RuleOutcome } from '../model.ts';
import type { MaskRule, ScrubRule } from '../scrub-rules.ts';
import { Parameters, ruleText } from './predicates.ts';
import { columnOf, nameOf, quotedColumn, type StandingTable, tablesOfRule } from './tables.ts';
import { hasTraces, TRACES } from './traces.ts';
import { keyFor, type Place, type Range, type Walk, walkFor } from './walk.ts';

/** Rules at work in a copy, range by range; how far each is stands in the copy, written by the range's own transaction. */

/** Rows of a mask in one transaction. */
export const RANGE_ROWS = 20_000;

/** Rows of a mask in memory at once. */
const MASKED_AT_ONCE = 5_000;

export interface RuleRun {
  readonly rule: ScrubRule;
  readonly rangeRows: number;
  readonly watch: (done: number, of: number) => void;
  readonly cancelled: AbortSignal;
}

/** SCRUB_NOT_A_COPY where nothing keeps the progress: then it is no copy, or its scrub is over. */
export async function applyRule(pool: PostgresPool, id: string, run: RuleRun): Promise<RuleOutcome> {
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

async function applyToTable(pool: PostgresPool, table: StandingTable, run: RuleRun): Promise<number> {
  checkMask(table, run.rule);
  const walk = walkFor(table, run.rule, run.rangeRows);
  for (;;) {
    if (run.cancelled.aborted) throw new FreshetError('COPY_CANCELLED');
    let told = { done: 1, of: 1 };
    const progress = await inTransaction(pool, async (session) => {
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

/** Who runs the same rule at the same time waits here, and finds the range done. */
async function lockProgress(session: Session, rule: ScrubRule, table: StandingTable): Promise<Progress> {
  await session.query(`INSERT INTO ${TRACES.progress} (rule, relation) VALUES ($1, $2::oid) ON CONFLICT DO NOTHING`, [
    rule.id,
    table.id,
  ]);
  const [row] = await session.query<{ last: string[] | null; rows: string; finished: boolean }>(
    `SELECT last, rows::text, finished FROM ${TRACES.progress} WHERE rule = $1 AND relation = $2::oid FOR UPDATE`,
    [rule.id, table.id],
  );
  return { last: row?.last ?? null, rows: Number(row?.rows ?? 0), finished: row?.finished ?? false };
}

async function keepProgress(
  session: Session,
  rule: ScrubRule,
  table: StandingTable,
  progress: Progress,
): Promise<void> {
  await session.query(
    `UPDATE ${TRACES.progress} SET last = $3, rows = $4, finished = $5 WHERE rule = $1 AND relation = $2::oid`,
    [rule.id, table.id, progress.last, progress.rows, progress.finished],
  );
}

async function applyRange(
  session: Session,
  table: StandingTable,
  rule: ScrubRule,
  walk: Walk,
  after: Place,
): Promise<{ rows: number; range: Range }> {
  if (rule.action === 'truncate') return { rows: await empty(session, table), range: ALL };
  const parameters = new Parameters();
  const range = await walk(session, after, parameters);
  const where = [...range.conditions, ruleText(table, rule, parameters)].join(' AND ');
  const selection = { where, parameters };
  const rows =
    rule.action === 'mask'
      ? await mask(session, table, rule, selection)
      : await change(session, table, rule, selection);
  return { rows, range };
}

const ALL: Range = { conditions: [], end: null, done: 1, of: 1 };

/** TRUNCATE, unless another table refers to this one: then row by row, for what refers to a row must have its say. */
async function empty(session: Session, table: StandingTable): Promise<number> {
  const [counted] = await session.query<{ rows: string }>(`SELECT count(*)::text AS rows FROM ${table.relation}`);
  await session.query(table.isReferenced ? `DELETE FROM ${table.relation}` : `TRUNCATE TABLE ${table.relation}`);
  return Number(counted?.rows ?? 0);
}

interface Selection {
  readonly where: string;
  readonly parameters: Parameters;
}

async function change(
  session: Session,
  table: StandingTable,
  rule: Exclude<ScrubRule, MaskRule>,
  { where, parameters }: Selection,
): Promise<number> {
  const statement = changeText(table, rule, parameters);
  if (statement === null) return 0;
  const [changed] = await session.query<{ rows: string }>(
    `WITH changed AS (${statement} WHERE ${where} RETURNING 1) SELECT count(*)::text AS rows FROM changed`,
    parameters.values,
  );
  return Number(changed?.rows ?? 0);
}

function changeText(table: StandingTable, rule: Exclude<ScrubRule, MaskRule>, parameters: Parameters): string | null {
  switch (rule.action) {
    case 'set': {
      const place = valueText(table, rule.column, textOf(rule.value), parameters);
      return `UPDATE ${table.relation} SET ${quotedColumn(table, rule.column)} = ${place}`;
    }
    case 'null':
      return `UPDATE ${table.relation} SET ${quotedColumn(table, rule.column)} = NULL`;
    case 'delete':
      return `DELETE FROM ${table.relation}`;
    default:
      return null;
  }
}

/** Without its length: a text that is too long is refused, where a cast would cut it off. */
function valueText(table: StandingTable, column: string, value: string, parameters: Parameters): string {
  const { type, masked } = columnOf(table, column);
  const place = parameters.add(value, 'text');
  return masked?.kind === 'text' ? place : `${place}::${type}`;
}

/** Values out, masks in: what a mask is stands in one place for all servers. */
async function mask(
  session: Session,
  table: StandingTable,
  rule: MaskRule,
  { where, parameters }: Selection,
): Promise<number> {
  const { type, masked } = columnOf(table, rule.column);
  const column = quotedColumn(table, rule.column);
  const key = keyFor(table, rule);
  const seed = rule.seed ?? (await readSeed(session));
  // Without a key a row is told by its place, which holds within the transaction that nobody disturbs.
  const places = key
    ? key.map((name) => ({ name: quoteName(name), type: columnOf(table, name).type }))
    : [
        { name: 'tableoid', type: 'oid' },
        { name: 'ctid', type: 'tid' },
      ];
  const texts = places.map(({ name }) => `${name}::text`).join(', ');
  await session.query(
    `DECLARE unmasked NO SCROLL CURSOR FOR SELECT ARRAY[${texts}] AS key, ${column}::text AS value FROM ${table.relation} WHERE ${where}`,
    parameters.values,
  );
  const same = places.map(({ name, type: of }, k) => `t.${name} = m.key${k}::${of}`).join(' AND ');
  const names = places.map((_, k) => `key${k}`).join(', ');
  const lists = places.map((_, k) => `$${k + 2}::text[]`).join(', ');
  let rows = 0;
  for (;;) {
    const some = await session.query<{ key: string[]; value: string }>(`FETCH ${MASKED_AT_ONCE} FROM unmasked`);
    if (some.length === 0) break;
    const masks = some.map(({ value }) => maskValue(rule.mask, seed, masked ?? ANY_TEXT, value));
    await session.query(
      `UPDATE ${table.relation} t SET ${column} = m.value::${type} FROM unnest($1::text[], ${lists}) m (value, ${names}) WHERE ${same}`,
      [masks, ...places.map((_, k) => some.map((row) => row.key[k]))],
    );
    rows += some.length;
  }
  await session.query('CLOSE unmasked');
  return rows;
}

const ANY_TEXT = { kind: 'text', maxLength: null } as const;

async function readSeed(session: Session): Promise<string> {
  const [row] = await session.query<{ value: string }>(`SELECT value FROM ${TRACES.seed}`);
  if (!row) throw new Error('the copy has no seed');
  return row.value;
}

/** Rows that the rule would change; null: no such table. */
export async function countRule(session: Session, rule: ScrubRule): Promise<number | null> {
  const tables = await tablesOfRule(session, rule);
  let rows = 0;
  for (const table of tables) {
    checkMask(table, rule);
    const parameters = new Parameters();
    const [row] = await session.query<{ rows: string }>(
      `SELECT count(*)::text AS rows FROM ${table.relation} WHERE ${ruleText(table, rule, parameters)}`,
      parameters.values,
    );
    rows += Number(row?.rows ?? 0);
  }
  return tables.length === 0 ? null : rows;
}

/** A rule without progress, for the administrator; the rows changed. */
export async function applyWhole(
  session: Session,
  table: StandingTable,
  rule: Exclude<ScrubRule, MaskRule>,
): Promise<number> {
  const parameters = new Parameters();
  const where = ruleText(table, rule, parameters);
  return change(session, table, rule, { where, parameters });
}
