import { createHash, randomUUID } from 'node:crypto';
import type { NewId } from './port.ts';

/** Names that nobody can guess and that never repeat. */
export const randomId: NewId = () => randomUUID();

/** The same names in the same order for the same seed, for tests and simulations. */
export function seededIds(seed: number): NewId {
  let drawn = 0;
  return () => {
    drawn += 1;
    const hex = createHash('sha256').update(`${seed}/${drawn}`).digest('hex');
    // Version 8 of RFC 9562: a UUID whose bits its maker chose.
    return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-8${hex.slice(13, 16)}-8${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
  };
}
