import {
  type BellKey,
  type FeedKey,
  feedBell,
  type Profile,
  profileBell,
  type Subscribed,
  type Subscription,
} from '../model.ts';
import type { KnownShape, Profiles } from '../profiles.port.ts';
import { changed } from '../rules/change.ts';
import { NOWHERE } from '../rules/position.ts';
import {
  type AtOnce,
  type FeedRow,
  type Memory,
  newBell,
  type ProfileRow,
  subscribers,
  subscriptionKey,
} from './state.ts';

export function memoryProfiles(memory: Memory): AtOnce<Profiles> {
  return {
    create(profile) {
      if (memory.state.profiles.has(profile.id) || nameTaken(memory, profile)) return false;
      memory.state.profiles.set(profile.id, { profile, lookedAt: null });
      memory.state.bells.set(profileBell(profile.id), newBell(null));
      return true;
    },
    get: (id) => memory.state.profiles.get(id)?.profile ?? null,
    list: (organizationIds) =>
      [...memory.state.profiles.values()]
        .map((row) => row.profile)
        .filter((profile) => organizationIds.includes(profile.settings.organizationId))
        .sort(byName),
    organizations: () =>
      [...new Set([...memory.state.profiles.values()].map(({ profile }) => profile.settings.organizationId))].sort(),
    update(id, change, expected) {
      const row = memory.state.profiles.get(id);
      if (!row || (expected && row.profile.intent !== expected.intent)) return false;
      const profile = changed<Profile>(row.profile, change);
      if (nameTaken(memory, profile)) return false;
      memory.state.profiles.set(id, { ...row, profile });
      return true;
    },
    remove: (id) => remove(memory, id),
    subscribe(profileId, { organizationId, entity }, known, expected) {
      const profile = memory.state.profiles.get(profileId)?.profile;
      if (!profile || (expected && profile.intent !== expected.intent)) return;
      const key = feedBell({ organizationId, entity });
      if (!memory.state.feeds.has(key)) {
        memory.state.feeds.set(key, newFeed({ organizationId, entity }, known));
        memory.state.bells.set(key, newBell(organizationId));
      }
      const subscription = subscriptionKey(profileId, entity);
      if (memory.state.subscriptions.has(subscription)) return;
      memory.state.subscriptions.set(subscription, { organizationId, entity, profileId, ...NOWHERE });
    },
    leave(profileId, feed, expected) {
      if (expected && memory.state.profiles.get(profileId)?.profile.intent !== expected.intent) return [];
      if (!memory.state.subscriptions.delete(subscriptionKey(profileId, feed.entity))) return [];
      endSnapshotsOf(memory, profileId, [feedBell(feed)]);
      return dropUnused(memory, feed);
    },
    pause(profileId, entities, paused) {
      for (const entity of entities) {
        const key = subscriptionKey(profileId, entity);
        const subscription = memory.state.subscriptions.get(key);
        if (subscription) memory.state.subscriptions.set(key, { ...subscription, paused });
      }
    },
    subscriptions: (profileId) =>
      subscriptionsOf(memory, profileId)
        .map((subscription) => subscribed(memory, subscription))
        .sort((a, b) => (a.entity < b.entity ? -1 : 1)),
    report(profileId, entity, report) {
      const key = subscriptionKey(profileId, entity);
      const subscription = memory.state.subscriptions.get(key);
      if (!subscription || !stands(memory, subscription, report.snapshotId)) return false;
      memory.state.subscriptions.set(key, changed<Subscription>(subscription, report));
      return true;
    },
    listeners: (feed) =>
      subscribers(memory, feed)
        .filter((subscription) => isListening(memory, subscription))
        .map((subscription) => subscription.profileId)
        .sort(),
    due(now, quietMs) {
      const rows = [...memory.state.profiles.values()].filter((row) => isDue(memory, row, now, quietMs));
      for (const row of rows) memory.state.profiles.set(row.profile.id, { ...row, lookedAt: now });
      return rows.map((row) => row.profile.id).sort();
    },
  };
}

function stands({ state }: Memory, feed: FeedKey, snapshotId: string | null | undefined): boolean {
  if (snapshotId === undefined || snapshotId === null) return true;
  return state.feeds.get(feedBell(feed))?.snapshots.some(({ id }) => id === snapshotId) ?? false;
}

