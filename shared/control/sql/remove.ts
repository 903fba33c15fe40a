import { type BellKey, type FeedKey, feedBell, type Profile, profileBell } from '../model.ts';
import { isFeed, type Tx } from './database.ts';

/**
 * Removes a profile with all that is its alone. The locks come in the order in which all take them: the profile, bells in
 * the order of their keys, feeds; so a worker of one of its feeds ends first or finds nothing left.
 */
export async function removeProfile(tx: Tx, id: string): Promise<string[]> {
  await lockProfile(tx, id);
  const joined = await tx
    .selectFrom('subscriptions')
    .select(['organizationId', 'entity'])
    .where('profileId', '=', id)
    .orderBy('organizationId')
    .orderBy('entity')
    .execute();
  await lockBells(tx, [profileBell(id), ...joined.map(feedBell)]);
  await tx.deleteFrom('subscriptions').where('profileId', '=', id).execute();
  await tx.deleteFrom('reconciliations').where('profileId', '=', id).execute();
  await tx.deleteFrom('profiles').where('id', '=', id).execute();
  await tx.deleteFrom('bells').where('key', '=', profileBell(id)).execute();
  await tx.deleteFrom('snapshots').where('audience', '=', id).where('endNumber', 'is', null).execute();
  const blobs: string[] = [];
  for (const feed of joined) if (await lockUnused(tx, feed)) blobs.push(...(await dropFeed(tx, feed)));
  return blobs;
}

/** Ends one subscription, with the feed when it was the last; locks in the same order. */
export async function leaveFeed(
  tx: Tx,
  id: string,
  feed: FeedKey,
  expected?: Pick<Profile, 'intent'>,
): Promise<string[]> {
  const profile = await lockProfile(tx, id);
  if (expected && profile?.intent !== expected.intent) return [];
  const joined = tx.selectFrom('subscriptions').select('entity').where('profileId', '=', id).where(isFeed(feed));
  if ((await joined.execute()).length === 0) return [];
  await lockBells(tx, [feedBell(feed)]);
  await tx.deleteFrom('subscriptions').where('profileId', '=', id).where(isFeed(feed)).execute();
  await tx
    .deleteFrom('snapshots')
    .where(isFeed(feed))
    .where('audience', '=', id)
    .where('endNumber', 'is', null)
    .execute();
  return (await lockUnused(tx, feed)) ? dropFeed(tx, feed) : [];
}

/** The first lock of all that changes who subscribes to what. */
export async function lockProfile(tx: Tx, id: string): Promise<Pick<Profile, 'intent'> | undefined> {
  return tx.selectFrom('profiles').select('intent').where('id', '=', id).forUpdate().executeTakeFirst();
}

async function lockBells(tx: Tx, keys: readonly BellKey[]): Promise<void> {
  await tx.selectFrom('bells').select('key').where('key', 'in', keys).orderBy('key').forUpdate().execute();
}

async function lockUnused(tx: Tx, feed: FeedKey): Promise<boolean> {
  await tx.selectFrom('feeds').select('head').where(isFeed(feed)).forUpdate().execute();
  const left = await tx.selectFrom('subscriptions').select('profileId').where(isFeed(feed)).execute();
  return left.length === 0;
}

async function dropFeed(tx: Tx, feed: FeedKey): Promise<string[]> {
  const rows = await tx.selectFrom('pages').select('blob').where(isFeed(feed)).where('blob', 'is not', null).execute();
  for (const table of ['pages', 'snapshots', 'shapes', 'schemaHistory', 'feeds'] as const) {
    await tx.deleteFrom(table).where(isFeed(feed)).execute();
  }
  await tx.deleteFrom('bells').where('key', '=', feedBell(feed)).execute();
  return rows.flatMap(({ blob }) => blob ?? []);
}
