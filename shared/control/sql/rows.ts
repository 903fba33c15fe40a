import type { Insertable, Selectable } from 'kysely';
import type { Feed, Page, PageBody, Profile, Snapshot, Subscription, Trouble } from '../model.ts';
import type { FeedTable, PageTable, ProfileTable, SnapshotTable, SubscriptionTable } from './schema.ts';

/** Between the rows of the tables and the words of the ports. What `json` columns hold was written here, so it is trusted. */
export const json = (value: unknown): string => JSON.stringify(value);
export const jsonOrNull = (value: unknown): string | null => (value === null ? null : json(value));
const parsed = <T>(text: string): T => JSON.parse(text) as T;
const parsedOrNull = <T>(text: string | null): T | null => (text === null ? null : parsed<T>(text));

export function feedOf(
  row: Omit<Selectable<FeedTable>, 'passed' | 'registered' | 'lookedAt' | 'wholeAt' | 'tracked'>,
): Feed {
  const { organizationId, entity, head, tail, token, nextLink, keysLink, keysNeedColumns, givenUp, readPast, quiet } =
    row;
  const { metadataVersion, shape, slotAt } = row;
  const slot = slotAt === null ? null : { at: slotAt, for: row.slotFor };
  const cursor = { head, tail, token, nextLink, keysLink, keysNeedColumns, givenUp, readPast, metadataVersion, shape };
  return { organizationId, entity, ...cursor, slot, quiet, trouble: parsedOrNull(row.trouble) };
}

export function feedColumns({ slot, trouble, ...same }: Feed) {
  return { ...same, slotAt: slot?.at ?? null, slotFor: slot?.for ?? null, trouble: jsonOrNull(trouble) };
}

export function pageOf(row: Selectable<PageTable>): Page {
  const { organizationId, entity, body, blob, sha256, appendedAt, passedAt, ...header } = row;
  return { ...header, body: bodyOf(row) };
}

export function pageColumns(page: Page): Omit<Insertable<PageTable>, 'organizationId' | 'entity' | 'appendedAt'> {
  const { body, ...header } = page;
  const place = 'blob' in body ? { ...body, body: null } : { body: body.text, blob: null, sha256: null };
  return { ...header, ...place, passedAt: null };
}

function bodyOf({ body, blob, sha256 }: Selectable<PageTable>): PageBody {
  return blob !== null && sha256 !== null ? { blob, sha256 } : { text: body ?? '' };
}

export function snapshotOf({ sequence, ...snapshot }: Selectable<SnapshotTable>): Snapshot {
  return snapshot;
}

export function profileOf(row: Selectable<ProfileTable>): Profile {
  const { id, state, intent, retryAt, createdAt, modifiedAt, activatedAt } = row;
  return {
    id,
    settings: parsed(row.settings),
    state,
    intent,
    origin: parsedOrNull(row.origin),
    trouble: parsedOrNull(row.trouble),
    breaker: parsedOrNull(row.breaker),
    retryAt,
    createdAt,
    modifiedAt,
    activatedAt,
  };
}

export function profileColumns(profile: Profile): Omit<Insertable<ProfileTable>, 'lookedAt'> {
  const { settings, origin, trouble, breaker, ...same } = profile;
  return {
    ...same,
    organizationId: settings.organizationId,
    nameKey: nameKey(settings.name),
    settings: json(settings),
    origin: jsonOrNull(origin),
    trouble: jsonOrNull(trouble),
    breaker: jsonOrNull(breaker),
    probeAt: breaker?.probeAt ?? null,
  };
}

export const troubleOf = (text: string | null): Trouble | null => parsedOrNull(text);

export const nameKey = (name: string): string => name.toLowerCase();

export function subscriptionOf({ counters, pace, ...row }: Selectable<SubscriptionTable>): Subscription {
  return { ...row, counters: parsed(counters), pace: parsedOrNull(pace) };
}
