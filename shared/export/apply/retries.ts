import { type FeedKey, profileBell } from '../../control/model.ts';
import { type Cell, type Column, exportColumns } from '../../dataverse/columns.ts';
import type { RetryEntry, RetrySettlement, Settled } from '../../destination/model.ts';
import { type FreshetError, isFreshetError } from '../../errors/error.ts';
import { ringLater } from '../bells.ts';
import { newSettlementId } from '../failures/settlements.ts';
import { refusalOf } from './apply-merge.ts';
import { findRefused, type Refused } from './bisect.ts';
import { tooLargeAlone } from './merge-size.ts';
import { columnsFor } from './outgrown.ts';
import { contentOf, dropBlobs, type RetryContent } from './retry-blobs.ts';
import type { ApplyTurn } from './turn.ts';

/** Retries tried in one go. */
const RETRIES_AT_ONCE = 500;

interface Attempt {
  readonly entry: RetryEntry;
  readonly content: RetryContent;
}

/** What came of trying the retries that are due. */
export interface Tried {
  /** Entities whose retries cannot be tried because their blobs are lost. */
  readonly lost: ReadonlySet<string>;
  /** Entities whose table is gone, with the database's words. */
  readonly gone: ReadonlyMap<string, FreshetError>;
  /** More are due than were tried. */
  readonly more: boolean;
}

/** Tries again what is due; retries of paused entities wait as their pages do. */
export async function tryRetries(turn: ApplyTurn): Promise<Tried> {
  const due = await turn.destination.dueRetries(turn.ports.clock.now(), RETRIES_AT_ONCE, [...turn.paused]);
  const lost = new Set<string>();
  const gone = new Map<string, FreshetError>();
  for (const [entity, entries] of Map.groupBy(due, ({ entity }) => entity)) {
    const attempts = await Promise.all(
      entries.map(async (entry) => ({ entry, content: await contentOf(turn, entry) })),
    );
    if (attempts.some(({ content }) => content === null)) lost.add(entity);
    const whole = attempts.flatMap(({ entry, content }) => (content ? [{ entry, content }] : []));
    try {
      for (const [shape, alike] of Map.groupBy(whole, ({ content }) => content.shape)) {
        // Failed records apart: the lines of what is refused again belong elsewhere.
        for (const part of Map.groupBy(alike, isFailed).values()) await settleInParts(turn, entity, shape, part);
      }
    } catch (error) {
      if (!isFreshetError(error, 'DESTINATION_SCHEMA_CHANGED')) throw error;
      gone.set(entity, error);
    }
  }
  return { lost, gone, more: due.length === RETRIES_AT_ONCE && lost.size + gone.size === 0 };
}

function isFailed({ entry }: Attempt): boolean {
  return entry.failedAt !== null;
}

/** All at once, or by halves where that is too much for the destination: each retry is settled by itself. */
async function settleInParts(
  turn: ApplyTurn,
  entity: string,
  shape: string,
  attempts: readonly Attempt[],
): Promise<void> {
  try {
    await settle(turn, entity, shape, attempts);
  } catch (error) {
    if (!isFreshetError(error, 'DESTINATION_BATCH_TOO_LARGE')) throw error;
    if (attempts.length === 1) throw tooLargeAlone(entity, 1, error);
    const middle = Math.ceil(attempts.length / 2);
    await settleInParts(turn, entity, shape, attempts.slice(0, middle));
    await settleInParts(turn, entity, shape, attempts.slice(middle));
  }
}

/** One transaction for all that is accepted, found by trials as in a merge. */
async function settle(turn: ApplyTurn, entity: string, shape: string, attempts: readonly Attempt[]): Promise<void> {
  const refused: Refused<Attempt>[] = [];
  for (;;) {
    const bad = new Set(refused.map(({ item }) => item));
    const good = attempts.filter((attempt) => !bad.has(attempt));
    const settlement = await settlementOf(turn, entity, shape, good, refused);
    try {
      const settled = await turn.destination.settleRetries(settlement);
      return await afterSettlement(turn, attempts, settled);
    } catch (error) {
      if (!isFreshetError(error, 'RECORD_REFUSED')) throw error;
      const found = await findRefused(good, (part) => trial(turn, entity, shape, part), { systemic: false });
      if (found.length === 0) throw error;
      refused.push(...found);
    }
  }
}

