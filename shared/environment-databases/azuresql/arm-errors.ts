import { FreshetError, isFreshetError } from '../../errors/error.ts';
import type { ErrorCode } from '../../errors/register.ts';

/** Codes of the resource manager that say more than the status of their answer (documented with the operation of Databases). */
const CODES: Readonly<Record<string, ErrorCode>> = {
  InvalidLiveDatabase: 'RESTORE_OUT_OF_REACH',
  SourceDatabaseNotFound: 'RESTORE_OUT_OF_REACH',
  InvalidRestorePointInTime: 'RESTORE_OUT_OF_REACH',
  RemoteDatabaseCopyPermission: 'DATABASE_FORBIDDEN',
  AuthorizationFailed: 'DATABASE_FORBIDDEN',
  RestoreTargetEditionSizeInsufficient: 'DATABASE_FULL',
  ElasticPoolOverStorageUsage: 'DATABASE_FULL',
  ElasticPoolDatabaseCountOverLimit: 'DATABASE_FULL',
  ServerDtuQuotaExceeded: 'DATABASE_FULL',
  DatabaseCopyLimitPerReplicaReached: 'DATABASE_FULL',
};

/** Busy, throttled, or in the way of another operation: all of them pass. */
const PASSING: readonly number[] = [408, 409, 429, 500, 502, 503, 504];

interface ForeignError {
  readonly message: string;
  readonly statusCode?: number;
  readonly code?: string;
}

/** Any error of the management library as one of this room; `about` fills the messages. */
export function armError(error: unknown, about: { readonly name: string; readonly moment: string }): FreshetError {
  if (isFreshetError(error)) return error;
  const { message, statusCode, code = '' } = error as ForeignError;
  if (error instanceof TypeError) return new FreshetError('DATABASE_BUG', { text: message }, error);
  // A failed operation has no status, and tells its code in the text alone.
  const known = CODES[code] ?? (statusCode === undefined ? CODES[namedIn(message)] : undefined);
  const text = `${code} ${message}`.trim().slice(0, 1_000);
  return new FreshetError(known ?? codeOfStatus(statusCode, code), { ...about, text, reason: text }, error);
}

export const isMissing = (error: unknown): boolean => (error as ForeignError).statusCode === 404;

function namedIn(message: string): string {
  return Object.keys(CODES).find((code) => message.includes(code)) ?? '';
}

function codeOfStatus(status: number | undefined, code: string): ErrorCode {
  if (status === undefined)
    return /^E[A-Z]+$|REQUEST_SEND_ERROR/.test(code) ? 'DATABASE_UNAVAILABLE' : 'DATABASE_REFUSED';
  if (status === 401 || status === 403) return 'DATABASE_FORBIDDEN';
  return PASSING.includes(status) ? 'DATABASE_UNAVAILABLE' : 'DATABASE_REFUSED';
}
