import { type ErrorClass, type ErrorCode, REGISTER } from './register.ts';

/** Values that fill the `{placeholders}` of a registered message. They end up in logs and answers: never pass a secret. */
export type ErrorValues = Readonly<Record<string, string | number>>;

/**
 * The only error that crosses a boundary. Its text, cause, remedy and class come from the register; `cause` keeps the
 * original error for the log of this process and is never sent to a caller.
 */
export class FreshetError extends Error {
  readonly code: ErrorCode;
  readonly values: ErrorValues;
  /** Not a property that a log would show. */
  readonly #verbatim: string | null;

  constructor(code: ErrorCode, values: ErrorValues = {}, cause?: unknown, verbatim: string | null = null) {
    super(fill(REGISTER[code].message, values), { cause });
    this.name = 'FreshetError';
    this.code = code;
    this.values = values;
    this.#verbatim = verbatim;
  }

  /**
   * The foreign service's own words, as far as there are any. They may quote the contents of a record: for the customer's own
   * storage (retries, failure blobs), never for a log or an answer.
   */
  get verbatim(): string {
    if (this.#verbatim !== null) return this.#verbatim;
    return isFreshetError(this.cause) ? this.cause.verbatim : String(this.values.text ?? this.message);
  }

  get class(): ErrorClass {
    return REGISTER[this.code].class;
  }

  /** What the reader of the message can do about it. */
  get remedy(): string {
    return fill(REGISTER[this.code].remedy, this.values);
  }
}

export function isFreshetError(error: unknown, code?: ErrorCode): error is FreshetError {
  return error instanceof FreshetError && (code === undefined || error.code === code);
}

/** What to do about an error that was kept by its code; a code that is not registered any more has no remedy. */
export function remedyOf(code: string, values: ErrorValues): string {
  return Object.hasOwn(REGISTER, code) ? fill(REGISTER[code as ErrorCode].remedy, values) : '';
}

function fill(text: string, values: ErrorValues): string {
  return text.replace(/\{(\w+)\}/g, (placeholder, name: string) => String(values[name] ?? placeholder));
}
