import type { Breaker, Feed, FeedKey, Profile, Subscribed, Subscription } from './model.ts';

/** Profiles and their parts in feeds. Errors: CONTROL_UNAVAILABLE (retry). */
export interface Profiles {
  /** False when the organization has a profile of that name already (letter case does not count). */
  create(profile: Profile): Promise<boolean>;
  get(id: string): Promise<Profile | null>;
  /** All profiles of these organizations, by name. */
  list(organizationIds: readonly string[]): Promise<Profile[]>;
  /** Ids of all organizations that have profiles, whether they are served or not. */
  organizations(): Promise<string[]>;
  /** False when there is no such profile, it carries another intent than the one expected, or its new name is taken. */
  update(id: string, change: ProfileChange, expected?: Pick<Profile, 'intent'>): Promise<boolean>;
  /** Removes the profile, its subscriptions and bell; feeds that nobody subscribes to any more go with their pages. Answers with the pages' blobs. */
  remove(id: string): Promise<string[]>;
  /**
   * Makes the feed if it is new, its bell, and the subscription, which starts nowhere: applying finds no position and asks
   * for a snapshot. Safe to repeat. Nothing happens when the profile is gone, or carries another intent than the one expected.
   */
  subscribe(profileId: string, feed: FeedKey, known: KnownShape, expected?: Pick<Profile, 'intent'>): Promise<void>;
  /**
   * Ends a subscription; a feed that nobody subscribes to any more goes with its pages. Answers with the pages' blobs. Safe to
   * repeat. Nothing happens when the profile carries another intent than the one expected.
   */
  leave(profileId: string, feed: FeedKey, expected?: Pick<Profile, 'intent'>): Promise<string[]>;
  subscriptions(profileId: string): Promise<Subscribed[]>;
  /** Makes the tables of these entities stand still, or go on. */
  pause(profileId: string, entities: readonly string[], paused: boolean): Promise<void>;
  /**
   * What a worker knows after a commit. False, and nothing is noted, without a subscription, and when `snapshotId` names a snapshot
   * that is gone: whoever queued it was overtaken, perhaps by another subscription of the same entity.
   */
  report(profileId: string, entity: string, report: Report): Promise<boolean>;
  /** Active profiles of a feed that is not paused for them and whose destination can be used: those that new pages concern. */
  listeners(feed: FeedKey): Promise<string[]>;
  /** Profiles that a sweep has to ring: behind, retries due, breaker to probe, or not looked at for `quietMs`. Counts them as looked at. */
  due(now: number, quietMs: number): Promise<string[]>;
}

/** What a new feed begins with. */
export type KnownShape = Pick<Feed, 'shape' | 'metadataVersion'>;

export type ProfileChange = Partial<
  Pick<Profile, 'settings' | 'state' | 'intent' | 'origin' | 'trouble' | 'retryAt' | 'activatedAt' | 'modifiedAt'>
> & {
  readonly breaker?: Breaker | null;
};

export type Report = Partial<
  Pick<Subscription, 'page' | 'number' | 'counters' | 'shape' | 'snapshotId' | 'lastExportAt' | 'lagMs' | 'pace'>
>;
