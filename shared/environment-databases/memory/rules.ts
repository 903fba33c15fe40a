import { FreshetError } from '../../errors/error.ts';
import { meetsAll, numberOf, type RowValue, same } from '../conditions.ts';
import { type MaskedColumn, maskValue, tellsSomething } from '../masks.ts';
import type { RuleFinding } from '../model.ts';
import { columnsOf, conditionsOf, meansTable, type ScrubRule } from '../scrub-rules.ts';
import type { MemoryDatabase, MemoryProgress, MemoryRow, MemoryTable } from './server.ts';

/** Rules on tables in memory: what SQL does in the other adapters. */

const ANY_TEXT: MaskedColumn = { kind: 'text', maxLength: null };

/** The number of a row, which no table of Finance & Operations goes without. Other columns take anything. */
const ROW_NUMBER = 'RECID';

/** The tables that the rule means, by name. SCRUB_COLUMN_MISSING when one lacks a column that the rule names; SCRUB_COLUMN_NOT_WRITABLE, SCRUB_VALUE_UNFIT. */
export function tablesOf(database: MemoryDatabase, rule: ScrubRule): [name: string, table: MemoryTable][] {
  const meant = [...database.tables].filter(([name]) => meansTable(rule, ...schemaAndName(name)));
  for (const [name, { columns }] of meant) {
    const missing = columnsOf(rule).find((column) => !columns.some((it) => it.toLowerCase() === column.toLowerCase()));
    if (missing) throw new FreshetError('SCRUB_COLUMN_MISSING', { rule: rule.id, column: missing, table: name });
    checkFits(rule, name);
  }
  return meant;
}

function checkFits(rule: ScrubRule, table: string): void {
  if (!('column' in rule) || rule.column?.toUpperCase() !== ROW_NUMBER) return;
  const place = { rule: rule.id, column: rule.column, table };
  if (rule.action === 'null')
    throw new FreshetError('SCRUB_COLUMN_NOT_WRITABLE', { ...place, reason: 'it takes no NULL' });
  if (rule.action === 'set' && Number.isNaN(numberOf(rule.value)))
    throw new FreshetError('SCRUB_VALUE_UNFIT', { ...place, type: 'bigint' });
}

/** Rows that the rule would change. */
export function touched(rule: ScrubRule, { rows }: MemoryTable): number {
  return [...rows.values()].filter((row) => touches(rule, row)).length;
}

function touches(rule: ScrubRule, row: MemoryRow): boolean {
  if (!meetsAll(conditionsOf(rule), (column) => cellOf(row, column))) return false;
  switch (rule.action) {
    case 'delete':
    case 'truncate':
      return true;
    case 'keep':
      return false;
    case 'set': {
      const value = cellOf(row, rule.column);
      return value === null || !same(value, rule.value);
    }
    case 'null':
      return cellOf(row, rule.column) !== null;
    case 'mask': {
      const value = cellOf(row, rule.column);
      return value !== null && tellsSomething('text', String(value));
    }
  }
}

/** One range: the rows behind the last key that was done. */
export function applyRange(
  rule: ScrubRule,
  table: MemoryTable,
  progress: MemoryProgress,
  size: number,
  seed: string,
): { table: MemoryTable; progress: MemoryProgress } {
  const keys = [...table.rows.keys()].filter((key) => key > progress.last).slice(0, size);
  const rows = new Map(table.rows);
  let count = 0;
  for (const key of keys) {
    const row = table.rows.get(key);
    if (!row || !touches(rule, row)) continue;
    count += 1;
    const after = rowAfter(rule, row, seed);
    if (after) rows.set(key, after);
    else rows.delete(key);
  }
  const last = keys.at(-1) ?? progress.last;
  const finished = keys.length < size;
  return { table: { ...table, rows }, progress: { last, rows: progress.rows + count, finished } };
}

/** Null: the row is deleted. */
function rowAfter(rule: ScrubRule, row: MemoryRow, seed: string): MemoryRow | null {
  switch (rule.action) {
    case 'set':
      return withValue(row, rule.column, rule.value);
    case 'null':
      return withValue(row, rule.column, null);
    case 'mask': {
      const value = String(cellOf(row, rule.column));
      return withValue(row, rule.column, maskValue(rule.mask, rule.seed ?? seed, ANY_TEXT, value));
    }
    case 'keep':
      return row;
    default:
      return null;
  }
}

/** What speaks against the rule having held in one table; `source`: the same table there. */
export function findingsOf(
  rule: ScrubRule,
  [name, table]: readonly [string, MemoryTable],
  progress: MemoryProgress | undefined,
  source: MemoryTable | undefined,
): RuleFinding[] {
  const found = (reason: RuleFinding['reason'], rows: number): RuleFinding[] =>
    rows > 0 ? [{ rule: rule.id, table: name, rows, reason }] : [];
  if (rule.action === 'keep') return [];
  if (rule.action !== 'mask') {
    return found(
      rule.action === 'set' || rule.action === 'null' ? 'values remain' : 'rows remain',
      touched(rule, table),
    );
  }
  if (!progress?.finished) return found('not applied', table.rows.size || 1);
  const unmasked = [...table.rows].filter(([key, row]) => {
    const before = source?.rows.get(key);
    return before && touches(rule, before) && cellOf(row, rule.column) === cellOf(before, rule.column);
  });
  return [
    ...found('ranges not masked', [...table.rows.keys()].filter((key) => key > progress.last).length),
    ...found('same as the source', unmasked.length),
  ];
}

export function cellOf(row: MemoryRow, column: string): RowValue {
  return row[spelled(row, column)] ?? null;
}

export function withValue(row: MemoryRow, column: string, value: RowValue): MemoryRow {
  return { ...row, [spelled(row, column)]: value };
}

function spelled(row: MemoryRow, column: string): string {
  return Object.keys(row).find((name) => name.toLowerCase() === column.toLowerCase()) ?? column;
}

/** What is before the first dot, and behind it. */
export function schemaAndName(name: string): [schema: string, name: string] {
  const dot = name.indexOf('.');
  return [name.slice(0, dot), name.slice(dot + 1)];
}
