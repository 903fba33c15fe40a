import { redactText } from './log/redact.ts';

/** Longer texts of other libraries end up in the log of the cause, not in a message. */
const REASON_MAX_CHARACTERS = 200;

/**
 * Why another service's call failed, in one line for a message: the library's own words without secrets. Of several
 * tries (`AggregateError`) the last is told.
 */
export function reasonOf(error: unknown): string {
  const { code, statusCode, message } = detailsOf(lastTry(error));
  const line = redactText(message.split('\n', 1)[0] ?? '')
    .trim()
    .replace(/\.$/, '');
  const known = [statusCode, code].filter((part) => part !== undefined && !line.includes(String(part)));
  return [...known, line]
    .filter((part) => part !== '')
    .join(' ')
    .slice(0, REASON_MAX_CHARACTERS);
}

/** The HTTP status of an answer that a library made into an error. */
export function statusOf(error: unknown): number | undefined {
  return detailsOf(error).statusCode;
}

function lastTry(error: unknown): unknown {
  return error instanceof AggregateError && error.errors.length > 0 ? lastTry(error.errors.at(-1)) : error;
}

interface Details {
  readonly code?: string;
  readonly statusCode?: number;
  readonly message: string;
}

function detailsOf(error: unknown): Details {
  if (typeof error !== 'object' || error === null) return { message: String(error) };
  const { code, statusCode, message, cause } = error as Record<string, unknown>;
  const own: Details = {
    message: typeof message === 'string' ? message : '',
    ...(typeof code === 'string' && { code }),
    ...(typeof statusCode === 'number' && { statusCode }),
  };
  // fetch says only "fetch failed"; what happened is its cause.
  return error instanceof TypeError && cause instanceof Error ? detailsOf(lastTry(cause)) : own;
}
