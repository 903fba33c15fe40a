import type { Trouble } from '../../control/model.ts';
import type { ComparisonState } from './comparison.ts';
import type { RangeJson } from './key-ranges.ts';

/** A reconciliation as the control database keeps it between its steps: plain data. */
export interface Work {
  readonly heal: boolean;
  readonly trigger: 'request' | 'schedule';
  readonly endedAt: number | null;
  /** Why it ended before its time. */
  readonly trouble: Trouble | null;
  /** Steps in a row that met something that passes by itself. */
  readonly faults: number;
  readonly entities: readonly EntityWork[];
}

export interface EntityWork {
  readonly entity: string;
  readonly state: 'waiting' | 'comparing' | 'equal' | 'different' | 'skipped';
  /** Why it was skipped, or what is wrong with the table as a whole. */
  readonly reason: string | null;
  /** While it is compared. */
  readonly progress: Progress | null;
  readonly found: Found | null;
  /** A resync was queued for it. */
  readonly healed: boolean;
}

export interface Progress {
  /** The definition by which both sides are read. */
  readonly shape: string;
  readonly phase: Phase;
  /** The next page of the organization's rows. */
  readonly link: string | null;
  /** The last id looked at in the destination. */
  readonly after: string | null;
  /** The key ranges that hold other ids than the rows showed. */
  readonly ranges: readonly number[];
  readonly comparison: ComparisonState;
  readonly look: Look | null;
  readonly confirmed: Confirmed;
  readonly unsettled: number;
}

/**
 * rows: the organization's rows, page by page, each beside those of the destination. ids: the destination's ids, counted.
 * extras: the ids of ranges that hold others than the rows showed. walked: all of it is done, but for what has to be looked at again.
 */
export type Phase = 'rows' | 'ids' | 'extras' | 'walked';

/** A further look at what differed. */
export interface Look {
  /** When the first of them began, ms. */
  readonly since: number;
  /** When the feed was rung for this one, ms, and its count of rings then. */
  readonly rungAt: number;
  readonly rung: number;
}

export type DifferenceKind = 'missing' | 'extra' | 'different';

export interface Difference {
  readonly id: string;
  readonly kind: DifferenceKind;
  /** The columns that differ. */
  readonly columns: readonly string[];
  /** The destination refused the record: it waits as a retry or is a failed one, and the API tells of it elsewhere. */
  readonly refused: boolean;
}

export interface Confirmed {
  readonly counts: Readonly<Record<DifferenceKind, number>>;
  /** Of them, records that the destination refused. */
  readonly refused: number;
  /** The first of them. */
  readonly listed: readonly Difference[];
}

export interface Found {
  readonly source: SideTotal;
  readonly destination: SideTotal;
  readonly ranges: number;
  /** Those whose counts or checksums differ. */
  readonly differing: readonly RangeJson[];
  readonly confirmed: Confirmed;
  /** Records that changed all the while, so that nothing can be said of them. */
  readonly unsettled: number;
  /** False: there was so much that the rest was not looked at. */
  readonly complete: boolean;
}

export interface SideTotal {
  readonly rows: number;
  readonly checksum: string;
}

export const NOTHING_CONFIRMED: Confirmed = { counts: { missing: 0, extra: 0, different: 0 }, refused: 0, listed: [] };

export function newWork(entities: readonly string[], heal: boolean, trigger: Work['trigger']): Work {
  return {
    heal,
    trigger,
    endedAt: null,
    trouble: null,
    faults: 0,
    entities: entities.map((entity) => ({
      entity,
      state: 'waiting',
      reason: null,
      progress: null,
      found: null,
      healed: false,
    })),
  };
}

export function confirmedTotal({ counts }: Confirmed): number {
  return counts.missing + counts.extra + counts.different;
}
