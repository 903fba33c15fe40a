import { pageRows } from '../../dataverse/shape.ts';
import { pageBytes } from '../read/turn.ts';
import { type Comparing, IDS_AT_ONCE, noteAll, pairsOf, pairsWith, slot } from './comparing.ts';

/** Ids that one question to the destination answers with. */
const IDS_PER_WALK = 5_000;
/** Both sides of a page, and their texts, exist at the same time. */
const TIMES_IN_MEMORY = 4;

/** One page of the organization's rows, beside those of the destination. */
export async function compareRows(comparing: Comparing): Promise<void> {
  const { ports, source, form, link } = comparing;
  await slot(comparing);
  const memory = await ports.memory.reserve(TIMES_IN_MEMORY * pageBytes(form.entity));
  try {
    const from = link === null ? ({ kind: 'rows' } as const) : ({ kind: 'next', link } as const);
    const page = await source.read(form.entity, from, pageRows(form.entity));
    const ids = page.rows.map(([id]) => String(id).toLowerCase());
    noteAll(comparing, await pairsWith(comparing, ids, page.columns, page.rows));
    comparing.link = page.next;
    if (page.next === null) comparing.phase = 'ids';
  } finally {
    memory.release();
  }
}

/** Counts the destination's ids: only ranges that hold others than the organization's rows need a closer look. */
export async function countIds(comparing: Comparing): Promise<void> {
  const { comparison } = comparing;
  const ids = await nextIds(comparing);
  for (const id of ids) comparison.meet(id);
  if (ids.length > 0) return;
  const ranges = comparison.rangesWithOthers();
  comparison.compareAnew(new Set(ranges));
  comparing.ranges = ranges;
  comparing.after = null;
  comparing.phase = ranges.length > 0 ? 'extras' : 'walked';
}

/** Asks the organization for the ids of ranges that hold others. */
export async function compareExtras(comparing: Comparing): Promise<void> {
  const { comparison } = comparing;
  const ranges = new Set(comparing.ranges);
  const ids = await nextIds(comparing);
  const wanted = ids.filter((id) => ranges.has(comparison.rangeOf(id)));
  for (let at = 0; at < wanted.length; at += IDS_AT_ONCE)
    noteAll(comparing, await pairsOf(comparing, wanted.slice(at, at + IDS_AT_ONCE)));
  if (ids.length === 0) comparing.phase = 'walked';
}

/** The ids after the last, in the destination's own order. */
async function nextIds(comparing: Comparing): Promise<string[]> {
  const { destination, form, after } = comparing;
  const which = { after, limit: IDS_PER_WALK };
  const rows = await destination.heldRows(form.entity.logicalName, [], which);
  comparing.after = rows.at(-1)?.id ?? after;
  return rows.map(({ id }) => id);
}
