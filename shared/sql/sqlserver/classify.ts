import { FreshetError, isFreshetError } from '../../errors/error.ts';
import type { ErrorCode } from '../../errors/register.ts';

/**
 * What to do about each of the server's error numbers (reference: reliability.md, section 2.1). Sources: M Microsoft's page on
 * Azure SQL's errors, S Microsoft.Data.SqlClient's list, E EF Core's, T tedious's, D Microsoft's reference of errors with our
 * judgement, ? not verified.
 */
export const NUMBERS: readonly { readonly numbers: string; readonly code: ErrorCode; readonly source: string }[] = [
  { numbers: '4060 40197 40501 40613', code: 'DESTINATION_UNAVAILABLE', source: 'M S E T; 4060 also for a wrong name' },
  { numbers: '49918 49919 49920 4221', code: 'DESTINATION_UNAVAILABLE', source: 'M S E' },
  { numbers: '926 615', code: 'DESTINATION_UNAVAILABLE', source: 'M E' },
  { numbers: '10928 10929 10936', code: 'DESTINATION_UNAVAILABLE', source: 'M E: limits of a tier or pool' },
  { numbers: '40143 40540 40020 40166', code: 'DESTINATION_UNAVAILABLE', source: 'S E; inner codes of 40197' },
  { numbers: '10930 40642 40648 40671 40675 40903 42108 42109', code: 'DESTINATION_UNAVAILABLE', source: 'E' },
  {
    numbers: '921 927 941 952 988 3947 3948 17197 18401',
    code: 'DESTINATION_UNAVAILABLE',
    source: 'E: starting, restoring',
  },
  { numbers: '20 64 121 997 10053 10054 10060 11001', code: 'DESTINATION_UNAVAILABLE', source: 'E: of the network' },
  { numbers: '1205 1204 1222', code: 'DESTINATION_UNAVAILABLE', source: 'S E: deadlock, locks' },
  { numbers: '1203 1221 3960 3966 8628 8645 8651 601 617 669 2021 2816', code: 'DESTINATION_UNAVAILABLE', source: 'E' },
  { numbers: '41301 41302 41305 41325 41839', code: 'DESTINATION_UNAVAILABLE', source: 'E: memory-optimized tables' },
  { numbers: '3906', code: 'DESTINATION_UNAVAILABLE', source: '?: read-only, as a replica is after a failover' },
  { numbers: '40549 40550 40551 40552 40553 8623 701', code: 'DESTINATION_BATCH_TOO_LARGE', source: 'M; 8623 701 ?' },
  { numbers: '40544 1132 9002 1105 1101', code: 'DESTINATION_FULL', source: 'M; 9002 1105 1101 D' },
  { numbers: '18456 40531 40532 18452 18486 18487 18488 4064', code: 'DESTINATION_LOGIN_FAILED', source: 'M; rest ?' },
  { numbers: '40615 40914 916 47073', code: 'DESTINATION_LOGIN_FAILED', source: 'M: firewall; 916 40914 47073 ?' },
  { numbers: '229 230 262 297 300 15247 2760', code: 'DESTINATION_FORBIDDEN', source: 'D' },
  { numbers: '1701 1702', code: 'DESTINATION_STOPPED', source: 'D: a table holds no more, or no wider, columns' },
  { numbers: '208 207 213 2714 2705 4902 3701 4922 5074', code: 'DESTINATION_SCHEMA_CHANGED', source: 'D' },
  { numbers: '2628 2629 8152 4815', code: 'RECORD_REFUSED', source: 'D: too long; 4815 ?' },
  { numbers: '511 515 547 233', code: 'RECORD_REFUSED', source: 'D: row over 8,060 bytes, null, check' },
  { numbers: '220 232 241 242 244 245 248 8114 8115 8134 8169', code: 'RECORD_REFUSED', source: 'D: conversion' },
  { numbers: '8023 8028 8061 8062', code: 'RECORD_REFUSED', source: 'D: value of a parameter' },
  { numbers: '3609', code: 'RECORD_REFUSED', source: 'D: a trigger of the customer ended the transaction' },
  { numbers: '8003 8144 102 156 137 201', code: 'DESTINATION_BUG', source: 'D' },
];

/** Codes of tedious, and of Node's network errors inside of them. */
export const DRIVER_CODES: readonly { readonly names: string; readonly code: ErrorCode }[] = [
  { names: 'ETIMEOUT ESOCKET ECLOSE EINSTLOOKUP ENOTOPEN ECONNCLOSED', code: 'DESTINATION_UNAVAILABLE' },
  {
    names: 'ECONNREFUSED ECONNRESET EPIPE ETIMEDOUT EHOSTUNREACH ENETUNREACH EADDRNOTAVAIL EAI_AGAIN ENOTFOUND',
    code: 'DESTINATION_UNAVAILABLE',
  },
  { names: 'EFEDAUTH ELOGIN', code: 'DESTINATION_LOGIN_FAILED' },
  { names: 'EPARAM', code: 'RECORD_REFUSED' },
  { names: 'EINVALIDSTATE EARGS', code: 'DESTINATION_BUG' },
];

