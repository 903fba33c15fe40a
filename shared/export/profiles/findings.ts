import { type FreshetError, isFreshetError } from '../../errors/error.ts';
import { isOwnService } from '../bells.ts';

/** One thing that a check found. Only errors keep a profile from its activation. */
export interface Finding {
  readonly code: string;
  readonly severity: 'error' | 'advice';
  /** The field of the profile that it is about. */
  readonly field: string | null;
  readonly message: string;
  readonly remedy: string;
}

export function errorFinding(error: FreshetError, field: string | null): Finding {
  return { code: error.code, severity: 'error', field, message: error.message, remedy: error.remedy };
}

export function adviceFinding(code: string, field: string, message: string, remedy: string): Finding {
  return { code, severity: 'advice', field, message, remedy };
}

/** All errors in one text, each with its field, its code and what to do. */
export function findingsText(findings: readonly Finding[]): string {
  return findings
    .filter(({ severity }) => severity === 'error')
    .map(({ code, field, message, remedy }) => `${field === null ? '' : `${field}: `}${message} (${code}) ${remedy}`)
    .join('; ');
}

/**
 * What a check found, or the error that it ran into as a finding. Thrown is what is our own fault and, for `patient` callers,
 * what passes by itself.
 */
export async function found(field: string, patient: boolean, check: () => Promise<Finding[]>): Promise<Finding[]> {
  try {
    return await check();
  } catch (error) {
    if (!isFreshetError(error) || isOwnService(error) || error.class === 'bug') throw error;
    if (patient && error.class === 'retry') throw error;
    return [errorFinding(error, field)];
  }
}
