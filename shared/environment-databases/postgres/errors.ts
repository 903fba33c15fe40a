import { FreshetError, isFreshetError } from '../../errors/error.ts';
import type { ErrorCode } from '../../errors/register.ts';
import { classify } from '../../sql/postgres/classify.ts';

/** What the errors of a destination are when they come from an environment's server. */
const CODES: Partial<Record<ErrorCode, ErrorCode>> = {
  DESTINATION_ADDRESS_INVALID: 'DATABASE_ADDRESS_INVALID',
  DESTINATION_UNAVAILABLE: 'DATABASE_UNAVAILABLE',
  // Memory, locks or time of the server: another attempt may find it idle.
  DESTINATION_BATCH_TOO_LARGE: 'DATABASE_UNAVAILABLE',
  DESTINATION_FULL: 'DATABASE_FULL',
  DESTINATION_LOGIN_FAILED: 'DATABASE_LOGIN_FAILED',
  DESTINATION_FORBIDDEN: 'DATABASE_FORBIDDEN',
  DESTINATION_SCHEMA_CHANGED: 'DATABASE_REFUSED',
  DESTINATION_STOPPED: 'DATABASE_REFUSED',
  RECORD_REFUSED: 'DATABASE_REFUSED',
  DESTINATION_BUG: 'DATABASE_BUG',
};

/** Not supported, invalid roles, values, names, types and definitions, still depended upon: none of them passes by itself. */
const LASTING_STATES = /^(0A|0L|0P|22|2B|42)/;

/** Any error of the driver or of a unit of work as one of this room. */
export function environmentError(error: unknown): FreshetError {
  const classified = isFreshetError(error) ? error : classify(error);
  const code = CODES[classified.code];
  if (code === undefined) return classified;
  const lasting = code === 'DATABASE_UNAVAILABLE' && LASTING_STATES.test(String(classified.values.number ?? ''));
  return new FreshetError(lasting ? 'DATABASE_REFUSED' : code, classified.values, classified.cause);
}

/** The SQLSTATE of an error as pg throws it. */
export function stateOf(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  return typeof code === 'string' ? code : '';
}
