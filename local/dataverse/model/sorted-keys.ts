/** A chunk is split when it grows beyond this; splicing in a short array is cheaper than any tree. */
const CHUNK_MAX_KEYS = 1024;

/** Keys in order, so that paging by key needs no sort. Insertion, removal and search cost a binary search and one splice. */
export class SortedKeys {
  private chunks: string[][] = [];

  static from(keys: Iterable<string>): SortedKeys {
    const sorted = [...keys].sort();
    const result = new SortedKeys();
    for (let at = 0; at < sorted.length; at += CHUNK_MAX_KEYS / 2)
      result.chunks.push(sorted.slice(at, at + CHUNK_MAX_KEYS / 2));
    return result;
  }

  add(key: string): void {
    const at = Math.max(0, this.chunkOf(key));
    const chunk = this.chunks[at];
    if (!chunk) {
      this.chunks.push([key]);
      return;
    }
    const place = lowerBound(chunk, key);
    if (chunk[place] === key) return;
    chunk.splice(place, 0, key);
    if (chunk.length > CHUNK_MAX_KEYS) this.chunks.splice(at + 1, 0, chunk.splice(CHUNK_MAX_KEYS / 2));
  }

  remove(key: string): void {
    const at = this.chunkOf(key);
    const chunk = this.chunks[at];
    if (!chunk) return;
    const place = lowerBound(chunk, key);
    if (chunk[place] !== key) return;
    chunk.splice(place, 1);
    if (chunk.length === 0) this.chunks.splice(at, 1);
  }

  /** The keys greater than `after` (all, when it is undefined), in order. */
  *after(after: string | undefined): Generator<string> {
    let at = after === undefined ? 0 : Math.max(0, this.chunkOf(after));
    const first = this.chunks[at];
    let place = after === undefined || !first ? 0 : lowerBound(first, after);
    if (first && first[place] === after) place++;
    for (; at < this.chunks.length; at++, place = 0) {
      const chunk = this.chunks[at] as string[];
      for (; place < chunk.length; place++) yield chunk[place] as string;
    }
  }

  /** The index of the last chunk that begins at or before the key; -1 when none does. */
  private chunkOf(key: string): number {
    let low = 0;
    let high = this.chunks.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.chunks[middle]?.[0] as string) <= key) low = middle + 1;
      else high = middle;
    }
    return low - 1;
  }
}

function lowerBound(keys: readonly string[], key: string): number {
  let low = 0;
  let high = keys.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((keys[middle] as string) < key) low = middle + 1;
    else high = middle;
  }
  return low;
}
