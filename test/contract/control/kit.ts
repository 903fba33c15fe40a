import type { Append } from '../../../shared/control/feeds.port.ts';
import { type Feed, type FeedKey, feedBell, type Page, type Profile } from '../../../shared/control/model.ts';
import type { Control } from '../../../shared/control/port.ts';
import type { KnownShape } from '../../../shared/control/profiles.port.ts';
import type { EntityMetadata } from '../../../shared/dataverse/metadata.ts';

/** A control database that holds nothing yet, and the clock by which its leases and ages go. */
export interface ControlUnderTest {
  readonly control: Control;
  now(): number;
  advance(ms: number): void;
}

export type MakeControl = () => Promise<ControlUnderTest>;

export const ACCOUNTS: FeedKey = { organizationId: 'contoso', entity: 'account' };
export const CONTACTS: FeedKey = { organizationId: 'contoso', entity: 'contact' };
export const ACCOUNT_BELL = feedBell(ACCOUNTS);

export function profile(id: string, more: Partial<Profile> = {}): Profile {
  return {
    id,
    settings: settings(`Profile ${id}`),
    state: 'active',
    intent: null,
    origin: null,
    trouble: null,
    breaker: null,
    retryAt: null,
    createdAt: 1_000,
    modifiedAt: 1_000,
    activatedAt: null,
    ...more,
  };
}

export function settings(name: string, organizationId = 'contoso'): Profile['settings'] {
  return {
    name,
    organizationId,
    entities: [{ entity: 'account', settings: { deleteBehavior: 'delete', label: 'Kontö "1"' } }],
    destinationType: 'PostgreSQL',
    keyVaultUri: 'https://vault.example/secrets/destination',
    prefix: 'crm',
    schema: 'dbo',
    retry: { maxCount: 12, intervalS: 5, backoff: 'none' },
    writeDeleteLog: true,
  };
}

/** A shape of which nobody knows the organization's metadata version. */
export const known = (shape: string): KnownShape => ({ shape, metadataVersion: null });

/** Makes active profiles that all subscribe to the feed. */
export async function join(control: Control, ids: readonly string[], feed: FeedKey = ACCOUNTS): Promise<void> {
  for (const id of ids) {
    await control.profiles.create(profile(id));
    await control.profiles.subscribe(id, feed, known('shape-1'));
  }
}

/** One profile, one feed, and the feed's lease taken by `owner`. */
export async function readableFeed(control: Control, owner = 'reader', feed: FeedKey = ACCOUNTS): Promise<Feed> {
  await join(control, ['p1'], feed);
  await control.bells.answer(feedBell(feed), owner);
  return feedNow(control, feed);
}

export async function feedNow(control: Control, key: FeedKey = ACCOUNTS): Promise<Feed> {
  const feed = await control.feeds.get(key);
  if (!feed) throw new Error(`there is no feed of ${key.entity}`);
  return feed;
}

export function page(id: string, more: Partial<Page> = {}): NonNullable<Append['page']> {
  return {
    id,
    shape: 'shape-1',
    audience: null,
    snapshotId: null,
    begins: false,
    ends: false,
    readAt: 1_234,
    entries: 1,
    bytes: 9,
    body: { text: '{"a":"ü"}' },
    ...more,
  };
}

/** What a read appends to the feed as it stands; a page with one entry unless told otherwise. */
export function appendOf(feed: Feed, more: Partial<Append> = {}): Append {
  const { organizationId, entity } = feed;
  const id = `page-${feed.head + 1}`;
  return {
    organizationId,
    entity,
    owner: 'reader',
    expected: feed,
    page: page(id),
    cursor: { token: `token-${feed.head + 1}` },
    complete: true,
    ...more,
  };
}

/** Appends that must succeed, one page each. */
export async function appendPages(control: Control, count: number, more: Partial<Append> = {}): Promise<Feed> {
  let feed = await feedNow(control);
  for (let n = 0; n < count; n++) feed = await mustAppend(control, appendOf(feed, more));
  return feed;
}

export async function mustAppend(control: Control, append: Append): Promise<Feed> {
  const feed = await control.feeds.append(append);
  if (!feed) throw new Error('the append was overtaken');
  return feed;
}

export function entity(logicalName: string, displayName = logicalName): EntityMetadata {
  return {
    logicalName,
    schemaName: logicalName,
    displayName,
    entitySetName: `${logicalName}s`,
    objectTypeCode: 1,
    primaryIdAttribute: `${logicalName}id`,
    primaryNameAttribute: 'name',
    isIntersect: false,
    isActivity: false,
    changeTracking: true,
    attributes: [],
    manyToMany: [],
    manyToOne: [],
    oneToMany: [],
  };
}
