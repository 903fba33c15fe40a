import type { PreflightFinding } from '../../control/operation.ts';
import { type ErrorValues, FreshetError } from '../../errors/error.ts';
import type { ErrorCode } from '../../errors/register.ts';

export function refusal(code: ErrorCode, values: ErrorValues = {}): PreflightFinding {
  return refusalOf(new FreshetError(code, values));
}

export function refusalOf({ code, message, remedy }: FreshetError): PreflightFinding {
  return { code, severity: 'error', message, remedy };
}

export function warning(code: string, message: string, remedy: string): PreflightFinding {
  return { code, severity: 'warning', message, remedy };
}

export const isRefusal = ({ severity }: PreflightFinding): boolean => severity === 'error';

/** All refusals in one text, each with its code and what to do. */
export function refusalsText(findings: readonly PreflightFinding[]): string {
  return findings
    .filter(isRefusal)
    .map(({ code, message, remedy }) => `${message} (${code}) ${remedy}`)
    .join(' ');
}
