import type { Subscribed } from '../../control/profiles.port.ts';
import type { Applied, Batch, Position } from '../../destination/model.ts';
import { type FreshetError, isFreshetError } from '../../errors/error.ts';
import { applyMerge } from './apply-merge.ts';
import { defineTable } from './define-table.ts';
import { entriesOf, mergePages } from './merge.ts';
import { makeSmaller, mergeWorked, statementRows, tooLargeAlone } from './merge-size.ts';
import { type Loaded, loadPages, memoryOf, nextPages } from './next-pages.ts';
import { paceAfter } from './pace.ts';
import { remedy, repair } from './remedy.ts';
import { type ApplyTurn, feedOf, isWished, shapeOfPage } from './turn.ts';

/** Applies what is behind in one feed until its end or the turn's. */
export async function applyFeed(turn: ApplyTurn, subscribed: Subscribed): Promise<void> {
  let shape = subscribed.shape;
  while (turn.ports.clock.now() < turn.end && (await isWished(turn)) && !turn.paused.has(subscribed.entity)) {
    const position = turn.positions.get(subscribed.entity);
    if (!position) return remedy(turn, subscribed, 'no position');
    const pages = await nextPages(turn, subscribed, position);
    if (pages === 'broken') return remedy(turn, subscribed, 'the chain is broken');
    const [first] = pages;
    if (!first) return;
    const memory = await turn.ports.memory.reserve(memoryOf(turn, pages));
    try {
      const loaded = await loadPages(turn, pages);
      if (loaded.pages.length === 0) return await remedy(turn, subscribed, 'a page is lost');
      if (first.shape !== shape) await reshape(turn, subscribed, first.shape);
      shape = first.shape;
      await apply(turn, subscribed, position, loaded);
    } finally {
      memory.release();
    }
  }
}

/**
 * Columns are added or widened before the pages that carry them. Reported with the first page's commit: a destination restored
 * in between stands where it was reported, and has the old columns.
 */
async function reshape(turn: ApplyTurn, subscribed: Subscribed, shape: string): Promise<void> {
  const { entity } = await shapeOfPage(turn, feedOf(subscribed), shape);
  await defineTable(turn, subscribed, entity);
}

async function apply(turn: ApplyTurn, subscribed: Subscribed, position: Position, loaded: Loaded): Promise<void> {
  const last = loaded.pages.at(-1);
  if (!last) return;
  const { columns } = await shapeOfPage(turn, feedOf(subscribed), last.shape);
  const merge = mergePages(loaded.contents);
  const oldest = oldestNotification(loaded);
  const base = {
    entity: subscribed.entity,
    expected: position.page,
    to: { page: last.id, number: last.number },
    columns,
    begins: merge.begins,
    ends: merge.ends,
    deleteLog: turn.profile.settings.writeDeleteLog,
    read: merge.read,
    now: turn.ports.clock.now(),
    statementRows: statementRows(turn.destination),
  } satisfies Partial<Batch>;
  let applied: Applied;
  try {
    applied = await applyMerge(turn, base, merge.entries, last.shape);
  } catch (error) {
    if (isFreshetError(error, 'DESTINATION_SCHEMA_CHANGED')) return repair(turn, subscribed, error);
    if (isFreshetError(error, 'DESTINATION_BATCH_TOO_LARGE')) return tryLess(turn, base, loaded, error);
    throw error;
  }
  mergeWorked(turn.destination);
  await afterCommit(turn, subscribed, position, base, applied, loaded, oldest);
}

/** Whole pages only: between the halves of one, a crash would leave a position that is true of neither. */
function tryLess(
  turn: ApplyTurn,
  { entity, statementRows }: Pick<Batch, 'entity'> & { readonly statementRows: number },
  { pages }: Loaded,
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
  loaded: Loaded,
  oldest: number | null,
): Promise<void> {
  const { ports, profile } = turn;
  turn.positions.set(subscribed.entity, { ...position, ...to, counters, stamp });
  const now = ports.clock.now();
  const rows = counters.read - position.counters.read;
  const pace = paceAfter(turn.paces.get(subscribed.entity) ?? subscribed.pace, rows, beganAt, now);
  turn.paces.set(subscribed.entity, pace);
  const exported = loaded.contents.some(({ page }) => page.entries > 0);
  await ports.control.profiles.report(profile.id, subscribed.entity, {
    ...to,
    counters,
    shape: loaded.pages.at(-1)?.shape ?? null,
    ...(exported ? { lastExportAt: now, pace } : {}),
    ...(oldest === null ? {} : { lagMs: Math.max(0, now - oldest) }),
  });
  if (counters.regressed > position.counters.regressed) {
    ports.log.write('error', 'rows replaced newer versions', { profileId: profile.id, entity: subscribed.entity });
  }
}

function oldestNotification(loaded: Loaded): number | null {
  const times = loaded.contents.flatMap(({ page }) => (page.notifiedAt === null ? [] : [page.notifiedAt]));
  return times.length === 0 ? null : Math.min(...times);
}
