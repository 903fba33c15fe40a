/** Tables that nothing is written to any more by whoever begins after that was settled: paused, removed, of profiles that stopped. */
export class Standstill {
  /** Workers that had begun when it was settled, by database and entity. */
  readonly #settled = new Map<string, number>();
  /** How many wishes concerned a database's profile. */
  readonly #wishes = new Map<string, { begun: number; ended: number }>();

  /** Something is wished of the database's profile; gives the function that ends it. Of several at once nobody knows what holds. */
  wish(name: string): (entities: readonly string[], started: number) => void {
    const wishes = this.#wishes.get(name) ?? { begun: 0, ended: 0 };
    this.#wishes.set(name, wishes);
    const alone = wishes.begun === wishes.ended;
    const own = ++wishes.begun;
    for (const key of [...this.#settled.keys()]) if (key.startsWith(`${name}/`)) this.#settled.delete(key);
    return (entities, started) => {
      wishes.ended++;
      if (alone && wishes.begun === own) for (const entity of entities) this.settle(name, entity, started);
    };
  }

  settle(name: string, entity: string, started: number): void {
    this.#settled.set(`${name}/${entity}`, started);
  }

  /** Whether a worker of this number may write to the table. */
  allows(name: string, entity: string, worker: number): boolean {
    return worker <= (this.#settled.get(`${name}/${entity}`) ?? Number.POSITIVE_INFINITY);
  }

  /** For what was settled does not hold any more. */
  forgetAll(): void {
    this.#settled.clear();
  }
}
