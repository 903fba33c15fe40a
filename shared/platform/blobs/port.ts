/**
 * Blob storage, by container and name. Names may hold `/` and any other character, but no part `.` or `..`.
 * Errors: STORAGE_UNAVAILABLE (class retry), BLOB_NAME_REFUSED (bug).
 */
export interface Blobs {
  /** Creates the container if it is not there. Safe to repeat. */
  ensureContainer(container: string): Promise<void>;
  /** Removes the container and all it holds; nothing happens when it is not there. */
  removeContainer(container: string): Promise<void>;
  /** All containers whose name begins with the prefix, in no promised order; those not of Freshet, too. */
  containers(prefix: string): AsyncIterable<ContainerEntry>;
  /** Writes the whole blob, replacing one of that name. It is durable when the promise resolves. Makes a missing container. */
  put(container: string, name: string, content: Uint8Array, contentType?: string): Promise<void>;
  /** The whole blob, or null when it (or its container) is not there. */
  get(container: string, name: string): Promise<Uint8Array | null>;
  /** Removes the blob; nothing happens when it is not there. */
  remove(container: string, name: string): Promise<void>;
  /** All blobs whose name begins with the prefix, in no promised order. */
  list(container: string, prefix?: string): AsyncIterable<BlobEntry>;
  /** An address with which an unmodified storage client reads and lists the container, and nothing more, for `validMs` (at most 24 hours). */
  readUrl(container: string, validMs: number): Promise<string>;
}

export interface ContainerEntry {
  readonly name: string;
  /** When it was made or last changed itself, whatever its blobs: milliseconds since 1970 UTC, by the storage service's clock. */
  readonly changedAt: number;
}

export interface BlobEntry {
  readonly name: string;
  readonly bytes: number;
  /** Milliseconds since 1970 UTC, by the storage service's clock. */
  readonly writtenAt: number;
}