/** Raised by the customer's triggers and checks: RAISERROR and THROW without a number of their own, and with. */
const RAISED_FROM = 50_000;
/** A key or another unique index holds the value already. */
export const TAKEN: readonly number[] = [2627, 2601];
const OWN_KEY = /EPK\[/i;
/** Babelfish's number for whatever of PostgreSQL's it has no other for. */
const UNMAPPED = 33_557_097;
const TEXT_MAX_CHARACTERS = 1_000;

const BY_NUMBER: ReadonlyMap<number, ErrorCode> = new Map(
  NUMBERS.flatMap(({ numbers, code }) => numbers.split(' ').map((number) => [Number(number), code] as const)),
);
const BY_NAME: ReadonlyMap<string, ErrorCode> = new Map(
  DRIVER_CODES.flatMap(({ names, code }) => names.split(' ').map((name) => [name, code] as const)),
);

/** The fields of tedious's errors that matter here. */
interface ForeignError {
  readonly message: string;
  readonly code?: string;
  readonly number?: number;
  readonly cause?: unknown;
  /** Several that one statement brought about, and Node's attempts at several addresses of a host. */
  readonly errors?: readonly ForeignError[];
}

/** Any error of tedious or of the network as a registered one, with the database's words: those of its text without values of records. */
export function classify(error: unknown): FreshetError {
  if (isFreshetError(error)) return error;
  if (!(error instanceof Error)) return new FreshetError('DESTINATION_BUG', { text: 'an error that is none' });
  const foreign = (error as ForeignError).errors?.[0] ?? (error as ForeignError);
  const values = { text: textOf(foreign), number: numberOf(foreign) ?? foreign.code ?? '' };
  return new FreshetError(codeOf(foreign), values, error, foreign.message);
}

function codeOf(error: ForeignError): ErrorCode {
  const { code = '' } = error;
  const number = numberOf(error);
  if (number !== undefined) return codeOfNumber(number, error.message);
  if (isUntrustedCertificate(error)) return 'DESTINATION_STOPPED';
  const known = BY_NAME.get(code);
  if (known) return known;
  return code === '' && isProgrammingError(error) ? 'DESTINATION_BUG' : 'DESTINATION_UNAVAILABLE';
}

function codeOfNumber(number: number, message: string): ErrorCode {
  // On our own key somebody else was first; on any other unique index the customer's rule refuses the row.
  if (TAKEN.includes(number)) return OWN_KEY.test(message) ? 'DESTINATION_UNAVAILABLE' : 'RECORD_REFUSED';
  if (number >= RAISED_FROM && number < UNMAPPED && !BY_NUMBER.has(number)) return 'RECORD_REFUSED';
  // Unknown: tried again, and the breaker tells a person when it lasts. Never blamed on a record.
  return BY_NUMBER.get(number) ?? 'DESTINATION_UNAVAILABLE';
}

/** PostgreSQL's own words, as far as they matter to a destination, and what SQL Server says there. */
const UNMAPPED_TEXTS: readonly (readonly [RegExp, number])[] = [
  [/violates (check|not-null|foreign key|exclusion) constraint/i, 547],
  [/violates unique constraint/i, 2627],
  [/value too long/i, 2628],
  [/out of range|invalid input syntax|invalid byte sequence|numeric field overflow/i, 8114],
  [/cannot alter type of a column used by/i, 4922],
  [/column .* does not exist/i, 207],
  [/does not exist/i, 208],
  [/already exists/i, 2714],
  // Babelfish loses its place in a load whose end lies across two packets: one of another size will do.
  [/bulk load request .* protocol stream is incorrect/is, 8623],
  [/currently in use/i, 3702],
  [/could not be exclusively locked/i, 5030],
  [/permission denied|must be owner/i, 229],
  [/no space left|could not extend/i, 1105],
];

/** The server's number for an error, or that of SQL Server which means the same; undefined for errors that are not a server's. */
export function numberOf(error: unknown): number | undefined {
  if (!(error instanceof Error)) return undefined;
  const { number, message } = error as ForeignError;
  if (number !== UNMAPPED) return number;
  return UNMAPPED_TEXTS.find(([text]) => text.test(message))?.[1] ?? number;
}

function isUntrustedCertificate({ code = '', cause, message }: ForeignError): boolean {
  const inner = cause instanceof Error ? `${(cause as ForeignError).code ?? ''} ${cause.message}` : '';
  return /CERT|^ERR_TLS_/.test(code) || /CERT_|self.signed|certificate/i.test(`${inner} ${message}`);
}

function isProgrammingError(error: ForeignError): boolean {
  return error instanceof TypeError || error instanceof RangeError || error instanceof ReferenceError;
}

/**
 * The server's sentence for logs, where contents of a record are no matter. It quotes values in single quotes (`Truncated value: 'A…'`),
 * in brackets (`The duplicate key value is (A)`), and what a trigger raises may say anything.
 */
function textOf({ number, message }: ForeignError): string {
  if (number !== undefined && number >= RAISED_FROM && number < UNMAPPED) {
    return `an error that a trigger or procedure of the database raised (${number})`;
  }
  return message.replace(/(value(?: is)?:?) *(?:\(.*?\)|'.*?')(?=[.\s]|$)/gis, '$1 …').slice(0, TEXT_MAX_CHARACTERS);
}
