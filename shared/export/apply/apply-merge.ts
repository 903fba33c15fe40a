import type { Cell } from '../../dataverse/columns.ts';
import type { Applied, Batch, RefusedEntry } from '../../destination/model.ts';
import { isFreshetError } from '../../errors/error.ts';
import { findRefused, isSystemic, type Refusal, type Refused, refusesAll } from './bisect.ts';
import type { Entry } from './merge.ts';
import { columnsFor, outgrown } from './outgrown.ts';
import { type ReadyMerge, refusedByColumns } from './ready-merge.ts';
import { keepForRetry } from './retry-blobs.ts';
import type { ApplyTurn } from './turn.ts';

export type BatchBase = Omit<Batch, 'rows' | 'deletions' | 'refused'>;

/**
 * Applies a merge in one transaction. Records that the destination refuses are found first (bisecting only searches, each
 * trial rolls back) and become retries in the very transaction that writes the others and moves the position.
 */
export async function applyMerge(turn: ApplyTurn, given: BatchBase, merge: ReadyMerge): Promise<Applied> {
  const { entries } = merge;
  const [{ shape }] = merge.pages;
  const keep = (refused: readonly Refused<Entry>[]) => keepForRetry(turn, given.entity, refused, shape);
  const { base, refused } = await widened(turn, given, merge);
  const kept = await keep(refused);
  for (;;) {
    const bad = new Set(kept.map(({ id }) => id));
    const good = bad.size === 0 ? entries : entries.filter(({ id }) => !bad.has(id));
    try {
      return await commit(turn, base, good, kept);
    } catch (error) {
      if (!isFreshetError(error, 'RECORD_REFUSED')) throw error;
      const found = await findRefused(good, (part) => attempt(turn, base, part));
      // Refused as a whole, accepted in parts: no single record is to blame.
      if (found.length === 0) throw error;
      kept.push(...(await keep(found)));
    }
  }
}

/**
 * The batch with columns wide enough for its texts, and what none can hold. A destination that lets its column not be widened
 * refuses these texts itself: of many rows all of them, and it is its fault, not theirs. What fits no column of the type is
 * the record's own fault, however many there are.
 */
async function widened(turn: ApplyTurn, given: BatchBase, { entries, refused, pages }: ReadyMerge) {
  if (refused.length === 0) return { base: given, refused };
  const { organizationId } = turn.profile.settings;
  const rows = refused.flatMap(({ item }) => (item.row === null ? [] : [item.row]));
  const feed = { organizationId, entity: given.entity };
  const columns = await columnsFor(turn, feed, pages[0].shape, given.columns, rows);
  if (columns === given.columns) {
    const [first] = refused;
    if (first && outgrown(columns, rows).size > 0 && isSystemic(refused, entries)) throw refusesAll(first);
    return { base: given, refused };
  }
  return { base: { ...given, columns }, refused: refusedByColumns(turn, columns, entries) };
}

function commit(
  turn: ApplyTurn,
  base: BatchBase,
  entries: readonly Entry[],
  refused: readonly RefusedEntry[],
): Promise<Applied> {
  return turn.destination.apply({ ...base, ...parts(entries), refused });
}

async function attempt(turn: ApplyTurn, base: BatchBase, entries: readonly Entry[]): Promise<Refusal | null> {
  try {
    // What a snapshot's end removes is no matter of these entries.
    await turn.destination.apply({ ...base, ...parts(entries), refused: [], begins: [], ends: [] }, 'trial');
    return null;
  } catch (error) {
    return refusalOf(error);
  }
}

/** The refusal of a trial; anything else is no refusal of a record and is thrown on. */
export function refusalOf(error: unknown): Refusal {
  if (!isFreshetError(error, 'RECORD_REFUSED')) throw error;
  const { code, values, verbatim: reason } = error;
  return { code, cause: String(values.number ?? ''), reason, text: String(values.text ?? error.message) };
}

function parts(entries: readonly Entry[]): { rows: Cell[][]; deletions: string[] } {
  const rows: Cell[][] = [];
  const deletions: string[] = [];
  for (const { id, row } of entries) {
    if (row === null) deletions.push(id);
    else rows.push(row as Cell[]);
  }
  return { rows, deletions };
}
