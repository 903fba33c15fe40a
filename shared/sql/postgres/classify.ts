import { FreshetError, isFreshetError } from '../../errors/error.ts';
import type { ErrorCode } from '../../errors/register.ts';
import { SILENT } from './connect.ts';

/**
 * What to do about each SQLSTATE (reference: reliability.md, section 2.2). Sources: N npgsql `PostgresException.IsTransient`,
 * G graphile/worker `RETRYABLE_ERROR_CODES`, A PostgreSQL's own list of codes with our judgement, ? not verified.
 */
export const SQLSTATES: readonly { readonly states: string; readonly code: ErrorCode; readonly source: string }[] = [
  { states: '40001 40P01', code: 'DESTINATION_UNAVAILABLE', source: 'N G; 40P01 G A' },
  { states: '55P03 55006 55000', code: 'DESTINATION_UNAVAILABLE', source: 'N' },
  { states: '57P03', code: 'DESTINATION_UNAVAILABLE', source: 'N G' },
  { states: '57P01 57P02', code: 'DESTINATION_UNAVAILABLE', source: 'A' },
  { states: '57P05 25P03', code: 'DESTINATION_UNAVAILABLE', source: 'A: the session was idle for too long' },
  { states: '08000 08001 08003 08004 08006', code: 'DESTINATION_UNAVAILABLE', source: 'N' },
  { states: '08P01', code: 'DESTINATION_UNAVAILABLE', source: '?: connection poolers use it for all their troubles' },
  { states: '08007 40003', code: 'DESTINATION_UNAVAILABLE', source: 'N; 40003 A: outcome unknown, the position tells' },
  { states: '53000 53300 53400', code: 'DESTINATION_UNAVAILABLE', source: 'N' },
  { states: '58000 58030', code: 'DESTINATION_UNAVAILABLE', source: 'N' },
  { states: '25006', code: 'DESTINATION_UNAVAILABLE', source: 'A, class ?: a replica after a failover' },
  { states: '53200 54000 54001 57014 25P04', code: 'DESTINATION_BATCH_TOO_LARGE', source: '53200 N; rest A' },
  { states: '53100', code: 'DESTINATION_FULL', source: 'N calls it transient; an operator does not' },
  { states: '28000 28P01 3D000', code: 'DESTINATION_LOGIN_FAILED', source: 'A' },
  { states: '42501', code: 'DESTINATION_FORBIDDEN', source: 'A' },
  { states: '57P04 54011', code: 'DESTINATION_STOPPED', source: 'A' },
  { states: '3F000 42P01 42703 42701 42P07 42804', code: 'DESTINATION_SCHEMA_CHANGED', source: 'A' },
  {
    states: '42883',
    code: 'DESTINATION_SCHEMA_CHANGED',
    source: 'A: an id of another type, or a trigger misses a function',
  },
  { states: '42809', code: 'DESTINATION_SCHEMA_CHANGED', source: 'A: something else stands under the name of a table' },
  { states: '22001 22003 22007 22008 22021 22P02 22P03 22P05', code: 'RECORD_REFUSED', source: 'A' },
  { states: '23000 23001 23502 23503 23514 23P01', code: 'RECORD_REFUSED', source: 'A' },
  { states: 'P0001 P0004 44000 09000', code: 'RECORD_REFUSED', source: 'A: a trigger or a check of the customer' },
  { states: '21000 22P04 25P02 42601 42P10', code: 'DESTINATION_BUG', source: 'A' },
];

/** Codes of Node's network errors; G and our judgement. */
export const NETWORK_CODES =
  'ECONNREFUSED ECONNRESET EPIPE ETIMEDOUT EHOSTUNREACH ENETUNREACH EADDRNOTAVAIL EAI_AGAIN ENOTFOUND';

/** Texts of errors that pg throws without a code: compared here and nowhere else. */
export const DRIVER_TEXTS: readonly { readonly text: string; readonly code: ErrorCode }[] = [
  { text: 'Connection terminated unexpectedly', code: 'DESTINATION_UNAVAILABLE' },
  { text: 'Connection terminated due to connection timeout', code: 'DESTINATION_UNAVAILABLE' },
  { text: 'Connection terminated', code: 'DESTINATION_UNAVAILABLE' },
  { text: 'timeout exceeded when trying to connect', code: 'DESTINATION_UNAVAILABLE' },
  { text: 'Query read timeout', code: 'DESTINATION_UNAVAILABLE' },
  { text: 'Client has encountered a connection error and is not queryable', code: 'DESTINATION_UNAVAILABLE' },
  { text: 'Cannot use a pool after calling end on the pool', code: 'DESTINATION_UNAVAILABLE' },
  { text: SILENT, code: 'DESTINATION_UNAVAILABLE' },
  { text: 'The server does not support SSL connections', code: 'DESTINATION_STOPPED' },
  { text: 'There was an error establishing an SSL connection', code: 'DESTINATION_UNAVAILABLE' },
  {
    text: 'SASL: SCRAM-SERVER-FIRST-MESSAGE: client password must be a non-empty string',
    code: 'DESTINATION_LOGIN_FAILED',
  },
];

