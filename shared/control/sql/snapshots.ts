import type { Feeds } from '../feeds.port.ts';
import { type FeedKey, feedBell, type Page, SNAPSHOTS_FOR_ALL, type Snapshot } from '../model.ts';
import { markPage } from '../rules/mark.ts';
import { mayWait } from '../rules/snapshots-for-all.ts';
import { type ControlDatabase, isFeed, type Tables, type Tx } from './database.ts';
import { feedOf, pageColumns, snapshotOf } from './rows.ts';

export async function openSnapshots(db: Tables, feed: FeedKey): ReturnType<Feeds['snapshots']> {
  const open = await db
    .selectFrom('snapshots')
    .selectAll()
    .where(isFeed(feed))
    .where('endNumber', 'is', null)
    .orderBy('sequence')
    .execute();
  if (open.length === 0) return [];
  const active = await activeSubscribers(db, feed);
  const answers = open.map(snapshotOf).map(async (snapshot) => {
    const addressed = active.filter(({ profileId }) => (snapshot.audience ?? profileId) === profileId);
    const fastest = Math.max(0, ...addressed.map((subscription) => subscription.number));
    return {
      snapshot,
      unapplied: await pagesBeyond(db, snapshot.id, fastest),
      audience: addressed.map((subscription) => subscription.profileId),
      waits: mayWait(snapshot) && (await underWay(db, snapshot.organizationId)) >= SNAPSHOTS_FOR_ALL,
    };
  });
  return Promise.all(answers);
}

/** Those that somebody will take to their end. */
async function underWay(db: Tables, organizationId: string): Promise<number> {
  const { snapshots } = await db
    .selectFrom('snapshots')
    .select((eb) => eb.fn.countAll<number>().as('snapshots'))
    .where('organizationId', '=', organizationId)
    .where('audience', 'is', null)
    .where('started', '=', true)
    .where('endNumber', 'is', null)
    .where((eb) =>
      eb.exists(
        eb
          .selectFrom('subscriptions')
          .innerJoin('profiles', 'profiles.id', 'subscriptions.profileId')
          .select('profiles.id')
          .whereRef('subscriptions.organizationId', '=', 'snapshots.organizationId')
          .whereRef('subscriptions.entity', '=', 'snapshots.entity')
          .where('subscriptions.paused', '=', false)
          .where('profiles.state', '=', 'active')
          .where('profiles.breaker', 'is', null),
      ),
    )
    .executeTakeFirstOrThrow();
  return snapshots;
}

async function activeSubscribers(db: Tables, { organizationId, entity }: FeedKey) {
  return db
    .selectFrom('subscriptions')
    .innerJoin('profiles', 'profiles.id', 'subscriptions.profileId')
    .select(['profileId', 'number'])
    .where('subscriptions.organizationId', '=', organizationId)
    .where('entity', '=', entity)
    .where('paused', '=', false)
    .where('state', '=', 'active')
    .orderBy('profileId')
    .execute();
}

async function pagesBeyond(db: Tables, snapshotId: string, number: number): Promise<number> {
  const { pages } = await db
    .selectFrom('pages')
    .select((eb) => eb.fn.countAll<number>().as('pages'))
    .where('snapshotId', '=', snapshotId)
    .where('number', '>', number)
    .executeTakeFirstOrThrow();
  return pages;
}

export async function findSnapshot(tx: Tx, feed: FeedKey, id: string): Promise<Snapshot | null> {
  const rows = await tx.selectFrom('snapshots').selectAll().where(isFeed(feed)).where('id', '=', id).execute();
  return rows.map(snapshotOf)[0] ?? null;
}

export async function storeSnapshot(tx: Tx, { id, link, started, endNumber, rows }: Snapshot): Promise<void> {
  await tx.updateTable('snapshots').set({ link, started, endNumber, rows }).where('id', '=', id).execute();
}

/** Nothing is stored when the feed is gone. */
export async function queueSnapshot(
  database: ControlDatabase,
  tx: Tx,
  { organizationId, entity }: FeedKey,
  id: string,
  audience: string | null,
): Promise<Snapshot> {
  const feed = { organizationId, entity };
  const row = await lockFeed(tx, feed);
  const queued = row && (await findSnapshot(tx, feed, id));
  if (queued) return queued;
  const mark = row && markPage(feedOf(row), id, audience);
  const snapshot = { ...feed, id, audience, mark: mark?.number ?? 0, refresh: false, ...UNREAD };
  if (!mark) return snapshot;
  await tx
    .deleteFrom('snapshots')
    .where(isFeed(feed))
    .where('endNumber', 'is', null)
    .where('audience', audience === null ? 'is' : '=', audience)
    .execute();
  await tx.insertInto('snapshots').values(snapshot).execute();
  await storeMark(database, tx, feed, mark);
  await tx.updateTable('feeds').set({ head: mark.number, tail: mark.id }).where(isFeed(feed)).execute();
  return snapshot;
}

const UNREAD = { link: null, started: false, endNumber: null, rows: 0 };

/** The bell is what every change of a feed locks first. */
async function lockFeed(tx: Tx, feed: FeedKey) {
  await tx.selectFrom('bells').select('key').where('key', '=', feedBell(feed)).forUpdate().execute();
  return tx.selectFrom('feeds').selectAll().where(isFeed(feed)).executeTakeFirst();
}

/** A page without entries that marks something; read by nobody, and so at this moment. */
export async function storeMark(
  database: ControlDatabase,
  tx: Tx,
  { organizationId, entity }: FeedKey,
  mark: Page,
): Promise<void> {
  const now = database.now();
  await tx
    .insertInto('pages')
    .values({ ...pageColumns(mark), organizationId, entity, readAt: now, appendedAt: now })
    .execute();
}

/** False when the feed is gone, or a snapshot for all is open: it brings the same, and more. */
export async function queueRefresh(tx: Tx, { organizationId, entity }: FeedKey, id: string): Promise<boolean> {
  const feed = { organizationId, entity };
  const row = await lockFeed(tx, feed);
  const open = tx.selectFrom('snapshots').select('id').where(isFeed(feed)).where('endNumber', 'is', null);
  if (!row || (await open.where('audience', 'is', null).execute()).length > 0) return false;
  const refresh = { ...feed, id, audience: null, mark: row.head, refresh: true, ...UNREAD };
  await tx.insertInto('snapshots').values(refresh).execute();
  return true;
}

export async function restartSnapshots(tx: Tx, feed: FeedKey): Promise<void> {
  const anew = { link: null, started: false, rows: 0 };
  await tx.updateTable('snapshots').set(anew).where(isFeed(feed)).where('endNumber', 'is', null).execute();
}
