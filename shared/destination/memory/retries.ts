import { withoutStamp } from '../accounting.ts';
import type { RetryEntry } from '../model.ts';
import type { MemoryRetry, OwnTables } from './database.ts';

/** Retries and failed records in memory: each function is what a statement is to the databases. */

export function dueRetries(own: OwnTables, now: number, limit: number, except: readonly string[]): RetryEntry[] {
  return retriesOf(own, ({ entity, dueAt }) => dueAt !== null && dueAt <= now && !except.includes(entity))
    .sort((a, b) => (a.dueAt ?? 0) - (b.dueAt ?? 0) || compareRecords(a, b))
    .slice(0, limit)
    .map(entryOf);
}

export function nextDue(own: OwnTables, except: readonly string[]): number | null {
  const due = retriesOf(own, ({ entity, dueAt }) => dueAt !== null && !except.includes(entity)).map(
    ({ dueAt }) => dueAt ?? 0,
  );
  return due.length === 0 ? null : Math.min(...due);
}

export function unloggedFailures(own: OwnTables, limit: number): RetryEntry[] {
  const unlogged = retriesOf(own, ({ failedAt, logged }) => failedAt !== null && !logged).sort(
    (a, b) => (a.failedAt ?? 0) - (b.failedAt ?? 0) || compare(a.settlementId, b.settlementId) || compareRecords(a, b),
  );
  const last = unlogged[limit - 1];
  const whole = last ? unlogged.findLastIndex(({ settlementId }) => settlementId === last.settlementId) + 1 : limit;
  return unlogged.slice(0, whole).map(entryOf);
}

export function markLogged({ retries }: OwnTables, settlementIds: readonly string[]): void {
  for (const [key, retry] of retries) {
    if (settlementIds.includes(retry.settlementId ?? '')) retries.set(key, { ...retry, logged: true });
  }
}

export function refusedIds(own: OwnTables, entity: string, ids: readonly string[]): string[] {
  const refused = new Set(retriesOf(own, (retry) => retry.entity === entity).map(({ id }) => id.toLowerCase()));
  return ids.map((id) => id.toLowerCase()).filter((id) => refused.has(id));
}

export function openBlobs(own: OwnTables, blobs: readonly string[]): string[] {
  const open = new Set(retriesOf(own, () => true).map(({ blob }) => blob));
  return blobs.filter((blob) => open.has(blob));
}

export function reviveFailures({ retries }: OwnTables, entity: string, now: number): number {
  const failed = [...retries].filter(([, retry]) => retry.entity === entity && retry.failedAt !== null);
  for (const [key, retry] of failed) retries.set(key, { ...retry, attempts: 0, dueAt: now });
  return failed.length;
}

export function forgetRetries({ retries }: OwnTables, entity: string): void {
  for (const [key, retry] of retries) if (retry.entity === entity) retries.delete(key);
}

function retriesOf({ retries }: OwnTables, wanted: (retry: MemoryRetry) => boolean): MemoryRetry[] {
  return [...retries.values()].filter(wanted);
}

function entryOf({ logged: _, ...stored }: MemoryRetry): RetryEntry {
  return withoutStamp(stored);
}

function compareRecords(a: RetryEntry, b: RetryEntry): number {
  return compare(a.entity, b.entity) || compare(a.id, b.id);
}

export function compare(a: string | null, b: string | null): number {
  return a === b ? 0 : (a ?? '') < (b ?? '') ? -1 : 1;
}
