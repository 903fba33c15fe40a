import { FreshetError, isFreshetError } from '../../errors/error.ts';
import type { Clock } from '../../platform/clock/port.ts';
import { reasonOf } from '../../platform/reason.ts';

/** What a request was about: the same answer means different things. */
export interface Subject {
  /** definition: of an entity · rows: a read · changes, next: one that follows a token or a link · other: anything else. */
  readonly kind: 'definition' | 'rows' | 'changes' | 'next' | 'other';
  readonly entity: string;
}

/** A request that belongs to no entity. */
export const OTHER: Subject = { kind: 'other', entity: 'none' };

/** An answer that is not a success; its text never leaves this file, for it may quote a record. */
export interface Refusal {
  readonly host: string;
  readonly status: number;
  readonly headers: Headers;
  readonly body: string;
}

/** Codes of reference dataverse.md, sections 2.2, 2.4 and 4.3, as unsigned hexadecimal text. */
const EXPIRED = new Set(['0x80044352']);
const THROTTLED = new Set(['0x80072321', '0x80072322', '0x80072326']);
const NOT_AVAILABLE = new Set(['0x8004a113', '0x8004a104', '0x8004b044', '0x8004d253']);
/** Not a member, application not allowed, another organization's id, privilege missing. */
const FORBIDDEN = new Set(['0x80072560', '0x80095ffc', '0x80090013', '0x80040220']);

/** When the service does not say how long. */
const THROTTLED_DEFAULT_MS = 5_000;
const THROTTLED_MAX_MS = 60 * 60_000;

/** Sorts an answer that is not a success into the register. */
export function refusedError(refusal: Refusal, subject: Subject, clock: Clock): FreshetError {
  const { status, host } = refusal;
  const { code, message } = serviceError(refusal.body);
  const cause = originOf(refusal, code);
  const answered = code ? `status ${status}, code ${code}` : `status ${status}`;
  if (status === 429 || THROTTLED.has(code)) {
    return new FreshetError('SOURCE_THROTTLED', { host, retryAfterMs: retryAfterMs(refusal, clock) }, cause);
  }
  if (EXPIRED.has(code)) return new FreshetError('CURSOR_EXPIRED', { entity: subject.entity }, cause);
  if (NOT_AVAILABLE.has(code)) return new FreshetError('SOURCE_ADMINISTRATION_MODE', { host }, cause);
  if (status === 401 || status === 403 || FORBIDDEN.has(code)) {
    return new FreshetError('SOURCE_FORBIDDEN', { host, reason: answered }, cause);
  }
  if (status === 408 || status >= 500) return new FreshetError('SOURCE_UNAVAILABLE', { host, reason: answered }, cause);
  return refusedRequest(status, message, answered, subject, host, cause);
}

/** The remaining answers 3xx and 4xx: something in the request does not fit the organization as it is now. */
function refusedRequest(
  status: number,
  message: string,
  answered: string,
  { kind, entity }: Subject,
  host: string,
  cause: Error,
): FreshetError {
  const reads = kind === 'rows' || kind === 'changes' || kind === 'next';
  const property = reads && status === 400 ? propertyNamed(message) : null;
  if (property) return new FreshetError('ATTRIBUTE_GONE', { entity, reason: `no property ${property}` }, cause);
  if (refusesCursor(kind, status, message)) return new FreshetError('CURSOR_EXPIRED', { entity }, cause);
  if (status === 404 && kind !== 'other') return new FreshetError('ENTITY_NOT_FOUND', { entity }, cause);
  return new FreshetError('SOURCE_ANSWER_UNREADABLE', { host, reason: answered }, cause);
}

/** Beside the documented code nothing says how a server words that it does not know a token or a paging cookie. */
function refusesCursor(kind: Subject['kind'], status: number, message: string): boolean {
  if (kind === 'next') return status === 400 || status === 404 || status === 410;
  return kind === 'changes' && (status === 410 || (status === 400 && /token|version stamp|full sync/i.test(message)));
}

/** No answer at all: resets, time-outs, names that do not resolve, answers that break off, no token to ask with. */
export function unansweredError(error: unknown, host: string): FreshetError {
  // Without a token there was no call: IDENTITY_UNAVAILABLE says why.
  if (isFreshetError(error)) return new FreshetError('SOURCE_UNAVAILABLE', { host, reason: error.message }, error);
  return new FreshetError('SOURCE_UNAVAILABLE', { host, reason: reasonOf(error) }, error);
}

/** `error.code` and `error.message` of a Web API error body; empty where there are none. */
function serviceError(body: string): { code: string; message: string } {
  try {
    const { error } = JSON.parse(body) as { error?: { code?: unknown; message?: unknown } };
    return { code: codeText(error?.code), message: typeof error?.message === 'string' ? error.message : '' };
  } catch {
    return { code: '', message: '' };
  }
}

/** Codes are written `0x80044352`, by some services as the signed number -2147204270. */
function codeText(code: unknown): string {
  const text = String(code ?? '').toLowerCase();
  if (/^-\d{1,10}$/.test(text)) return `0x${(Number(text) >>> 0).toString(16)}`;
  return /^0x[0-9a-f]{1,8}$/.test(text) ? text : '';
}

/** `Could not find a property named 'x' on type …`; other wordings put the name in quotes too. */
function propertyNamed(message: string): string | null {
  return /\b(?:property|attribute|column)\b[^'"]{0,40}['"]([\w.@]{1,128})['"]/i.exec(message)?.[1] ?? null;
}

function retryAfterMs({ headers }: Refusal, clock: Clock): number {
  const value = headers.get('retry-after')?.trim() ?? '';
  const ms = /^\d+(\.\d+)?$/.test(value) ? Number(value) * 1000 : Date.parse(value) - clock.now();
  return Number.isNaN(ms) ? THROTTLED_DEFAULT_MS : Math.min(THROTTLED_MAX_MS, Math.max(0, Math.ceil(ms)));
}

/** For the log of this process: what support asks for, and no word of the body. */
function originOf({ status, headers }: Refusal, code: string): Error {
  const request = headers.get('x-ms-service-request-id') ?? headers.get('req_id') ?? 'unknown';
  return new Error(`HTTP ${status}${code && ` ${code}`}, request ${request}`);
}
