/** The ids of the messages sent within the last `window` milliseconds, oldest first. */
export class DuplicateWindow {
  private readonly seen = new Map<string, Seen>();
  private readonly windowMs: number;

  constructor(windowMs: number) {
    this.windowMs = windowMs;
  }

  has(id: string, now: number): boolean {
    const seen = this.seen.get(id);
    return seen !== undefined && seen.until > now;
  }

  add(id: string, now: number, segment: number): void {
    this.restore(id, { until: now + this.windowMs, segment });
  }

  restore(id: string, seen: Seen): void {
    this.seen.delete(id);
    this.seen.set(id, seen);
  }

  remove(id: string): void {
    this.seen.delete(id);
  }

  expire(now: number): void {
    for (const [id, seen] of this.seen) {
      if (seen.until > now) return;
      this.seen.delete(id);
    }
  }

  /** What the journal's segments up to `segment` are the only record of. */
  recordedUpTo(segment: number): [string, Seen][] {
    return [...this.seen].filter(([, seen]) => seen.segment <= segment);
  }

  recordedAgain(id: string, segment: number): void {
    const seen = this.seen.get(id);
    if (seen) this.seen.set(id, { until: seen.until, segment });
  }
}

export interface Seen {
  readonly until: number;
  /** The segment of the journal that was written when the message came, or an earlier one. */
  readonly segment: number;
}
