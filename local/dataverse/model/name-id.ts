import { createHash } from 'node:crypto';

/** The same name always gives the same id: metadata and sample rows keep their ids from run to run. */
export function idFromName(name: string): string {
  const hex = createHash('sha1').update(name).digest('hex');
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-8${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
}
