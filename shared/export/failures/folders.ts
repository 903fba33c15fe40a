/** Containers and folders of failures, named as the original's (reference: data-export-api.md, section 8). */

export const FAILURES_PREFIX = 'failures-';
/** One container per profile, the only one a URL is given for. */
export const failuresContainer = (profileId: string): string => `${FAILURES_PREFIX}${profileId}`;
/** Where notifications go that belong to no profile. */
export const UNKNOWN_FAILURES_CONTAINER = `${FAILURES_PREFIX}unknown`;

const PROFILE_ID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/** The profile whose failures the container holds; null: it is that of no profile, or not one of Freshet's. */
export function profileOfFailures(container: string): string | null {
  const id = container.startsWith(FAILURES_PREFIX) ? container.slice(FAILURES_PREFIX.length) : '';
  return PROFILE_ID.test(id) ? id : null;
}

export const DATA_FOLDER = 'data';
export const METADATA_FOLDER = 'metadata';
export const LOG_FOLDER = 'failurelog';
/** Lines of the last resync of failed records. */
export const RESYNC_LOG_FOLDER = 'forcerefreshfailurelog';
export const UNPROCESSABLE_FOLDER = 'unprocessablemessages';

/** `YYYY/MM/DD/HH` in UTC. */
export function hourFolder(ms: number): string {
  return new Date(ms).toISOString().slice(0, 13).replace('T', '-').replaceAll('-', '/');
}
