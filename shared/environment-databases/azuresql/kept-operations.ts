import type { Blobs } from '../../platform/blobs/port.ts';

/** What was asked of the resource manager and is not over: as text, by a name of ours, for whoever goes on after a restart. */
export interface KeptOperations {
  get(name: string): Promise<string | null>;
  keep(name: string, operation: string): Promise<void>;
  forget(name: string): Promise<void>;
}

const CONTAINER = 'restores';

export function blobOperations(blobs: Blobs): KeptOperations {
  return {
    async get(name) {
      const content = await blobs.get(CONTAINER, name);
      return content === null ? null : Buffer.from(content).toString('utf8');
    },
    keep: (name, operation) => blobs.put(CONTAINER, name, Buffer.from(operation, 'utf8'), 'application/json'),
    forget: (name) => blobs.remove(CONTAINER, name),
  };
}
