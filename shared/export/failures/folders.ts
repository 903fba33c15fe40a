/** Containers and folders of failures, named as the original's (reference: data-export-api.md, section 8). */

/** One container per profile, the only one a URL is given for. */
export const failuresContainer = (profileId: string): string => `failures-${profileId}`;
/** Where notifications go that belong to no profile. */
export const UNKNOWN_FAILURES_CONTAINER = 'failures-unknown';

export const DATA_FOLDER = 'data';
export const LOG_FOLDER = 'failurelog';
export const UNPROCESSABLE_FOLDER = 'unprocessablemessages';

/** `YYYY/MM/DD/HH` in UTC. */
export function hourFolder(ms: number): string {
  return new Date(ms).toISOString().slice(0, 13).replace('T', '-').replaceAll('-', '/');
}
