import { FreshetError } from '../../errors/error.ts';

/** Rejects names that storage clients would resolve like a path, out of the container if need be: BLOB_NAME_REFUSED. */
export function checkBlobName(name: string): void {
  const parts = name.split('/');
  if (name === '' || parts.includes('.') || parts.includes('..')) throw new FreshetError('BLOB_NAME_REFUSED', { name });
}
