import type { EntityMetadata } from '../../dataverse/metadata.ts';
import type { Environment } from '../environment.ts';
import {
  type BellKey,
  type Feed,
  type FeedKey,
  feedBell,
  type Page,
  type Profile,
  type Snapshot,
  type Subscription,
} from '../model.ts';
import type { Kept } from '../operations.port.ts';
import type { Reconciliation } from '../reconciliations.port.ts';
import type { Reading } from '../rules/append.ts';
import type { Pace } from '../rules/pace.ts';
import type { Schedule } from '../schedules.port.ts';
import type { SchemaEvent } from '../schema-history.port.ts';

export interface Bell {
  /** The organization whose leases it counts among; null for a profile's bell. */
  readonly scope: string | null;
  readonly rung: number;
  readonly seen: number;
  readonly pendingAt: number | null;
  readonly owner: string | null;
  readonly leaseUntil: number;
  readonly starts: number;
  readonly notifiedAt: number | null;
}

export interface FeedRow {
  readonly feed: Feed;
  readonly reading: Reading;
  /** When it was last read to its end or swept; null: never. */
  readonly lookedAt: number | null;
  /** Notifications ring it. */
  readonly registered: boolean;
  /** When it is due to be read as a whole; null: not planned yet. */
  readonly wholeAt: number | null;
  readonly tracked: boolean;
  readonly history: readonly SchemaEvent[];
  /** In order of their numbers. */
  readonly pages: readonly PageRow[];
  /** In order of their queuing. */
  readonly snapshots: readonly Snapshot[];
}

export interface PageRow {
  readonly page: Page;
  readonly appendedAt: number;
  /** When `forget` first found that every position had passed it. */
  readonly passedAt: number | null;
}

export interface ShapeRow {
  readonly shape: string;
  readonly metadata: EntityMetadata;
  readonly savedAt: number;
}

export interface ProfileRow {
  readonly profile: Profile;
  readonly lookedAt: number | null;
}

/**
 * The whole control database. Rows are never changed but replaced, so a copy of the maps is a copy of everything.
 * Feeds and shapes are found by their bell's key, subscriptions by profile and entity.
 */
export interface MemoryState {
  readonly bells: Map<BellKey, Bell>;
  readonly feeds: Map<BellKey, FeedRow>;
  readonly shapes: Map<BellKey, readonly ShapeRow[]>;
  readonly profiles: Map<string, ProfileRow>;
  readonly subscriptions: Map<string, Subscription>;
  readonly organizations: Map<string, Pace>;
  /** By organization: who accepted the privacy terms. */
  readonly terms: Map<string, { readonly by: string; readonly at: number }>;
  readonly counters: Map<string, number>;
  /** By profile. */
  readonly reconciliations: Map<string, Reconciliation>;
  /** By project and id as it is compared. */
  readonly environments: Map<string, Environment>;
  readonly operations: Map<string, Kept>;
  readonly schedules: Map<string, Schedule>;
  /** By what is counted: the moments of the calls, the oldest first. */
  readonly calls: Map<string, readonly number[]>;
}

export function emptyState(): MemoryState {
  return {
    bells: new Map(),
    feeds: new Map(),
    shapes: new Map(),
    profiles: new Map(),
    subscriptions: new Map(),
    organizations: new Map(),
    terms: new Map(),
    counters: new Map(),
    reconciliations: new Map(),
    environments: new Map(),
    operations: new Map(),
    schedules: new Map(),
    calls: new Map(),
  };
}

export function copyOf(state: MemoryState): MemoryState {
  return {
    bells: new Map(state.bells),
    feeds: new Map(state.feeds),
    shapes: new Map(state.shapes),
    profiles: new Map(state.profiles),
    subscriptions: new Map(state.subscriptions),
    organizations: new Map(state.organizations),
    terms: new Map(state.terms),
    counters: new Map(state.counters),
    reconciliations: new Map(state.reconciliations),
    environments: new Map(state.environments),
    operations: new Map(state.operations),
    schedules: new Map(state.schedules),
    calls: new Map(state.calls),
  };
}

/** What the parts of the adapter share. `state` is replaced as a whole by a restore, so it is read anew by every operation. */
export interface Memory {
  state: MemoryState;
  now(): number;
}

/** A port whose methods answer at once: each call is one step, and so atomic. */
export type AtOnce<Port> = {
  readonly [Method in keyof Port]: Port[Method] extends (...args: infer Args) => Promise<infer Result>
    ? (...args: Args) => Result
    : never;
};

export const subscriptionKey = (profileId: string, entity: string): string => `${profileId}/${entity}`;

export function newBell(scope: string | null): Bell {
  return {
    scope,
    rung: 0,
    seen: 0,
    pendingAt: null,
    owner: null,
    leaseUntil: 0,
    starts: 0,
    notifiedAt: null,
  };
}

export function subscribers({ state }: Memory, feed: FeedKey): Subscription[] {
  const key = feedBell(feed);
  return [...state.subscriptions.values()].filter((subscription) => feedBell(subscription) === key);
}
