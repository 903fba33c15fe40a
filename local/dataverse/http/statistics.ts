export type RequestKind = 'rows' | 'tracked' | 'delta' | 'row' | 'count' | 'metadata' | 'write' | 'function';

/** The window of the service-protection limits. */
export const WINDOW_MS = 300_000;
const BUCKET_MS = 1000;

interface Bucket {
  readonly at: number;
  requests: number;
  busyMs: number;
  readonly byKind: Map<string, number>;
}

/** Counts requests by kind over the last 300 seconds. */
export class Statistics {
  private readonly buckets: Bucket[] = [];
  private readonly now: () => number;
  private total = 0;
  /** Requests being worked on now. */
  running = 0;

  constructor(now: () => number) {
    this.now = now;
  }

  count(kind: RequestKind, status: number, busyMs: number): void {
    const at = Math.floor(this.now() / BUCKET_MS) * BUCKET_MS;
    let bucket = this.buckets.at(-1);
    if (bucket?.at !== at) {
      bucket = { at, requests: 0, busyMs: 0, byKind: new Map() };
      this.buckets.push(bucket);
    }
    bucket.requests++;
    bucket.busyMs += busyMs;
    this.total++;
    const key = status >= 400 ? `${kind} ${status}` : kind;
    bucket.byKind.set(key, (bucket.byKind.get(key) ?? 0) + 1);
  }

  /** The last 300 seconds, and the sum of all. */
  summary(): { requests: number; busyMs: number; byKind: Record<string, number>; total: number; running: number } {
    const since = this.now() - WINDOW_MS;
    while (this.buckets[0] && this.buckets[0].at < since) this.buckets.shift();
    const byKind: Record<string, number> = {};
    for (const bucket of this.buckets)
      for (const [kind, count] of bucket.byKind) byKind[kind] = (byKind[kind] ?? 0) + count;
    return {
      requests: this.buckets.reduce((sum, bucket) => sum + bucket.requests, 0),
      busyMs: Math.round(this.buckets.reduce((sum, bucket) => sum + bucket.busyMs, 0)),
      byKind,
      total: this.total,
      running: this.running,
    };
  }
}
