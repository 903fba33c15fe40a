import type { FreshetError } from '../../errors/error.ts';
import type { ErrorCode } from '../../errors/register.ts';

/** What the errors of a destination are when they come from an environment's server. */
export const CODES: Partial<Record<ErrorCode, ErrorCode>> = {
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

/** Does the work; whatever it throws is an error of this room. */
export type Told = <T>(work: () => Promise<T>) => Promise<T>;

export function toldAs(environmentError: (error: unknown) => FreshetError): Told {
  return async (work) => {
    try {
      return await work();
    } catch (error) {
      throw environmentError(error);
    }
  };
}
