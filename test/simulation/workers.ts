import type { Random } from '../../local/dataverse/model/random.ts';
import { pick } from '../../local/dataverse/model/random.ts';
import type { FreshetError } from '../../shared/errors/error.ts';
import type { Clock } from '../../shared/platform/clock/port.ts';
import { settled } from '../../shared/platform/clock/virtual.ts';
import type { Gate } from '../support/gate.ts';

/** What becomes of an operation that is let go: null, it goes on; else it fails, at once or after a while. */
export type Fate = { readonly error: FreshetError; readonly afterMs: number } | null;

interface Waiting {
  notBefore: number;
  /** Decides what becomes of it; null once decided. */
  fate: (() => Fate) | null;
  error: FreshetError | null;
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

interface Ticker {
  at: number;
  readonly everyMs: number;
  readonly tick: () => void;
}

/** A worker that does not go on until it is let: each operation of its ports waits at the gate, and so do its pauses. */
export class Worker {
  readonly name: string;
  readonly #now: () => number;
  readonly #waiting: Waiting[] = [];
  readonly #tickers = new Set<Ticker>();
  over = false;
  error: unknown = null;

  constructor(
    name: string,
    now: () => number,
    work: (gate: Gate, clock: Clock) => Promise<void>,
    fate: (operation: string, moment: 'before' | 'after') => Fate,
  ) {
    this.name = name;
    this.#now = now;
    const gate: Gate = (operation, moment) =>
      new Promise<void>((resolve, reject) =>
        this.#waiting.push({ notBefore: 0, fate: () => fate(operation, moment), error: null, resolve, reject }),
      );
    const clock: Clock = {
      now,
      sleep: (ms, signal) => this.#sleep(ms, signal),
      every: (ms, tick) => this.#every(ms, tick),
    };
    work(gate, clock).then(
      () => {
        this.over = true;
      },
      (error: unknown) => {
        this.over = true;
        this.error = error;
      },
    );
  }

  /** When something of it may go on; null when nothing waits. */
  get nextAt(): number | null {
    if (this.#waiting.length === 0) return null;
    return Math.min(...this.#waiting.map(({ notBefore }) => notBefore));
  }

  /** Lets one operation that is due go on, and resolves when nothing moves any more. */
  async advance(random: Random): Promise<void> {
    this.#tick();
    const due = this.#waiting.filter(({ notBefore }) => notBefore <= this.#now());
    if (due.length > 0) this.#letGo(pick(random, due));
    await settled();
  }

  #letGo(next: Waiting): void {
    const fate = next.fate?.() ?? null;
    next.fate = null;
    if (fate) {
      next.error = fate.error;
      next.notBefore = this.#now() + fate.afterMs;
      if (fate.afterMs > 0) return;
    }
    this.#waiting.splice(this.#waiting.indexOf(next), 1);
    if (next.error) next.reject(next.error);
    else next.resolve();
  }

  /** Once, however late: a process that stood still does not catch up. */
  #tick(): void {
    const now = this.#now();
    for (const ticker of this.#tickers) {
      if (ticker.at > now) continue;
      ticker.at = now + ticker.everyMs;
      ticker.tick();
    }
  }

  #every(everyMs: number, tick: () => void): () => void {
    const ticker = { at: this.#now() + everyMs, everyMs, tick };
    this.#tickers.add(ticker);
    return () => this.#tickers.delete(ticker);
  }

  #sleep(ms: number, signal?: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      if (signal?.aborted) return reject(signal.reason);
      const waiting: Waiting = { notBefore: this.#now() + ms, fate: null, error: null, resolve, reject };
      this.#waiting.push(waiting);
      signal?.addEventListener('abort', () => {
        const index = this.#waiting.indexOf(waiting);
        if (index !== -1) this.#waiting.splice(index, 1);
        reject(signal.reason);
      });
    });
  }
}
