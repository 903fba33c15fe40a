import type { EntityMetadata } from '../../dataverse/metadata.ts';
import { type FreshetError, isFreshetError } from '../../errors/error.ts';
import type { LoggedChange } from './failure-log.ts';

/** What was being done when a destination could not be used. */
export interface Work {
  readonly entity: string;
  readonly changeType: LoggedChange;
  /** The definition that a table was to be made for. */
  readonly definition?: EntityMetadata;
}

const works = new WeakMap<FreshetError, Work>();

/** Does the work; an error on its way up to the breaker is remembered with it. The innermost work counts. */
export async function during<T>(work: Work, doing: () => Promise<T>): Promise<T> {
  try {
    return await doing();
  } catch (error) {
    if (isFreshetError(error) && !works.has(error)) works.set(error, withoutBlame(work, error));
    throw error;
  }
}

export function workOf(error: FreshetError): Work | null {
  return works.get(error) ?? null;
}

/** A definition is not what keeps a destination from answering. */
function withoutBlame({ entity, changeType, definition }: Work, error: FreshetError): Work {
  return definition && error.class !== 'retry' ? { entity, changeType, definition } : { entity, changeType };
}
