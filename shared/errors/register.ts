import { CONTROL_ERRORS } from './register/control.ts';
import { DESTINATION_ERRORS } from './register/destination.ts';
import { ENVIRONMENT_DATABASE_ERRORS } from './register/environment-databases.ts';
import { EXPORT_ERRORS } from './register/export.ts';
import { LCS_ERRORS } from './register/lcs.ts';
import { PLATFORM_ERRORS } from './register/platform.ts';
import { REFRESH_ERRORS } from './register/refresh.ts';
import { SOURCE_ERRORS } from './register/source.ts';

/**
 * What to do about an error (reference: reliability.md, section 2).
 * retry: passes by itself · smaller: the batch was too big · row: a record is bad · stop: a person is needed ·
 * bug: our mistake · input: the caller's mistake, answered with a 4xx.
 */
export type ErrorClass = 'retry' | 'smaller' | 'row' | 'stop' | 'bug' | 'input';

export interface RegisteredError {
  readonly class: ErrorClass;
  /** One sentence for people; `{name}` is filled from the error's values. */
  readonly message: string;
  readonly cause: string;
  readonly remedy: string;
  /** The HTTP status of an answer, where it is not the default of the class. */
  readonly status?: number;
}

/** Every error that Freshet reports, by its stable code: API, logs, failure blobs and docs/errors.md are made from it. */
export const REGISTER = {
  ...CONTROL_ERRORS,
  ...DESTINATION_ERRORS,
  ...ENVIRONMENT_DATABASE_ERRORS,
  ...EXPORT_ERRORS,
  ...LCS_ERRORS,
  ...PLATFORM_ERRORS,
  ...REFRESH_ERRORS,
  ...SOURCE_ERRORS,
} as const satisfies Record<string, RegisteredError>;

export type ErrorCode = keyof typeof REGISTER;

/** The entry of a code, seen with all optional fields. */
export const registered = (code: ErrorCode): RegisteredError => REGISTER[code];

const STATUS_OF_CLASS = { input: 400, row: 400, stop: 409, retry: 503, smaller: 503, bug: 500 } as const;

/** The HTTP status of an answer: the entry's own, or its class's (what passes is 503, what needs a person 409). */
export function httpStatus(code: ErrorCode): number {
  const entry = registered(code);
  return entry.status ?? STATUS_OF_CLASS[entry.class];
}
