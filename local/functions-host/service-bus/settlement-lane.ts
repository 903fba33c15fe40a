export type Outcome = 'complete' | 'abandon';

/**
 * Settles the messages of one receiver so that only equal outcomes are ever on their way together. The AMQP library
 * under the SDK puts neighbouring settlements of one tick into one frame and takes the first one's outcome for both
 * (rhea 3.0.5, `write_dispositions`): an abandoned message beside a completed one would be completed, that is lost.
 */
export class SettlementLane {
  #outcome: Outcome = 'complete';
  #inFlight = 0;
  readonly #waiting: { readonly outcome: Outcome; readonly start: () => void }[] = [];

  /** Runs `settle` now if only equal outcomes are under way, else when all before it are answered. */
  async run(outcome: Outcome, settle: () => Promise<void>): Promise<void> {
    if (this.#waiting.length > 0 || !this.#mayStart(outcome)) {
      await new Promise<void>((start) => this.#waiting.push({ outcome, start }));
    } else {
      this.#begin(outcome);
    }
    try {
      await settle();
    } finally {
      this.#inFlight -= 1;
      this.#startWaiting();
    }
  }

  #mayStart(outcome: Outcome): boolean {
    return this.#inFlight === 0 || this.#outcome === outcome;
  }

  #begin(outcome: Outcome): void {
    this.#outcome = outcome;
    this.#inFlight += 1;
  }

  /** In the order they came, so that a steady stream of one outcome cannot hold up the other. */
  #startWaiting(): void {
    for (let next = this.#waiting[0]; next && this.#mayStart(next.outcome); next = this.#waiting[0]) {
      this.#waiting.shift();
      this.#begin(next.outcome);
      next.start();
    }
  }
}
