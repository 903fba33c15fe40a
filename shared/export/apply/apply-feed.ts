import type { Subscribed } from '../../control/model.ts';
import { NOWHERE } from '../../destination/accounting.ts';
import type { Applied, Batch, Position } from '../../destination/model.ts';
import { type FreshetError, isFreshetError } from '../../errors/error.ts';
import { applyMerge } from './apply-merge.ts';
import { defineTable } from './define-table.ts';
import { entriesOf } from './merge.ts';
import { makeSmaller, mergeWorked, statementRows, tooLargeAlone } from './merge-size.ts';
import { paceAfter } from './pace.ts';
import type { ReadyMerge } from './ready-merge.ts';
import { remedy, repair } from './remedy.ts';
import { type ApplyTurn, feedOf, isWished } from './turn.ts';
import { Upcoming } from './upcoming.ts';

/** Applies what is behind in one feed until its end or the turn's. */
export async function applyFeed(turn: ApplyTurn, subscribed: Subscribed): Promise<void> {
  const upcoming = new Upcoming(turn, feedOf(subscribed));
  let shape = subscribed.shape;
  try {
    while (turn.ports.clock.now() < turn.end && (await isWished(turn)) && !turn.paused.has(subscribed.entity)) {
      const position = turn.positions.get(subscribed.entity);
      if (!position || position.page === NOWHERE) return await remedy(turn, subscribed, 'no position');
      const merge = await upcoming.next(position);
      if (merge === null) return;
      if (merge === 'broken') return await remedy(turn, subscribed, 'the chain is broken');
      if (merge === 'lost') return await remedy(turn, subscribed, 'a page is lost');
      const [first] = merge.pages;
      if (first.shape !== shape) await reshape(turn, subscribed, first.shape);
      shape = first.shape;
      await apply(turn, subscribed, position, merge, () => upcoming.lookAhead(merge));
    }
  } finally {
    upcoming.end();
  }
}

/**
 * Columns are added or widened before the pages that carry them. Reported with the first page's commit: a destination restored
 * in between stands where it was reported, and has the old columns.
 */
async function reshape(turn: ApplyTurn, subscribed: Subscribed, shape: string): Promise<void> {
  await defineTable(turn, subscribed, await turn.ports.definitions.of(feedOf(subscribed), shape));
}

async function apply(
  turn: ApplyTurn,
  subscribed: Subscribed,
  position: Position,
  merge: ReadyMerge,
  onStaged: () => void,
): Promise<void> {
  const last = merge.pages.at(-1) ?? merge.pages[0];
  const base = {
    entity: subscribed.entity,
    expected: position.page,
    to: { page: last.id, number: last.number },
    columns: merge.columns,
    begins: merge.begins,
    ends: merge.ends,
    deleteLog: turn.profile.settings.writeDeleteLog,
    read: merge.read,
    now: turn.ports.clock.now(),
    statementRows: statementRows(turn.destination),
    onStaged,
  } satisfies Partial<Batch>;
  let applied: Applied;
  try {
    applied = await applyMerge(turn, base, merge);
  } catch (error) {
    if (isFreshetError(error, 'DESTINATION_SCHEMA_CHANGED')) return repair(turn, subscribed, error);
    if (isFreshetError(error, 'DESTINATION_BATCH_TOO_LARGE')) return tryLess(turn, base, merge, error);
    throw error;
  }
  mergeWorked(turn.destination);
  await afterCommit(turn, subscribed, position, base, applied, merge);
}

/** Whole pages only: between the halves of one, a crash would leave a position that is true of neither. */
function tryLess(
  turn: ApplyTurn,
  { entity, statementRows }: Pick<Batch, 'entity'> & { readonly statementRows: number },
  { pages }: ReadyMerge,
  error: FreshetError,
): void {
  const entries = pages.reduce((sum, page) => sum + entriesOf(page, turn.profile.id), 0);
  const smaller = makeSmaller(turn.destination, { pages: pages.length, entries, statementRows });
  if (!smaller) throw tooLargeAlone(entity, entries, error);
  turn.ports.log.write('warn', 'merges made smaller', {
    profileId: turn.profile.id,
    entity,
    pages: pages.length,
    entries,
    statementRows,
    reason: error.message,
  });
}

async function afterCommit(
  turn: ApplyTurn,
  subscribed: Subscribed,
  position: Position,
  { to, now: beganAt }: Pick<Batch, 'to' | 'now'>,
  { counters, stamp }: Applied,
  { pages, hasEntries, notifiedAt }: ReadyMerge,
): Promise<void> {
  const { ports, profile } = turn;
  turn.positions.set(subscribed.entity, { ...position, ...to, counters, stamp });
  const now = ports.clock.now();
  const rows = counters.read - position.counters.read;
  const pace = paceAfter(turn.paces.get(subscribed.entity) ?? subscribed.pace, rows, beganAt, now);
  turn.paces.set(subscribed.entity, pace);
  await ports.control.profiles.report(profile.id, subscribed.entity, {
    ...to,
    counters,
    shape: pages[0].shape,
    ...(hasEntries ? { lastExportAt: now, pace } : {}),
    ...(notifiedAt === null ? {} : { lagMs: Math.max(0, now - notifiedAt) }),
  });
  if (counters.regressed > position.counters.regressed) {
    ports.log.write('error', 'rows replaced newer versions', { profileId: profile.id, entity: subscribed.entity });
  }
}
