import type { FreshetClient } from '../client/freshet-client.ts';
import { statuses } from '../client/sync-progress.ts';

/** Collects, batch by batch, how long the oldest change of it took from the organization to its commit, as the API tells it. */
export class LagSampler {
  readonly #client: FreshetClient;
  readonly #profileId: string;
  readonly #lags: number[] = [];
  readonly #seen = new Map<string, number>();

  constructor(client: FreshetClient, profileId: string) {
    this.#client = client;
    this.#profileId = profileId;
  }

  async sample(): Promise<void> {
    for (const { Type, TotalNotifications, LagInMilliseconds } of statuses(
      await this.#client.status(this.#profileId),
    )) {
      const last = this.#seen.get(Type);
      this.#seen.set(Type, TotalNotifications);
      if (last !== undefined && last !== TotalNotifications && LagInMilliseconds !== null)
        this.#lags.push(LagInMilliseconds);
    }
  }

  /** In ms; 0 when nothing was sampled. */
  percentile(share: number): number {
    const sorted = this.#lags.toSorted((a, b) => a - b);
    return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? 0;
  }
}
