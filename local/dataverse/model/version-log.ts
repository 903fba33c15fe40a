/** Below this length throwing superseded entries away is not worth a pass. */
const COMPACT_MIN_ENTRIES = 1024;

/**
 * Entries in the order of their versions. They mostly arrive in that order; what a transaction held back is put in its
 * place. Entries that are superseded stay until they outnumber the others.
 */
export class VersionLog<T extends { readonly version: number }> {
  private entries: T[] = [];
  private superseded = 0;
  private readonly isCurrent: (entry: T) => boolean;

  constructor(isCurrent: (entry: T) => boolean) {
    this.isCurrent = isCurrent;
  }

  get length(): number {
    return this.entries.length;
  }

  add(entry: T): void {
    const last = this.entries.at(-1);
    if (!last || last.version <= entry.version) this.entries.push(entry);
    else this.entries.splice(this.firstAfter(entry.version), 0, entry);
  }

  /** Takes entries in any order. */
  fill(entries: Iterable<T>): void {
    this.entries = [...entries].sort((a, b) => a.version - b.version);
    this.superseded = 0;
  }

  /** Says that one entry was superseded; now and then the log is rid of all such. */
  supersede(): void {
    this.superseded++;
    if (this.superseded < COMPACT_MIN_ENTRIES || this.superseded * 2 < this.entries.length) return;
    this.entries = this.entries.filter(this.isCurrent);
    this.superseded = 0;
  }

  /** The current entries with `from < version <= upTo`, in order. */
  *between(from: number, upTo: number): Generator<T> {
    for (let at = this.firstAfter(from); at < this.entries.length; at++) {
      const entry = this.entries[at] as T;
      if (entry.version > upTo) return;
      if (this.isCurrent(entry)) yield entry;
    }
  }

  /** Forgets the oldest entries as long as `isOld` says so. */
  dropWhile(isOld: (entry: T) => boolean): void {
    const keep = this.entries.findIndex((entry) => !isOld(entry));
    this.entries.splice(0, keep === -1 ? this.entries.length : keep);
  }

  all(): readonly T[] {
    return this.entries;
  }

  private firstAfter(version: number): number {
    let low = 0;
    let high = this.entries.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.entries[middle] as T).version <= version) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
