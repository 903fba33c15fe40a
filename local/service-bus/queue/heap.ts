/**
 * A priority queue from which any item can be taken, not only the first. Each item remembers its place in the property
 * `slot`, so that taking it out costs O(log n) and nothing stale stays behind. The order is by `key`, smallest first,
 * which must not change while the item is inside: take it out, change it, put it in again.
 */
export class Heap<Slot extends string, Item extends { [slot in Slot]: number }> {
  private readonly items: Item[] = [];
  private readonly slot: Slot;
  private readonly key: (item: Item) => number;

  constructor(slot: Slot, key: (item: Item) => number) {
    this.slot = slot;
    this.key = key;
  }

  get first(): Item | undefined {
    return this.items[0];
  }

  add(item: Item): void {
    this.items.push(item);
    this.place(item, this.items.length - 1);
    this.rise(item);
  }

  /** Does nothing if the item is not inside. */
  remove(item: Item): void {
    const at = item[this.slot];
    if (at === OUTSIDE) return;
    const last = this.items.pop();
    this.setSlot(item, OUTSIDE);
    if (last === undefined || last === item) return;
    this.place(last, at);
    this.rise(last);
    this.sink(last);
  }

  private rise(item: Item): void {
    while (item[this.slot] > 0) {
      const at = item[this.slot];
      const parent = this.items[(at - 1) >> 1];
      if (!parent || this.key(parent) <= this.key(item)) return;
      this.place(parent, at);
      this.place(item, (at - 1) >> 1);
    }
  }

  private sink(item: Item): void {
    for (;;) {
      const at = item[this.slot];
      const child = this.smallerOf(2 * at + 1, 2 * at + 2);
      if (!child || this.key(child) >= this.key(item)) return;
      const childAt = child[this.slot];
      this.place(child, at);
      this.place(item, childAt);
    }
  }

  private smallerOf(left: number, right: number): Item | undefined {
    const a = this.items[left];
    const b = this.items[right];
    if (!a || !b) return a;
    return this.key(a) <= this.key(b) ? a : b;
  }

  private place(item: Item, at: number): void {
    this.items[at] = item;
    this.setSlot(item, at);
  }

  private setSlot(item: { [slot in Slot]: number }, at: number): void {
    item[this.slot] = at as Item[Slot];
  }
}

/** The slot of an item that is in no heap. */
export const OUTSIDE = -1;
