import type { Clock } from '../clock/port.ts';
import { checkBlobName } from './names.ts';
import type { BlobEntry, Blobs, ContainerEntry } from './port.ts';

interface MemoryBlob {
  readonly content: Uint8Array;
  readonly writtenAt: number;
}

interface MemoryContainer {
  readonly changedAt: number;
  readonly blobs: Map<string, MemoryBlob>;
}

/** Blobs of one process, for tests and simulations. Its read URL names the container and opens nothing. */
export class MemoryBlobs implements Blobs {
  readonly #clock: Clock;
  readonly #containers = new Map<string, MemoryContainer>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  async ensureContainer(container: string): Promise<void> {
    this.#made(container);
  }

  async removeContainer(container: string): Promise<void> {
    this.#containers.delete(container);
  }

  async *containers(prefix: string): AsyncIterable<ContainerEntry> {
    for (const [name, { changedAt }] of [...this.#containers]) if (name.startsWith(prefix)) yield { name, changedAt };
  }

  async put(container: string, name: string, content: Uint8Array): Promise<void> {
    checkBlobName(name);
    // Copied, here and in get: what a caller does to its bytes later is its own affair.
    this.#made(container).set(name, { content: new Uint8Array(content), writtenAt: this.#clock.now() });
  }

  async get(container: string, name: string): Promise<Uint8Array | null> {
    checkBlobName(name);
    const blob = this.#containers.get(container)?.blobs.get(name);
    return blob ? new Uint8Array(blob.content) : null;
  }

  async remove(container: string, name: string): Promise<void> {
    checkBlobName(name);
    this.#containers.get(container)?.blobs.delete(name);
  }

  async *list(container: string, prefix = ''): AsyncIterable<BlobEntry> {
    for (const [name, { content, writtenAt }] of [...(this.#containers.get(container)?.blobs ?? [])]) {
      if (name.startsWith(prefix)) yield { name, bytes: content.length, writtenAt };
    }
  }

  async readUrl(container: string, validMs: number): Promise<string> {
    return `memory:${container}?until=${this.#clock.now() + validMs}`;
  }

  #made(container: string): Map<string, MemoryBlob> {
    const made = this.#containers.get(container) ?? { changedAt: this.#clock.now(), blobs: new Map() };
    this.#containers.set(container, made);
    return made.blobs;
  }
}
