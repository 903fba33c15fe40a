import { quoteName } from '../../sql/postgres/names.ts';
import type { Session } from '../../sql/postgres/session.ts';
import type { ScrubRule } from '../scrub-rules.ts';
import type { Parameters } from './predicates.ts';
import { columnOf, type StandingTable } from './tables.ts';

/** Ways through a table, range by range, that can be taken up again where they were left. */

/** Where the last range ended: a key, or blocks; null before the first. */
export type Place = readonly string[] | null;

export interface Range {
  /** In SQL; none: all rows. */
  readonly conditions: readonly string[];
  /** Null: there are none behind it. */
  readonly end: Place;
  /** Rows or blocks, this range included, and all of them. */
  readonly done: number;
  readonly of: number;
}

export type Walk = (session: Session, after: Place, parameters: Parameters) => Promise<Range>;

/** 16 MB: seconds of work, so that a cancellation is heard and little is done twice. */
const RANGE_BLOCKS = 2_048;

/**
 * By key for masks, which no row may meet twice; a key that the rule itself changes will not do. By blocks for all else,
 * which is faster: a row that is met again, for it was written anew behind itself, is as the rule wants it already.
 */
export function walkFor(table: StandingTable, rule: ScrubRule, rangeRows: number): Walk {
  const key = rule.action === 'mask' ? keyFor(table, rule) : null;
  if (key) return byKey(table, key, rangeRows);
  return rule.action === 'mask' || table.blocks === null ? atOnce : byBlocks(table.blocks);
}

/** Columns that tell the rows of the table apart and that the rule leaves alone; null without any. */
export function keyFor(table: StandingTable, rule: ScrubRule): readonly string[] | null {
  const changed = 'column' in rule && rule.column !== undefined ? columnOf(table, rule.column).name : null;
  return table.keys.find((key) => changed === null || !key.includes(changed)) ?? null;
}

const atOnce: Walk = async () => ({ conditions: [], end: null, done: 1, of: 1 });

/** There are no statistics before the scrub is over, and without them the server would read the whole table for each range. */
const WITHOUT_STATISTICS = `SET LOCAL enable_seqscan = off; SET LOCAL enable_bitmapscan = off; SET LOCAL enable_sort = off`;

function byBlocks(blocks: number): Walk {
  return async (session, after) => {
    await session.query(`${WITHOUT_STATISTICS}; SET LOCAL enable_indexscan = off`);
    const [from = 0, all = blocks] = (after ?? []).map(Number);
    const to = from + RANGE_BLOCKS;
    const isLast = to >= all;
    const upTo = isLast ? [] : [`ctid < '(${to},0)'::tid`];
    return {
      conditions: [`ctid >= '(${from},0)'::tid`, ...upTo],
      end: isLast ? null : [String(to), String(all)],
      done: Math.min(to, all),
      of: all,
    };
  };
}

function byKey(table: StandingTable, key: readonly string[], rangeRows: number): Walk {
  let done = 0;
  return async (session, after, parameters) => {
    await session.query(WITHOUT_STATISTICS);
    const behind = after ? [`${tuple(key)} > ${values(table, key, after, parameters)}`] : [];
    const end = await endOfRange(session, table, key, { behind, parameters }, rangeRows);
    const upTo = end ? [`${tuple(key)} <= ${values(table, key, end, parameters)}`] : [];
    done += rangeRows;
    const of = Math.max(table.rows, done);
    return { conditions: [...behind, ...upTo], end, done: end ? done : of, of };
  };
}

/** The key of the last row of the range; null when what remains is less than one. */
async function endOfRange(
  session: Session,
  table: StandingTable,
  key: readonly string[],
  { behind, parameters }: { readonly behind: readonly string[]; readonly parameters: Parameters },
  rangeRows: number,
): Promise<string[] | null> {
  const columns = key.map(quoteName);
  const where = behind.length > 0 ? `WHERE ${behind.join(' AND ')}` : '';
  const [row] = await session.query<{ key: string[] }>(
    `SELECT ARRAY[${columns.map((column) => `${column}::text`).join(', ')}] AS key FROM ${table.relation} ${where}
     ORDER BY ${columns.join(', ')} OFFSET ${rangeRows - 1} LIMIT 1`,
    parameters.values,
  );
  return row?.key ?? null;
}

function tuple(key: readonly string[]): string {
  return `(${key.map(quoteName).join(', ')})`;
}

function values(
  table: StandingTable,
  key: readonly string[],
  place: readonly string[],
  parameters: Parameters,
): string {
  const casts = key.map((column, k) => `${parameters.add(place[k], 'text')}::${columnOf(table, column).type}`);
  return `(${casts.join(', ')})`;
}
