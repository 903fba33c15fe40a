import type { Cell } from '../dataverse/columns.ts';
import type { Batch, ChangeType, Counters, RefusedEntry, RetryEntry, RetrySettlement, Settled } from './model.ts';

/** Rules of the model that hold whatever the dialect: stamps, and counters that always add up. */

/** The coarsest date type of a dialect has steps of 1/300 s: four milliseconds are never rounded to the same moment. */
export const STAMP_STEP_MS = 4;

export const NO_COUNTERS: Counters = { read: 0, applied: 0, replaced: 0, retrying: 0, failed: 0, regressed: 0 };

/** Where a position stands that holds a place and has no past: no page is named so. */
export const NOWHERE = '';

export function nextStamp(now: number, last: number): number {
  return Math.max(now, last + STAMP_STEP_MS);
}

/** A snapshot that fills the table is under way: its end removes rows by their stamp, so each row seen needs a new one. */
export function isResync(begun: Readonly<Record<string, number>>, { begins }: Pick<Batch, 'begins'>): boolean {
  return begins.length > 0 || Object.keys(begun).length > 0;
}

/** Retries that left the table, by what they were. */
export interface RemovedRetries {
  readonly retrying: number;
  readonly failed: number;
}

/** The counters after a batch. `removed`: retries replaced by a newer entry, or removed at a snapshot's end. */
export function afterBatch(before: Counters, batch: Batch, removed: RemovedRetries, regressed: number): Counters {
  const written = batch.rows.length + batch.deletions.length;
  const failed = batch.refused.filter(isFailedAtOnce).length;
  const merged = batch.read - written - batch.refused.length;
  return {
    read: before.read + batch.read,
    applied: before.applied + written,
    replaced: before.replaced + merged + removed.retrying + removed.failed,
    retrying: before.retrying - removed.retrying + batch.refused.length - failed,
    failed: before.failed - removed.failed + failed,
    regressed: before.regressed + regressed,
  };
}

export function isFailedAtOnce(entry: RefusedEntry): boolean {
  return entry.dueAt === null;
}

/** A refused entry as the retry table keeps it. `stamp`: of the transaction that refused it, ms. */
export interface StoredRetry extends RetryEntry {
  readonly stamp: number;
}

/** The entries that a batch could not write. `standing`: ids, in lower case, that have a row. */
export function refusedRetries(batch: Batch, standing: ReadonlySet<string>, stamp: number): StoredRetry[] {
  return batch.refused.map((entry) => ({
    entity: batch.entity,
    id: entry.id.toLowerCase(),
    blob: entry.blob,
    changeType: changeType(entry, standing),
    attempts: 0,
    code: entry.code,
    reason: entry.reason,
    notifiedAt: entry.notifiedAt,
    dueAt: entry.dueAt,
    failedAt: isFailedAtOnce(entry) ? batch.now : null,
    settlementId: isFailedAtOnce(entry) ? batch.to.page : null,
    stamp,
  }));
}

function changeType(entry: RefusedEntry, standing: ReadonlySet<string>): ChangeType {
  if (entry.deletion) return 'Delete';
  return standing.has(entry.id.toLowerCase()) ? 'Update' : 'New';
}

/** The retries of a settlement that nothing newer has replaced, each with what is stored of it. */
export interface CurrentRetries {
  readonly write: readonly { readonly row: readonly Cell[]; readonly stored: StoredRetry }[];
  readonly deletions: readonly StoredRetry[];
  readonly refused: readonly { readonly before: StoredRetry; readonly after: StoredRetry }[];
  /** How many entries of the settlement are left out. */
  readonly replaced: number;
}

/**
 * Sorts out a settlement under the position's lock. An entry still stands when blob and attempts are those it was read
 * with: a settlement that is repeated after a lost answer finds nothing left to do. `stored`: by id in lower case.
 */
export function currentRetries(settlement: RetrySettlement, stored: ReadonlyMap<string, StoredRetry>): CurrentRetries {
  const find = (entry: RetryEntry): StoredRetry[] => {
    const found = stored.get(entry.id.toLowerCase());
    return found && found.blob === entry.blob && found.attempts === entry.attempts ? [found] : [];
  };
  const write = settlement.write.entries.flatMap((entry, k) =>
    find(entry).map((held) => ({ row: settlement.write.rows[k] ?? [], stored: held })),
  );
  const deletions = settlement.deletions.flatMap(find);
  const refused = settlement.refused.flatMap((refusal) =>
    find(refusal.entry).map((before) => ({ before, after: refusedAgain(before, refusal, settlement) })),
  );
  const given = settlement.write.entries.length + settlement.deletions.length + settlement.refused.length;
  return { write, deletions, refused, replaced: given - write.length - deletions.length - refused.length };
}

function refusedAgain(
  before: StoredRetry,
  { code, reason, dueAt }: RetrySettlement['refused'][number],
  { id, now }: RetrySettlement,
): StoredRetry {
  const ended = dueAt === null ? { failedAt: now, settlementId: id } : {};
  return { ...before, attempts: before.attempts + 1, code, reason, dueAt, ...ended };
}

/** The counters after a settlement. */
export function afterSettlement(before: Counters, current: CurrentRetries, regressed: number): Counters {
  const left = [...current.write.map(({ stored }) => stored), ...current.deletions];
  const failing = (entries: readonly StoredRetry[]) => entries.filter(({ failedAt }) => failedAt !== null).length;
  const wasFailed = failing(left) + failing(current.refused.map((entry) => entry.before));
  const isFailed = failing(current.refused.map((entry) => entry.after));
  return {
    ...before,
    applied: before.applied + left.length,
    retrying:
      before.retrying - (left.length + current.refused.length - wasFailed) + (current.refused.length - isFailed),
    failed: before.failed - wasFailed + isFailed,
    regressed: before.regressed + regressed,
  };
}

/** What a settlement answers: the failed records it made, without their stamps. */
export function settled(counters: Counters, current: CurrentRetries): Settled {
  return {
    counters,
    written: current.write.length + current.deletions.length,
    replaced: current.replaced,
    failed: current.refused.flatMap(({ after }) => (after.dueAt === null ? [withoutStamp(after)] : [])),
  };
}

export function withoutStamp({ stamp: _, ...entry }: StoredRetry): RetryEntry {
  return entry;
}
