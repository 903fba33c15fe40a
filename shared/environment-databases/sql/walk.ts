import type { ScrubRule } from '../scrub-rules.ts';
import { columnOf, type SqlColumn, type SqlTable } from './tables.ts';

/** Ways through a table, range by range, that can be taken up again where they were left. */

/** Where a range ended: a key, or what else the dialect finds rows by; null before the first. */
export type Place = readonly string[] | null;

export interface Range {
  readonly after: Place;
  /** Null: there are none behind it. */
  readonly end: Place;
  /** Rows or blocks, this range included, and all of them. */
  readonly done: number;
  readonly of: number;
}

export type Walk<S> = (session: S, after: Place) => Promise<Range>;

/** A table in one range. */
export const WHOLE: Range = { after: null, end: null, done: 1, of: 1 };

export const atOnce: Walk<unknown> = async () => WHOLE;

/** `endOfRange`: the key of the last row of `rangeRows` behind a key; null when what remains is less than one range. */
export function byKey<S>(
  { rows }: SqlTable,
  rangeRows: number,
  endOfRange: (session: S, after: Place) => Promise<Place>,
): Walk<S> {
  let done = 0;
  return async (session, after) => {
    const end = await endOfRange(session, after);
    done += rangeRows;
    const of = Math.max(rows, done);
    return { after, end, done: end ? done : of, of };
  };
}

/** Columns that tell the rows of the table apart and that the rule leaves alone; null without any. */
export function keyFor<C extends SqlColumn>(table: SqlTable<C>, rule: ScrubRule): readonly C[] | null {
  const changed = 'column' in rule && rule.column !== undefined ? columnOf(table, rule.column).name : null;
  const key = table.keys.find((names) => changed === null || !names.includes(changed));
  // By the index's own name: another column's may differ from it in letter case alone.
  return key?.map((name) => ({ ...columnOf(table, name), name })) ?? null;
}
