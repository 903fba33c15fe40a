import { FreshetError, isFreshetError } from '../../errors/error.ts';
import type { ErrorCode } from '../../errors/register.ts';
import { classify, numberOf } from '../../sql/sqlserver/classify.ts';
import { CODES, toldAs } from '../sql/errors.ts';

/** Numbers of statements about databases (Microsoft's reference of errors), which a destination never meets. */
const NUMBERS: ReadonlyMap<number, ErrorCode> = new Map([
  // A database that is copied or restored, or whose users do not let go of it.
  ...[924, 3101, 3702, 5030, 5061, 5064, 5070, 40635, 40561].map((number) => [number, 'DATABASE_UNAVAILABLE'] as const),
  // No right to make, change, back up or restore a database.
  ...[5011, 3110, 15151, 15247, 40530].map((number) => [number, 'DATABASE_FORBIDDEN'] as const),
  // Who is named has no login or user here, or still owns something.
  ...[15007, 15023, 15138, 15284, 15421, 33130, 33134].map((number) => [number, 'DATABASE_REFUSED'] as const),
  // Back-up files: not to be opened, of a newer server, encrypted by what is not here.
  ...[3201, 3169, 33111, 3241, 3254].map((number) => [number, 'DATABASE_REFUSED'] as const),
  ...[3257, 3202, 40544].map((number) => [number, 'DATABASE_FULL'] as const),
]);

/** The name of a database is another one's. */
const NAME_TAKEN: readonly number[] = [1801, 40629];

/** Any error of the driver or of a unit of work as one of this room. */
export function environmentError(error: unknown): FreshetError {
  const classified = isFreshetError(error) ? error : classify(error);
  const number = serverNumber(classified);
  const known = number === undefined ? undefined : NUMBERS.get(number);
  const code = known ?? CODES[classified.code];
  return code === undefined ? classified : new FreshetError(code, classified.values, classified.cause);
}

export const told = toldAs(environmentError);

export function isNameTaken(error: unknown): boolean {
  const number = serverNumber(error);
  return number !== undefined && NAME_TAKEN.includes(number);
}

/** The server's number of an error, classified or not. */
export function serverNumber(error: unknown): number | undefined {
  const foreign = isFreshetError(error) ? error.cause : error;
  const [first] = (foreign as { readonly errors?: readonly unknown[] } | undefined)?.errors ?? [];
  return numberOf(first ?? foreign);
}
