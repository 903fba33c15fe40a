import { quoteName } from '../../sql/sqlserver/names.ts';
import type { Session } from '../../sql/sqlserver/session.ts';
import type { ScrubRule } from '../scrub-rules.ts';
import { atOnce, byKey, keyFor, type Place, type Range, type Walk } from '../sql/walk.ts';
import { Places } from './places.ts';
import type { StandingColumn, StandingTable } from './tables.ts';
import { columnText, fromText } from './types.ts';

/** Ranges by key; a table without one, or whose only key the rule itself changes, is one range. */

/** Rows of one range: what a mask holds in memory, and what one transaction changes. */
export const RANGE_ROWS = 5_000;

export function walkFor(table: StandingTable, rule: ScrubRule, rangeRows: number): Walk<Session> {
  const key = keyFor(table, rule);
  if (key === null) return atOnce;
  return byKey(table, rangeRows, (session, after) => endOfRange(session, table, key, after, rangeRows));
}

async function endOfRange(
  session: Session,
  table: StandingTable,
  key: readonly StandingColumn[],
  after: Place,
  rangeRows: number,
): Promise<Place> {
  const places = new Places();
  const where = after ? `WHERE ${beyond(key, after, places)}` : '';
  const texts = key.map((column, k) => `${columnText(column)} AS k${k}`).join(', ');
  const order = key.map(({ name }) => quoteName(name)).join(', ');
  const [row] = await session.query<Record<string, string>>(
    `SELECT ${texts} FROM ${table.relation} ${where} ORDER BY ${order} OFFSET ${rangeRows - 1} ROWS FETCH NEXT 1 ROWS ONLY`,
    places.parameters,
  );
  return row ? key.map((_, k) => row[`k${k}`] ?? '') : null;
}

/** The rows of a range, for the WHERE of a statement whose table is called `alias`. */
export function inRange(
  key: readonly StandingColumn[],
  { after, end }: Pick<Range, 'after' | 'end'>,
  places: Places,
  alias = '',
): string[] {
  return [
    ...(after ? [beyond(key, after, places, alias)] : []),
    ...(end ? [`NOT ${beyond(key, end, places, alias)}`] : []),
  ];
}

/** T-SQL compares no rows: the first column is beyond, or it is the same and the next one is, and so on. */
function beyond(key: readonly StandingColumn[], place: readonly string[], places: Places, alias = ''): string {
  const bounds = key.map(({ type, base }, k) => fromText(type, base, places.text(place[k] ?? '')));
  const names = key.map(({ name }) => `${alias}${quoteName(name)}`);
  const ways = key.map((_, k) =>
    [...names.slice(0, k).map((name, n) => `${name} = ${bounds[n]}`), `${names[k]} > ${bounds[k]}`].join(' AND '),
  );
  return `(${ways.map((way) => `(${way})`).join(' OR ')})`;
}
