/** Bytes that were granted; given back by `release` or at the end of a `using` block. Giving back twice does nothing. */
export interface Reservation extends Disposable {
  readonly bytes: number;
  release(): void;
}

interface Waiting {
  readonly bytes: number;
  readonly grant: () => void;
}

/**
 * The memory that reads and applies of one process share. Whoever asks first is served first, so a large request is never
 * starved by small ones; one larger than the whole budget is granted alone.
 */
export class MemoryBudget {
  readonly #total: number;
  #reserved = 0;
  #queue: Waiting[] = [];

  constructor(totalBytes: number) {
    this.#total = totalBytes;
  }

  /** Bytes granted now; more than the total only while one request larger than it is alone. */
  get reserved(): number {
    return this.#reserved;
  }

  /** Requests that wait. */
  get waiting(): number {
    return this.#queue.length;
  }

  /** Resolves once the bytes are free, or rejects with the signal's reason when it is aborted before. */
  reserve(bytes: number, signal?: AbortSignal): Promise<Reservation> {
    return new Promise((resolve, reject) => {
      if (signal?.aborted) return reject(signal.reason);
      const giveUp = () => {
        this.#queue = this.#queue.filter((waiting) => waiting !== request);
        reject(signal?.reason);
        this.#grant();
      };
      const grant = () => {
        signal?.removeEventListener('abort', giveUp);
        resolve(this.#reservation(bytes));
      };
      const request = { bytes, grant };
      signal?.addEventListener('abort', giveUp, { once: true });
      this.#queue.push(request);
      this.#grant();
    });
  }

  /** For what can be left undone: grants what is free now and nobody waits for, else null. */
  tryReserve(bytes: number): Reservation | null {
    if (this.#queue.length > 0 || !this.#fits(bytes)) return null;
    this.#reserved += bytes;
    return this.#reservation(bytes);
  }

  #grant(): void {
    for (let first = this.#queue[0]; first !== undefined && this.#fits(first.bytes); first = this.#queue[0]) {
      this.#queue.shift();
      this.#reserved += first.bytes;
      first.grant();
    }
  }

  #fits(bytes: number): boolean {
    return this.#reserved === 0 || this.#reserved + bytes <= this.#total;
  }

  #reservation(bytes: number): Reservation {
    let held = true;
    const release = () => {
      if (!held) return;
      held = false;
      this.#reserved -= bytes;
      this.#grant();
    };
    return { bytes, release, [Symbol.dispose]: release };
  }
}
