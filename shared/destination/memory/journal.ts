/** Changes of maps that can be undone together: a transaction of the memory database. */
export class Journal {
  #undo: (() => void)[] = [];

  set<K, V>(map: Map<K, V>, key: K, value: V): void {
    this.#remember(map, key);
    map.set(key, value);
  }

  delete<K, V>(map: Map<K, V>, key: K): void {
    if (!map.has(key)) return;
    this.#remember(map, key);
    map.delete(key);
  }

  rollback(): void {
    for (const undo of this.#undo.toReversed()) undo();
    this.#undo = [];
  }

  #remember<K, V>(map: Map<K, V>, key: K): void {
    const had = map.has(key);
    const before = map.get(key) as V;
    this.#undo.push(() => (had ? map.set(key, before) : map.delete(key)));
  }
}
