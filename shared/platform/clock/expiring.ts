import type { Clock } from './port.ts';

export interface Expiring<Value> {
  readonly value: Value;
  /** Milliseconds since 1970 UTC: not handed out from then on. */
  readonly until: number;
}

/** Beyond this many keys the oldest is forgotten: keys may come from callers. */
const KEYS_MAX = 1000;

/** Values that are dear to get and true for a while. Callers who ask at the same time share one load; failures are not kept. */
export class ExpiringCache<Value> {
  readonly #clock: Clock;
  readonly #entries = new Map<string, Expiring<Value>>();
  readonly #loading = new Map<string, Promise<Expiring<Value>>>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  async get(key: string, load: () => Promise<Expiring<Value>>): Promise<Value> {
    const entry = this.#entries.get(key);
    if (entry && this.#clock.now() < entry.until) return entry.value;
    const loading = this.#loading.get(key) ?? this.#load(key, load);
    return (await loading).value;
  }

  #load(key: string, load: () => Promise<Expiring<Value>>): Promise<Expiring<Value>> {
    const loading = load()
      .then((entry) => this.#keep(key, entry))
      .finally(() => this.#loading.delete(key));
    this.#loading.set(key, loading);
    return loading;
  }

  #keep(key: string, entry: Expiring<Value>): Expiring<Value> {
    this.#entries.delete(key);
    this.#entries.set(key, entry);
    const oldest = this.#entries.keys().next();
    if (this.#entries.size > KEYS_MAX && !oldest.done) this.#entries.delete(oldest.value);
    return entry;
  }
}
