import { hash } from 'node:crypto';
import { boundsOf, type RangeJson, RangeSums, rangeCount, rangeOf, type SumsJson } from './key-ranges.ts';

/** What is known of a record whose sides were not alike when last looked at; digests, null for a side that has no row. */
export interface Candidate {
  readonly source: string | null;
  readonly held: string | null;
  /** Since when the organization's side is known to be like this, ms. */
  readonly since: number;
}

export interface ComparisonState {
  readonly digits: number;
  readonly source: SumsJson;
  readonly held: SumsJson;
  readonly heldIds: SumsJson;
  readonly standingIds: SumsJson;
  readonly candidates: readonly (readonly [string, Candidate])[];
}

/** One entity's rows of both sides, by key range, and the ids that were not alike. Sums always say what was seen last. */
export class Comparison {
  readonly digits: number;
  readonly candidates: Map<string, Candidate>;
  readonly #source: RangeSums;
  /** The destination's rows that were compared. */
  readonly #held: RangeSums;
  /** Their ids; and those that a walk through the whole table met. */
  readonly #heldIds: RangeSums;
  readonly #standingIds: RangeSums;

  constructor(state: ComparisonState) {
    this.digits = state.digits;
    this.#source = RangeSums.of(state.source);
    this.#held = RangeSums.of(state.held);
    this.#heldIds = RangeSums.of(state.heldIds);
    this.#standingIds = RangeSums.of(state.standingIds);
    this.candidates = new Map(state.candidates);
  }

  static begin(digits: number): ComparisonState {
    return { digits, source: [], held: [], heldIds: [], standingIds: [], candidates: [] };
  }

  /** Notes what both sides have under an id now; texts of their rows, null for none. Answers whether they are alike. */
  put(id: string, source: string | null, held: string | null, now: number): boolean {
    const before = this.candidates.get(id);
    if (before) this.#count(id, before, 'remove');
    const seen = { source: source && digest(id, source), held: held && digest(id, held) };
    this.#count(id, seen, 'add');
    if (seen.source === seen.held) {
      this.candidates.delete(id);
      return true;
    }
    const since = before && before.source === seen.source ? before.since : now;
    this.candidates.set(id, { ...seen, since });
    return false;
  }

  /** Notes an id that stands in the destination. */
  meet(id: string): void {
    this.#standingIds.add(this.rangeOf(id), digest(id, ''));
  }

  /** Ranges that hold other ids than the rows compared. */
  rangesWithOthers(): number[] {
    return this.#ranges().filter((range) => !this.#heldIds.equals(this.#standingIds, range));
  }

  /** Forgets what was compared of these ranges, but for rows that only the organization has: the walk meets all others. */
  compareAnew(ranges: ReadonlySet<number>): void {
    for (const range of ranges) for (const sums of [this.#source, this.#held, this.#heldIds]) sums.clear(range);
    for (const [id, candidate] of this.candidates) {
      if (!ranges.has(this.rangeOf(id))) continue;
      if (candidate.held === null) this.#count(id, candidate, 'add');
      else this.candidates.delete(id);
    }
  }

  rangeOf(id: string): number {
    return rangeOf(id, this.digits);
  }

  differing(): RangeJson[] {
    return this.#ranges()
      .filter((range) => !this.#source.equals(this.#held, range))
      .map((range) => ({
        ...boundsOf(range, this.digits),
        source: this.#source.at(range),
        destination: this.#held.at(range),
      }));
  }

  totals() {
    return { source: this.#source.total(), destination: this.#held.total() };
  }

  toState(): ComparisonState {
    return {
      digits: this.digits,
      source: this.#source.toJson(),
      held: this.#held.toJson(),
      heldIds: this.#heldIds.toJson(),
      standingIds: this.#standingIds.toJson(),
      candidates: [...this.candidates],
    };
  }

  #ranges(): number[] {
    return Array.from({ length: rangeCount(this.digits) }, (_, range) => range);
  }

  #count(id: string, { source, held }: Pick<Candidate, 'source' | 'held'>, how: 'add' | 'remove'): void {
    const range = this.rangeOf(id);
    if (source !== null) this.#source[how](range, source);
    if (held === null) return;
    this.#held[how](range, held);
    this.#heldIds[how](range, digest(id, ''));
  }
}

const DIGEST_CHARACTERS = 16;

function digest(id: string, text: string): string {
  return hash('sha256', `${id}\n${text}`, 'hex').slice(0, DIGEST_CHARACTERS);
}
