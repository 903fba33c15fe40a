import { DataverseError } from '../model/errors.ts';
import type { Random } from '../model/random.ts';
import { type Statistics, WINDOW_MS } from './statistics.ts';

/** What goes wrong on purpose. Plain JSON: it is kept and shown as it is. */
export interface FaultSettings {
  readonly administrationMode: boolean;
  /** Asynchronous steps wait, so nothing is notified. */
  readonly backgroundOperations: boolean;
  readonly disabled: boolean;
  readonly throttle: {
    readonly probability: number;
    /** The next so many requests. */
    readonly requests: number;
    /** Milliseconds since 1970. */
    readonly until: number;
    readonly retryAfterSeconds: number;
    /** The real limit on requests in 300 seconds; null: none. */
    readonly limit: number | null;
  };
  readonly pageLatencyMs: number;
  readonly notifications: {
    readonly lost: number;
    readonly doubled: number;
    readonly delayed: number;
    readonly delayMs: number;
    readonly off: boolean;
  };
}

export const NO_FAULTS: FaultSettings = {
  administrationMode: false,
  backgroundOperations: true,
  disabled: false,
  throttle: { probability: 0, requests: 0, until: 0, retryAfterSeconds: 5, limit: null },
  pageLatencyMs: 0,
  notifications: { lost: 0, doubled: 0, delayed: 0, delayMs: 0, off: false },
};

export class Faults {
  settings: FaultSettings = NO_FAULTS;
  private readonly now: () => number;
  private readonly random: Random;
  private readonly statistics: Statistics;

  constructor(now: () => number, random: Random, statistics: Statistics) {
    this.now = now;
    this.random = random;
    this.statistics = statistics;
  }

  /** Throws the DataverseError with which the service answers instead of working, if it does. */
  check(): void {
    const { administrationMode, disabled } = this.settings;
    if (disabled)
      throw new DataverseError(
        403,
        '0x8004a104',
        'The Dynamics 365 organization you are attempting to access is currently disabled.',
      );
    if (administrationMode)
      throw new DataverseError(
        403,
        '0x8004A113',
        'User does not have required privileges (or role membership) to access the org when it is in Admin Only mode.',
      );
    if (this.isThrottled())
      throw new DataverseError(
        429,
        '0x80072322',
        `Number of requests exceeded the limit of ${this.settings.throttle.limit ?? 6000} over time window of ${WINDOW_MS / 1000} seconds.`,
        this.settings.throttle.retryAfterSeconds,
      );
  }

  private isThrottled(): boolean {
    const { throttle } = this.settings;
    if (throttle.requests > 0) {
      this.settings = { ...this.settings, throttle: { ...throttle, requests: throttle.requests - 1 } };
      return true;
    }
    if (throttle.until > this.now()) return true;
    if (throttle.limit !== null && this.statistics.summary().requests >= throttle.limit) return true;
    return throttle.probability > 0 && this.random() < throttle.probability;
  }
}
