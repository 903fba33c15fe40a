import { setTimeout as pause } from 'node:timers/promises';
import { until } from '../../local/support/until.ts';
import { systemClock } from '../../shared/platform/clock/system.ts';
import type { Credential } from '../../shared/platform/identity/credential.port.ts';
import { endpointCredential } from '../../shared/platform/identity/endpoint-credential.ts';
import { CANARY_ENTITY, type Site, type Target } from './site.ts';

const CHANGE_EVERY_MS = 200;
const LOOK_EVERY_MS = 20;

/** In ms, one for each change. */
export type Lags = readonly number[];

export function percentile(lags: Lags, share: number): number {
  const sorted = lags.toSorted((a, b) => a - b);
  return Math.round(sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? 0);
}

export function lagFigures(during: Lags, before: Lags): Record<string, number> {
  return {
    lagP50Ms: percentile(during, 0.5),
    lagP99Ms: percentile(during, 0.99),
    lagP50MsBefore: percentile(before, 0.5),
    lagP99MsBefore: percentile(before, 0.99),
  };
}

/**
 * A row that is changed five times a second, whatever happens, and looked for in the destination: how long a user waits. A
 * change counts from before it is sent until a value at least as new stands in the table, so none is left out of the
 * figures because everything stood still when it should have been made.
 */
export class Canary {
  readonly #dataverse: string;
  readonly #credential: Credential;
  readonly #target: Target;
  readonly #stopped = new AbortController();
  /** When each change was made that has not arrived, by its number, oldest first. */
  readonly #under = new Map<number, number>();
  readonly #lags: number[] = [];
  #row = '';

  private constructor({ test }: Site, target: Target) {
    const { dataverse, identity } = test.installation.addresses;
    this.#dataverse = dataverse;
    this.#credential = endpointCredential({ url: `${identity}/token`, fetch: globalThis.fetch, clock: systemClock });
    this.#target = target;
  }

  static async start(site: Site, target: Target): Promise<Canary> {
    const canary = new Canary(site, target);
    const made = await canary.#send('POST', 'opportunities', 0);
    canary.#row = /\(([^)]+)\)$/.exec(made.headers.get('odata-entityid') ?? '')?.[1] ?? '';
    if (!made.ok || canary.#row === '') throw new Error(`the organization made no canary: ${made.status}`);
    void canary.#sing();
    void canary.#listen();
    return canary;
  }

  /** Of what has arrived so far. */
  get lags(): Lags {
    return this.#lags;
  }

  /** How long the oldest change that has not arrived is waiting, ms. */
  get waiting(): number {
    const [oldest] = this.#under.values();
    return oldest === undefined ? 0 : Math.round(performance.now() - oldest);
  }

  /** Makes no more changes, and waits for those under way. */
  async stop(withinMs: number): Promise<void> {
    this.#stopped.abort();
    await until(() => this.#under.size === 0, withinMs);
    this.#under.clear();
  }

  async #sing(): Promise<void> {
    const { signal } = this.#stopped;
    for (let number = 1; !signal.aborted; number += 1) {
      const sent = performance.now();
      const answer = await this.#send('PATCH', `opportunities(${this.#row})`, number).catch(() => null);
      if (answer?.ok) this.#under.set(number, sent);
      await pause(Math.max(0, CHANGE_EVERY_MS - (performance.now() - sent)));
    }
  }

  async #listen(): Promise<void> {
    const text = `SELECT name AS name FROM dbo.${CANARY_ENTITY} WHERE id = $1`;
    while (!this.#stopped.signal.aborted || this.#under.size > 0) {
      const found = await this.#target.onlooker.query<{ name: string }>(text, [this.#row]).catch(() => []);
      const now = performance.now();
      for (const [number, sent] of this.#under) {
        if (number > Number(found[0]?.name ?? 0)) break;
        this.#lags.push(now - sent);
        this.#under.delete(number);
      }
      await pause(LOOK_EVERY_MS);
    }
  }

  async #send(method: 'POST' | 'PATCH', path: string, number: number): Promise<Response> {
    const { token } = await this.#credential.getToken(`${this.#dataverse}/.default`);
    const answer = await fetch(`${this.#dataverse}/api/data/v9.2/${path}`, {
      method,
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
      body: JSON.stringify({ name: String(number) }),
    });
    await answer.body?.cancel();
    return answer;
  }
}