const OWN_KEY = /^EPK\[/;
/** A key or another unique index holds the value already. */
export const TAKEN = '23505';
const TEXT_MAX_CHARACTERS = 1_000;

const BY_CODE: ReadonlyMap<string, ErrorCode> = new Map([
  ...SQLSTATES.flatMap(({ states, code }) => states.split(' ').map((state) => [state, code] as const)),
  ...NETWORK_CODES.split(' ').map((name) => [name, 'DESTINATION_UNAVAILABLE'] as const),
]);
const BY_TEXT: ReadonlyMap<string, ErrorCode> = new Map(DRIVER_TEXTS.map(({ text, code }) => [text, code]));

/** The fields of pg's `DatabaseError` that matter here; errors of Node have `code` and `errors` alone. */
interface ForeignError {
  readonly code?: string;
  readonly message: string;
  readonly constraint?: string;
  readonly column?: string;
  readonly where?: string;
  /** Node's attempts at several addresses of one host. */
  readonly errors?: readonly ForeignError[];
}

/** Any error of pg or of the network as a registered one, with the database's words: those of its text without values of records. */
export function classify(error: unknown): FreshetError {
  if (isFreshetError(error)) return error;
  if (!(error instanceof Error)) return new FreshetError('DESTINATION_BUG', { text: 'an error that is none' });
  const foreign = (error as Error & ForeignError).errors?.[0] ?? (error as Error & ForeignError);
  const values = { text: textOf(foreign), number: foreign.code ?? '' };
  return new FreshetError(codeOf(foreign), values, error, withPlace(foreign, foreign.message));
}

function codeOf(error: ForeignError): ErrorCode {
  if (error.code === TAKEN) {
    // On our own key somebody else was first; on any other unique index the customer's rule refuses the row.
    return OWN_KEY.test(error.constraint ?? '') ? 'DESTINATION_UNAVAILABLE' : 'RECORD_REFUSED';
  }
  const known = BY_CODE.get(error.code ?? '') ?? BY_TEXT.get(error.message);
  if (known) return known;
  if (isUntrustedCertificate(error)) return 'DESTINATION_STOPPED';
  if (error.code === undefined) return isProgrammingError(error) ? 'DESTINATION_BUG' : 'DESTINATION_UNAVAILABLE';
  // Unknown: tried again, and the breaker tells a person when it lasts. Never blamed on a record.
  return 'DESTINATION_UNAVAILABLE';
}

/** Codes of Node's and OpenSSL's certificate checks. */
function isUntrustedCertificate({ code = '' }: ForeignError): boolean {
  return /CERT|^ERR_TLS_/.test(code);
}

function isProgrammingError(error: ForeignError): boolean {
  return error instanceof TypeError || error instanceof RangeError || error instanceof ReferenceError;
}

/**
 * The server's sentence for logs, where contents of a record are no matter. Class 22 quotes the value (`…type uuid: "…"`), in
 * the marks of the server's language; and what a function of the customer raises may say anything.
 */
function textOf(error: ForeignError): string {
  const { code = '', message } = error;
  if (isRaised(error)) return `an error that a trigger or function of the database raised (SQLSTATE ${code})`;
  const sentence = code.startsWith('22') ? message.replace(/:? ?["'«»‹›„“”‘’「『].*$/s, '') : message;
  return withPlace(error, sentence).slice(0, TEXT_MAX_CHARACTERS);
}

/** Whatever SQLSTATE it was given: its context names the statement that raised it. */
function isRaised({ code = '', where = '' }: ForeignError): boolean {
  return code === 'P0001' || code === 'P0004' || / (?:RAISE|ASSERT)$/m.test(where);
}

/** With the column, where the server names one. */
function withPlace({ column, where }: ForeignError, sentence: string): string {
  const place = column ?? /^COPY [^,]+, line \d+, column ([^:]+)/.exec(where ?? '')?.[1];
  return place ? `${sentence} (column ${place})` : sentence;
}
