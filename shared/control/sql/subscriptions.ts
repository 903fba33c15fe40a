import { type FeedKey, feedBell, type Profile, type Subscribed } from '../model.ts';
import type { KnownShape, Report } from '../profiles.port.ts';
import { said } from '../rules/change.ts';
import { NOWHERE } from '../rules/position.ts';
import { newBell } from './bells.ts';
import { isFeed, type Tables, type Tx } from './database.ts';
import { ensureOrganization } from './organizations.ts';
import { lockProfile } from './remove.ts';
import { json, subscriptionOf, troubleOf } from './rows.ts';

export async function subscribe(
  tx: Tx,
  profileId: string,
  { organizationId, entity }: FeedKey,
  known: KnownShape,
  expected?: Pick<Profile, 'intent'>,
): Promise<void> {
  const profile = await lockProfile(tx, profileId);
  if (!profile || (expected && profile.intent !== expected.intent)) return;
  await ensureFeed(tx, { organizationId, entity }, known);
  const joined = tx.selectFrom('subscriptions').select('page').where('profileId', '=', profileId);
  if ((await joined.where('entity', '=', entity).execute()).length > 0) return;
  const position = { ...NOWHERE, counters: json(NOWHERE.counters) };
  await tx
    .insertInto('subscriptions')
    .values({ profileId, organizationId, entity, ...position })
    .execute();
}

/** Makes feed and bell, or locks the feed, lest it is removed with its last subscriber while another joins. */
async function ensureFeed(
  tx: Tx,
  { organizationId, entity }: FeedKey,
  { shape, metadataVersion }: KnownShape,
): Promise<void> {
  const feed = tx.selectFrom('feeds').select('head').where(isFeed({ organizationId, entity })).forUpdate();
  if ((await feed.execute()).length > 0) return;
  await ensureOrganization(tx, organizationId);
  await tx
    .insertInto('feeds')
    .values({
      organizationId,
      entity,
      head: 0,
      tail: 'start',
      keysNeedColumns: false,
      shape,
      metadataVersion,
      quiet: 0,
    })
    .execute();
  await tx
    .insertInto('bells')
    .values(newBell(feedBell({ organizationId, entity }), organizationId))
    .execute();
}

export async function subscriptions(db: Tables, profileId: string): Promise<Subscribed[]> {
  const rows = await db
    .selectFrom('subscriptions')
    .innerJoin('feeds', (join) =>
      join
        .onRef('feeds.organizationId', '=', 'subscriptions.organizationId')
        .onRef('feeds.entity', '=', 'subscriptions.entity'),
    )
    .leftJoin('snapshots', (join) =>
      join
        .onRef('snapshots.id', '=', 'subscriptions.snapshotId')
        .onRef('snapshots.organizationId', '=', 'subscriptions.organizationId')
        .onRef('snapshots.entity', '=', 'subscriptions.entity'),
    )
    .selectAll('subscriptions')
    .select([
      'feeds.head',
      'feeds.tail',
      'feeds.tracked',
      'feeds.trouble',
      'snapshots.endNumber as snapshotEnd',
      'snapshots.rows as snapshotRows',
    ])
    .where('profileId', '=', profileId)
    .orderBy('subscriptions.entity')
    .execute();
  return rows.map(({ head, tail, tracked, trouble, snapshotEnd, snapshotRows, ...row }) => ({
    ...subscriptionOf(row),
    head,
    tail,
    tracked,
    feedTrouble: troubleOf(trouble),
    snapshotEnd,
    snapshotRows,
  }));
}

export async function report(db: Tables, profileId: string, entity: string, known: Report): Promise<boolean> {
  const { counters, pace, ...same } = known;
  const columns = said({ ...same, counters: counters && json(counters), pace: pace && json(pace) });
  if (Object.keys(columns).length === 0) return true;
  const { snapshotId } = known;
  const reported = db
    .updateTable('subscriptions')
    .set(columns)
    .where('profileId', '=', profileId)
    .where('entity', '=', entity);
  const standing = (snapshot: string) =>
    reported.where(({ exists, selectFrom }) =>
      exists(
        selectFrom('snapshots')
          .select('snapshots.id')
          .where('snapshots.id', '=', snapshot)
          .whereRef('snapshots.organizationId', '=', 'subscriptions.organizationId')
          .whereRef('snapshots.entity', '=', 'subscriptions.entity'),
      ),
    );
  const { numUpdatedRows } = await (snapshotId ? standing(snapshotId) : reported).executeTakeFirst();
  return numUpdatedRows > 0n;
}

export async function pause(
  db: Tables,
  profileId: string,
  entities: readonly string[],
  paused: boolean,
): Promise<void> {
  if (entities.length === 0) return;
  await db
    .updateTable('subscriptions')
    .set({ paused })
    .where('profileId', '=', profileId)
    .where('entity', 'in', entities)
    .execute();
}

export async function listeners(db: Tables, { organizationId, entity }: FeedKey): Promise<string[]> {
  const rows = await db
    .selectFrom('subscriptions')
    .innerJoin('profiles', 'profiles.id', 'subscriptions.profileId')
    .select('profileId')
    .where('subscriptions.organizationId', '=', organizationId)
    .where('entity', '=', entity)
    .where('paused', '=', false)
    .where('state', '=', 'active')
    .where('breaker', 'is', null)
    .orderBy('profileId')
    .execute();
  return rows.map((row) => row.profileId);
}
