import { FreshetError, isFreshetError } from '../../errors/error.ts';
import { classify } from '../../sql/postgres/classify.ts';
import { CODES, toldAs } from '../sql/errors.ts';

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

export const told = toldAs(environmentError);

/** The SQLSTATE of an error as pg throws it. */
export function stateOf(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  return typeof code === 'string' ? code : '';
}
