/** Runs at most `limit` jobs side by side, the others in the order they came. */
export class Limiter {
  readonly #limit: number;
  readonly #waiting: (() => Promise<void>)[] = [];
  #running = 0;
  #stopped = false;

  constructor(limit: number) {
    this.#limit = limit;
  }

  /** `job` must not reject. */
  add(job: () => Promise<void>): void {
    this.#waiting.push(job);
    this.#startWaiting();
  }

  /** Starts nothing more; what runs goes on. */
  stop(): void {
    this.#stopped = true;
  }

  #startWaiting(): void {
    while (!this.#stopped && this.#running < this.#limit) {
      const job = this.#waiting.shift();
      if (job === undefined) return;
      this.#running += 1;
      void job().finally(() => {
        this.#running -= 1;
        this.#startWaiting();
      });
    }
  }
}
