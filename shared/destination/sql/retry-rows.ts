import type { StoredRetry } from '../accounting.ts';
import type { ChangeType } from '../model.ts';

/** A row of the retry table as it is read, but for its id, which dialects call differently. 64-bit numbers are texts. */
export interface RetryRow {
  readonly entity: string;
  readonly blob: string;
  readonly changetype: ChangeType;
  readonly attempts: number;
  readonly code: string;
  readonly reason: string;
  readonly notifiedat: string | null;
  readonly dueat: string | null;
  readonly failedat: string | null;
  readonly settlementid: string | null;
  readonly stamp: string;
}

export function entryOf(row: RetryRow, id: string): StoredRetry {
  return {
    entity: row.entity,
    id,
    blob: row.blob,
    changeType: row.changetype,
    attempts: row.attempts,
    code: row.code,
    reason: row.reason,
    notifiedAt: numberOf(row.notifiedat),
    dueAt: numberOf(row.dueat),
    failedAt: numberOf(row.failedat),
    settlementId: row.settlementid,
    stamp: Number(row.stamp),
  };
}

export function numberOf(text: string | null): number | null {
  return text === null ? null : Number(text);
}

/** What both servers can store of a text that a database or a definition brought along. */
export function storableText(text: string): string {
  return text.replaceAll('\0', '').toWellFormed();
}