/** Not paused, of an active profile whose destination can be used. */
export function isListening(memory: Memory, { profileId, paused }: Subscription): boolean {
  const profile = memory.state.profiles.get(profileId)?.profile;
  return !paused && profile?.state === 'active' && profile.breaker === null;
}

function nameTaken({ state }: Memory, { id, settings }: Profile): boolean {
  return [...state.profiles.values()].some(
    ({ profile }) =>
      profile.id !== id &&
      profile.settings.organizationId === settings.organizationId &&
      profile.settings.name.toLowerCase() === settings.name.toLowerCase(),
  );
}

function byName(a: Profile, b: Profile): number {
  const [first, second] = [a.settings.name.toLowerCase(), b.settings.name.toLowerCase()];
  if (first === second) return a.id < b.id ? -1 : 1;
  return first < second ? -1 : 1;
}

function newFeed({ organizationId, entity }: FeedKey, { shape, metadataVersion }: KnownShape): FeedRow {
  return {
    feed: {
      organizationId,
      entity,
      head: 0,
      tail: 'start',
      token: null,
      nextLink: null,
      keysLink: null,
      keysNeedColumns: false,
      givenUp: null,
      readPast: null,
      metadataVersion,
      shape,
      slot: null,
      quiet: 0,
      trouble: null,
    },
    reading: { rung: null, at: null },
    lookedAt: null,
    registered: true,
    wholeAt: null,
    tracked: true,
    history: [],
    pages: [],
    snapshots: [],
  };
}

function remove(memory: Memory, id: string): string[] {
  const { state } = memory;
  const joined = subscriptionsOf(memory, id);
  for (const { entity } of joined) state.subscriptions.delete(subscriptionKey(id, entity));
  state.profiles.delete(id);
  state.reconciliations.delete(id);
  state.bells.delete(profileBell(id));
  endSnapshotsOf(memory, id, [...state.feeds.keys()]);
  return joined.flatMap((feed) => dropUnused(memory, feed));
}

function endSnapshotsOf({ state }: Memory, profileId: string, feeds: readonly BellKey[]): void {
  for (const key of feeds) {
    const row = state.feeds.get(key);
    const snapshots = row?.snapshots.filter(({ audience, endNumber }) => audience !== profileId || endNumber !== null);
    if (row && snapshots) state.feeds.set(key, { ...row, snapshots });
  }
}

/** The blobs of the feed's pages when nobody subscribes to it any more. */
function dropUnused(memory: Memory, feed: FeedKey): string[] {
  const row = memory.state.feeds.get(feedBell(feed));
  return row && subscribers(memory, feed).length === 0 ? dropFeed(memory, feedBell(feed), row) : [];
}

function dropFeed({ state }: Memory, key: BellKey, row: FeedRow): string[] {
  state.feeds.delete(key);
  state.shapes.delete(key);
  state.bells.delete(key);
  return row.pages.flatMap(({ page }) => ('blob' in page.body ? [page.body.blob] : []));
}

function subscriptionsOf({ state }: Memory, profileId: string): Subscription[] {
  return [...state.subscriptions.values()].filter((subscription) => subscription.profileId === profileId);
}

function subscribed({ state }: Memory, subscription: Subscription): Subscribed {
  const row = state.feeds.get(feedBell(subscription));
  const snapshot = row?.snapshots.find(({ id }) => id === subscription.snapshotId);
  return {
    ...subscription,
    head: row?.feed.head ?? 0,
    tail: row?.feed.tail ?? 'start',
    tracked: row?.tracked ?? true,
    feedTrouble: row?.feed.trouble ?? null,
    snapshotEnd: snapshot?.endNumber ?? null,
    snapshotRows: snapshot?.rows ?? null,
  };
}

function isDue(memory: Memory, { profile, lookedAt }: ProfileRow, now: number, quietMs: number): boolean {
  if (profile.state !== 'active') return false;
  if (profile.breaker) return profile.breaker.probeAt <= now;
  if (profile.retryAt !== null && profile.retryAt <= now) return true;
  if (lookedAt === null || now - lookedAt >= quietMs) return true;
  return subscriptionsOf(memory, profile.id).some(
    (subscription) =>
      !subscription.paused && subscription.page !== memory.state.feeds.get(feedBell(subscription))?.feed.tail,
  );
}
