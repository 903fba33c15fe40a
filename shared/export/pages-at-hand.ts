import type { PageContent } from './pages.ts';

interface AtHand {
  readonly content: PageContent;
  /** As stored. */
  readonly bytes: number;
  readonly since: number;
}

/** What nobody has taken by then is applied by another process, or not yet: it makes room. */
const HELD_MS = 60_000;

/**
 * Contents of large pages that this process stored and has yet to apply, for their blobs need not be fetched and parsed again:
 * a tenth to a fifth of what a first copy costs the machine. Nothing rests on it; a content leaves with its first reader. When
 * full it holds nothing more, for the oldest is what is wanted next.
 */
export class PagesAtHand {
  readonly #maxBytes: number;
  /** By blob; the oldest first. */
  readonly #held = new Map<string, AtHand>();
  #bytes = 0;

  /** `maxBytes`: as stored; in memory they take up to four times as much. */
  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  hold(blob: string, content: PageContent, bytes: number, now: number): void {
    for (const [name, { since }] of this.#held) {
      if (now - since < HELD_MS) break;
      this.take(name);
    }
    if (this.#bytes + bytes > this.#maxBytes) return;
    this.#bytes += bytes;
    this.#held.set(blob, { content, bytes, since: now });
  }

  /** The content, which is the caller's alone from now on; null when it is not here. */
  take(blob: string): PageContent | null {
    const held = this.#held.get(blob);
    if (!held) return null;
    this.#held.delete(blob);
    this.#bytes -= held.bytes;
    return held.content;
  }
}
