import { quoteName } from '../../sql/sqlserver/names.ts';
import type { Session } from '../../sql/sqlserver/session.ts';
import type { ScrubRule } from '../scrub-rules.ts';
import { Places } from './places.ts';
import { columnOf, type StandingColumn, type StandingTable } from './tables.ts';
import { columnText, fromText } from './types.ts';

/** Ways through a table, range by range, that can be taken up again where they were left. */

/** The key at which the last range ended; null before the first. */
export type Place = readonly string[] | null;

export interface Range {
  readonly after: Place;
  /** Null: there are none behind it. */
  readonly end: Place;
  /** Rows, this range included, and all of them. */
  readonly done: number;
  readonly of: number;
}

export type Walk = (session: Session, after: Place) => Promise<Range>;

/** By key; a table without one, or whose only key the rule itself changes, is one range. */
export function walkFor(table: StandingTable, rule: ScrubRule, rangeRows: number): Walk {
  const key = keyFor(table, rule);
  return key ? byKey(table, key, rangeRows) : atOnce;
}

/** Columns that tell the rows of the table apart and that the rule leaves alone; null without any. */
export function keyFor(table: StandingTable, rule: ScrubRule): readonly StandingColumn[] | null {
  const changed = 'column' in rule && rule.column !== undefined ? columnOf(table, rule.column).name : null;
  const key = table.keys.find((columns) => changed === null || !columns.includes(changed));
  return key ? key.map((name) => columnOf(table, name)) : null;
}

const atOnce: Walk = async () => ({ after: null, end: null, done: 1, of: 1 });

function byKey(table: StandingTable, key: readonly StandingColumn[], rangeRows: number): Walk {
  let done = 0;
  return async (session, after) => {
    const end = await endOfRange(session, table, key, after, rangeRows);
    done += rangeRows;
    const of = Math.max(table.rows, done);
    return { after, end, done: end ? done : of, of };
  };
}

/** The key of the last row of the range; null when what remains is less than one. */
async function endOfRange(
  session: Session,
  table: StandingTable,
  key: readonly StandingColumn[],
  after: Place,
  rangeRows: number,
): Promise<string[] | null> {
  const places = new Places();
  const where = after ? `WHERE ${beyond(key, after, '>', places)}` : '';
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
    ...(after ? [beyond(key, after, '>', places, alias)] : []),
    ...(end ? [`NOT ${beyond(key, end, '>', places, alias)}`] : []),
  ];
}

/** T-SQL compares no rows: the first column is beyond, or it is the same and the next one is, and so on. */
function beyond(
  key: readonly StandingColumn[],
  place: readonly string[],
  operator: '>',
  places: Places,
  alias = '',
): string {
  const bounds = key.map(({ type, base }, k) => fromText(type, base, places.text(place[k] ?? '')));
  const names = key.map(({ name }) => `${alias}${quoteName(name)}`);
  const ways = key.map((_, k) =>
    [...names.slice(0, k).map((name, n) => `${name} = ${bounds[n]}`), `${names[k]} ${operator} ${bounds[k]}`].join(
      ' AND ',
    ),
  );
  return `(${ways.map((way) => `(${way})`).join(' OR ')})`;
}
