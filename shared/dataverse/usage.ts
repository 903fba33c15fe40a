/** Requests made of an organization, and how long they took together. */
export interface Spent {
  readonly requests: number;
  readonly elapsedMs: number;
}

/** What one process asked of an organization and has not told yet to those who keep its pace. */
export class Usage {
  /** Made but not reserved; below 0 while requests are reserved and not made yet. */
  #requests = 0;
  #elapsedMs = 0;

  /** A request was answered, or not, after so long. */
  made(elapsedMs: number): void {
    this.#requests += 1;
    this.#elapsedMs += elapsedMs;
  }

  /** One of the requests to come is paid for. */
  reserved(): void {
    this.#requests -= 1;
  }

  /** All that nobody reserved and nobody was told of; from now on they were told. */
  take(): Spent {
    const spent = { requests: Math.max(0, this.#requests), elapsedMs: this.#elapsedMs };
    this.#requests -= spent.requests;
    this.#elapsedMs = 0;
    return spent;
  }
}
