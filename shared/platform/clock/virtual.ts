import type { Clock } from './port.ts';

interface Sleeper {
  readonly wakesAt: number;
  readonly wake: () => void;
}

/**
 * Time that stands still until it is moved, for tests and simulations. Sleepers wake in the order of their times, and of
 * falling asleep where those are equal, each after everything that the one before set off in memory has settled: one
 * history of calls has one outcome.
 */
export class VirtualClock implements Clock {
  #now: number;
  /** By `wakesAt`, then by the order of falling asleep. */
  readonly #sleepers: Sleeper[] = [];
  /** They tick when time passes anyway, and never make it pass. */
  readonly #tickers = new Set<{ at: number; readonly everyMs: number; readonly tick: () => void }>();

  constructor(startsAt = Date.UTC(2026, 0, 1)) {
    this.#now = startsAt;
  }

  now(): number {
    return this.#now;
  }

  sleep(ms: number, signal?: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      if (signal?.aborted) return reject(signal.reason);
      if (ms <= 0) return resolve();
      const abort = () => {
        this.#sleepers.splice(this.#sleepers.indexOf(sleeper), 1);
        reject(signal?.reason);
      };
      const wake = () => {
        signal?.removeEventListener('abort', abort);
        resolve();
      };
      const sleeper = { wakesAt: this.#now + ms, wake };
      signal?.addEventListener('abort', abort, { once: true });
      this.#insert(sleeper);
    });
  }

  every(ms: number, tick: () => void): () => void {
    const ticker = { at: this.#now + ms, everyMs: ms, tick };
    this.#tickers.add(ticker);
    return () => this.#tickers.delete(ticker);
  }

  /** How many sleep. */
  get pending(): number {
    return this.#sleepers.length;
  }

  /** When the next sleeper wakes; null when nobody sleeps. */
  get nextWakeAt(): number | null {
    return this.#sleepers[0]?.wakesAt ?? null;
  }

  /** Moves on by `ms` milliseconds. */
  advance(ms: number): Promise<void> {
    return this.advanceTo(this.#now + ms);
  }

  /** Moves on to `time`, waking everybody on the way, also those that fall asleep meanwhile. An earlier time moves nothing. */
  async advanceTo(time: number): Promise<void> {
    await settled();
    for (let next = this.#sleepers[0]; next !== undefined && next.wakesAt <= time; next = this.#sleepers[0]) {
      this.#sleepers.shift();
      this.#moveTo(next.wakesAt);
      next.wake();
      await settled();
    }
    this.#moveTo(time);
  }

  #moveTo(time: number): void {
    this.#now = Math.max(this.#now, time);
    for (const ticker of this.#tickers) {
      for (; ticker.at <= this.#now && this.#tickers.has(ticker); ticker.at += ticker.everyMs) ticker.tick();
    }
  }

  #insert(sleeper: Sleeper): void {
    const later = this.#sleepers.findIndex(({ wakesAt }) => wakesAt > sleeper.wakesAt);
    this.#sleepers.splice(later === -1 ? this.#sleepers.length : later, 0, sleeper);
  }
}

/** Resolves once all promises that can go on without input or output have done so: ticks come after the last of them. */
export function settled(): Promise<void> {
  return new Promise((resolve) => process.nextTick(resolve));
}