async function trial(turn: ApplyTurn, entity: string, shape: string, attempts: readonly Attempt[]) {
  try {
    await turn.destination.settleRetries(await settlementOf(turn, entity, shape, attempts, []), 'trial');
    return null;
  } catch (error) {
    return refusalOf(error);
  }
}

async function settlementOf(
  turn: ApplyTurn,
  entity: string,
  shape: string,
  good: readonly Attempt[],
  refused: readonly Refused<Attempt>[],
): Promise<RetrySettlement> {
  const { ports, profile } = turn;
  const feed = { organizationId: profile.settings.organizationId, entity };
  const { maxCount, intervalS } = profile.settings.retry;
  const now = ports.clock.now();
  const rows = good.filter(({ content }) => content.row !== null);
  const write = await writable(
    turn,
    feed,
    shape,
    rows.map(({ content }) => content.row as Cell[]),
  );
  return {
    id: newSettlementId(ports.newId, [...good, ...refused.map(({ item }) => item)].some(isFailed)),
    entity,
    write: { ...write, entries: rows.map(({ entry }) => entry) },
    deletions: good.filter(({ content }) => content.row === null).map(({ entry }) => entry),
    refused: refused.map(({ item: { entry }, code, reason }) => ({
      entry,
      code,
      reason,
      dueAt: entry.attempts + 1 < maxCount ? now + intervalS * 1000 : null,
    })),
    deleteLog: profile.settings.writeDeleteLog,
    now,
  };
}

/**
 * The rows as today's table takes them: a column may have been widened since, for these very texts too, and one that has
 * another type now has no place for what the row was read with; the full read that follows such a change brings it.
 */
async function writable(turn: ApplyTurn, feed: FeedKey, shape: string, rows: readonly Cell[][]) {
  const { control, definitions } = turn.ports;
  const columns = exportColumns(await definitions.of(feed, shape));
  const current = (await control.feeds.get(feed))?.shape ?? shape;
  const today = new Map(exportColumns(await definitions.of(feed, current)).map((column) => [column.name, column]));
  const kept = columns.flatMap((column, cell) => {
    const now = today.get(column.name);
    return now && isSameKind(column, now) ? [{ column: now, cell }] : [];
  });
  const cells = rows.map((row) => kept.map(({ cell }) => row[cell] ?? null));
  const wanted = kept.map(({ column }) => column);
  return { columns: await columnsFor(turn, feed, current, wanted, cells), rows: cells };
}

function isSameKind(a: Column, b: Column): boolean {
  const kind = ({ type }: Column) => (type === 'text' ? 'string' : type);
  return kind(a) === kind(b);
}

/** Blobs of retries that ended well are not needed any more; those of failed records are kept for a resync. */
async function afterSettlement(turn: ApplyTurn, attempts: readonly Attempt[], settled: Settled): Promise<void> {
  const { ports, profile, positions } = turn;
  const [first] = attempts;
  if (!first) return;
  const { entity } = first.entry;
  const position = positions.get(entity);
  if (position) positions.set(entity, { ...position, counters: settled.counters });
  await ports.control.profiles.report(profile.id, entity, { counters: settled.counters });
  const open = await turn.destination.openBlobs(attempts.map(({ entry }) => entry.blob));
  const ended = attempts.filter(({ entry }) => !open.includes(entry.blob));
  await dropBlobs(
    turn,
    ended.map(({ entry }) => entry),
  );
}

/** Tells the control row when the next retry is due (ms, null for none), and sends the message for then. */
export async function reportRetries(turn: ApplyTurn, retryAt: number | null): Promise<void> {
  const { ports, profile } = turn;
  if (retryAt === turn.retryAt) return;
  await ports.control.profiles.update(profile.id, { retryAt });
  turn.retryAt = retryAt;
  if (retryAt === null) return;
  await ringLater(ports, profileBell(profile.id), Math.max(0, retryAt - ports.clock.now()));
}
