import type { FeedKey, Page } from '../../control/model.ts';
import type { Position } from '../../destination/model.ts';
import { pagesOfMerge } from './merge.ts';
import { mergeEntries } from './merge-size.ts';
import { MERGE_MAX_PAGES, memoryOf, pagesAfter } from './next-pages.ts';
import { makeReady, type ReadyMerge } from './ready-merge.ts';
import type { ApplyTurn } from './turn.ts';

/** The merge after the one under way. */
interface Ahead {
  /** The page that the position must be at when its turn comes. */
  readonly after: string;
  readonly memory: { release(): void };
  /** Null when it could not be made ready: it is tried again in its turn, and what is wrong told then. */
  readonly ready: Promise<ReadyMerge | null>;
}

/** What a feed has for a profile, merge by merge. While the destination works on one, the next is made ready. */
export class Upcoming {
  readonly #turn: ApplyTurn;
  readonly #feed: FeedKey;
  /** Pages after the position of the last question. */
  #known: readonly Page[] = [];
  #memory: { release(): void } | null = null;
  #ahead: Ahead | null = null;

  constructor(turn: ApplyTurn, feed: FeedKey) {
    this.#turn = turn;
    this.#feed = feed;
  }

  /** The merge that follows the position; null at the end. What the one before took of the memory is given back. */
  async next(position: Position): Promise<ReadyMerge | 'broken' | 'lost' | null> {
    return (await this.#takeAhead(position)) ?? (await this.#ask(position));
  }

  /** Makes ready what follows a merge, if it is known and there is memory for it at once. Never throws. */
  lookAhead({ pages: current }: ReadyMerge): void {
    if (this.#ahead !== null) return;
    const last = current.at(-1) ?? current[0];
    const rest = this.#known.filter(({ number }) => number > last.number);
    const pages = this.#pagesOfMerge(rest);
    const [first] = pages;
    if (!first || first.previous !== last.id || first.shape !== last.shape) return;
    // More may follow than was asked for: a merge is not made of what happened to be known.
    if (pages.length === rest.length && this.#known.length === MERGE_MAX_PAGES) return;
    const memory = this.#turn.ports.memory.tryReserve(memoryOf(this.#turn, pages));
    if (memory === null) return;
    const whole = (ready: ReadyMerge | null) => (ready?.pages.length === pages.length ? ready : null);
    const ready = makeReady(this.#turn, this.#feed, pages).then(whole, () => null);
    this.#ahead = { after: last.id, memory, ready };
  }

  /** Gives back all memory, what is still being made ready included. */
  end(): void {
    this.#memory?.release();
    this.#memory = null;
    const ahead = this.#ahead;
    this.#ahead = null;
    void ahead?.ready.finally(() => ahead.memory.release());
  }

  async #takeAhead(position: Position): Promise<ReadyMerge | null> {
    const ahead = this.#ahead;
    if (ahead?.after === position.page) {
      this.#memory?.release();
      this.#memory = ahead.memory;
      this.#ahead = null;
      const ready = await ahead.ready;
      if (ready !== null) return ready;
    }
    this.end();
    return null;
  }

  async #ask(position: Position): Promise<ReadyMerge | 'broken' | 'lost' | null> {
    const known = await pagesAfter(this.#turn, this.#feed, position);
    if (known === 'broken') return 'broken';
    this.#known = known;
    const pages = this.#pagesOfMerge(known);
    if (pages.length === 0) return null;
    this.#memory = await this.#turn.ports.memory.reserve(memoryOf(this.#turn, pages));
    return (await makeReady(this.#turn, this.#feed, pages)) ?? 'lost';
  }

  #pagesOfMerge(pages: readonly Page[]): Page[] {
    return pagesOfMerge(pages, this.#turn.profile.id, mergeEntries(this.#turn.destination));
  }
}
