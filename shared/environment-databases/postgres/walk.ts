import { quoteName } from '../../sql/postgres/names.ts';
import type { Session } from '../../sql/postgres/session.ts';
import type { ScrubRule } from '../scrub-rules.ts';
import type { SqlColumn } from '../sql/tables.ts';
import { atOnce, byKey, keyFor, type Place, type Range, type Walk } from '../sql/walk.ts';
import { Parameters } from './predicates.ts';
import type { StandingTable } from './tables.ts';

/** Ranges by key for masks, which no row may meet twice, and by blocks for all else. */

/** Rows of a mask in one transaction. */
export const RANGE_ROWS = 20_000;

/** 16 MB: seconds of work, so that a cancellation is heard and little is done twice. */
const RANGE_BLOCKS = 2_048;

export function walkFor(table: StandingTable, rule: ScrubRule, rangeRows: number): Walk<Session> {
  const blocks = blocksFor(table, rule);
  if (blocks !== null) return byBlocks(blocks);
  const key = rule.action === 'mask' ? keyFor(table, rule) : null;
  if (key === null) return atOnce;
  return byKey(table, rangeRows, (session, after) => endOfRange(session, table, key, after, rangeRows));
}

/** Faster than by key: a row that is met again, for it was written anew behind itself, is as the rule wants it already. */
function blocksFor({ blocks }: StandingTable, { action }: ScrubRule): number | null {
  return action === 'mask' ? null : blocks;
}

/** There are no statistics before the scrub is over, and without them the server would read the whole table for each range. */
const WITHOUT_STATISTICS = `SET LOCAL enable_seqscan = off; SET LOCAL enable_bitmapscan = off; SET LOCAL enable_sort = off`;

/** A place is a block's number, and how many there were at first. */
function byBlocks(blocks: number): Walk<Session> {
  return async (session, after) => {
    await session.query(`${WITHOUT_STATISTICS}; SET LOCAL enable_indexscan = off`);
    const [from = 0, all = blocks] = (after ?? []).map(Number);
    const to = from + RANGE_BLOCKS;
    return { after, end: to >= all ? null : [String(to), String(all)], done: Math.min(to, all), of: all };
  };
}

async function endOfRange(
  session: Session,
  table: StandingTable,
  key: readonly SqlColumn[],
  after: Place,
  rangeRows: number,
): Promise<Place> {
  await session.query(WITHOUT_STATISTICS);
  const parameters = new Parameters();
  const where = after ? `WHERE ${tuple(key)} > ${values(key, after, parameters)}` : '';
  const columns = key.map(({ name }) => quoteName(name));
  const [row] = await session.query<{ key: string[] }>(
    `SELECT ARRAY[${columns.map((column) => `${column}::text`).join(', ')}] AS key FROM ${table.relation} ${where}
     ORDER BY ${columns.join(', ')} OFFSET ${rangeRows - 1} LIMIT 1`,
    parameters.values,
  );
  return row?.key ?? null;
}

/** The rows of a range, for a WHERE; none: all rows. */
export function inRange(
  table: StandingTable,
  rule: ScrubRule,
  { after, end }: Range,
  parameters: Parameters,
): string[] {
  if (blocksFor(table, rule) !== null)
    return [`ctid >= ${blockText(after)}`, ...(end ? [`ctid < ${blockText(end)}`] : [])];
  const key = keyFor(table, rule) ?? [];
  return [
    ...(after ? [`${tuple(key)} > ${values(key, after, parameters)}`] : []),
    ...(end ? [`${tuple(key)} <= ${values(key, end, parameters)}`] : []),
  ];
}

const blockText = (place: Place): string => `'(${Number(place?.[0] ?? 0)},0)'::tid`;

function tuple(key: readonly SqlColumn[]): string {
  return `(${key.map(({ name }) => quoteName(name)).join(', ')})`;
}

function values(key: readonly SqlColumn[], place: readonly string[], parameters: Parameters): string {
  return `(${key.map(({ type }, k) => `${parameters.add(place[k], 'text')}::${type}`).join(', ')})`;
}
