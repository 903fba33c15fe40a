import type { FeedChange } from '../feed-change.ts';
import type { Append, Feeds } from '../feeds.port.ts';
import { type Feed, type FeedKey, feedBell } from '../model.ts';
import { appendTo } from '../rules/append.ts';
import { older } from '../rules/bell.ts';
import { changed } from '../rules/change.ts';
import { shapePage } from '../rules/mark.ts';
import { type ControlDatabase, isFeed, type Tx } from './database.ts';
import { feedColumns, feedOf, pageColumns, pageOf } from './rows.ts';
import { addDrift } from './schema-history.ts';
import { readMetadata, saveMetadata } from './shapes.ts';
import {
  findSnapshot,
  openSnapshots,
  queueRefresh,
  queueSnapshot,
  restartSnapshots,
  storeMark,
  storeSnapshot,
} from './snapshots.ts';

export function sqlFeeds(database: ControlDatabase): Feeds {
  return {
    async get(feed) {
      const rows = database.run((db) => db.selectFrom('feeds').selectAll().where(isFeed(feed)).execute());
      return (await rows).map(feedOf)[0] ?? null;
    },
    async of(organizationId) {
      const rows = database.run((db) =>
        db.selectFrom('feeds').selectAll().where('organizationId', '=', organizationId).orderBy('entity').execute(),
      );
      return (await rows).map(feedOf);
    },
    snapshots: (feed) => database.run((db) => openSnapshots(db, feed)),
    beginRead: (feed, owner) => database.transaction((tx) => beginRead(database, tx, feed, owner)),
    append: (append) => database.transaction((tx) => storeAppend(database, tx, append)),
    update: (feed, owner, change) => database.transaction((tx) => update(database, tx, feed, owner, change)),
    async pagesAfter(feed, number, limit) {
      const rows = database.run((db) =>
        db
          .selectFrom('pages')
          .selectAll()
          .where(isFeed(feed))
          .where('number', '>', number)
          .orderBy('number')
          .offset(0)
          .fetch(limit)
          .execute(),
      );
      return (await rows).map(pageOf);
    },
    queueSnapshot: (feed, id, audience) =>
      database.transaction((tx) => queueSnapshot(database, tx, feed, id, audience)),
    queueRefresh: (feed, id) => database.transaction((tx) => queueRefresh(tx, feed, id)),
    metadata: (feed, shape) => database.run((db) => readMetadata(db, feed, shape)),
    saveMetadata: (feed, shape, metadata) =>
      database.transaction((tx) => saveMetadata(database, tx, feed, shape, metadata)),
  };
}

/** The feed and its bell, locked together, if the lease is the owner's. */
async function lockOwn(tx: Tx, feed: FeedKey, owner: string) {
  return tx
    .selectFrom('bells')
    .innerJoin('feeds', 'feeds.organizationId', 'bells.scope')
    .selectAll('feeds')
    .select(['bells.rung', 'bells.seen', 'bells.notifiedAt'])
    .where('bells.key', '=', feedBell(feed))
    .where('bells.owner', '=', owner)
    .where('feeds.entity', '=', feed.entity)
    .forUpdate()
    .executeTakeFirst();
}

async function beginRead(database: ControlDatabase, tx: Tx, feed: FeedKey, owner: string): Promise<boolean> {
  const row = await lockOwn(tx, feed, owner);
  if (!row) return false;
  const reading = { readingRung: row.rung, readingAt: older(row.readingAt, row.notifiedAt) };
  await tx.updateTable('feeds').set(reading).where(isFeed(feed)).execute();
  const bell = { notifiedAt: null, leaseUntil: database.leaseEnd() };
  await tx.updateTable('bells').set(bell).where('key', '=', feedBell(feed)).execute();
  return true;
}

async function storeAppend(database: ControlDatabase, tx: Tx, append: Append): Promise<Feed | null> {
  const row = await lockOwn(tx, append, append.owner);
  if (!row) return null;
  const snapshot = append.snapshot ? await findSnapshot(tx, append, append.snapshot.id) : null;
  const reading = { rung: row.readingRung, at: row.readingAt };
  const appended = appendTo({ feed: feedOf(row), reading, bell: row, snapshot }, append);
  if (!appended) return null;
  const { organizationId, entity } = append;
  if (appended.page) {
    const appendedAt = database.now();
    await tx
      .insertInto('pages')
      .values({ ...pageColumns(appended.page), organizationId, entity, appendedAt })
      .execute();
  }
  await tx
    .updateTable('feeds')
    .set({
      ...feedColumns(appended.feed),
      readingRung: appended.reading.rung,
      readingAt: appended.reading.at,
      lookedAt: append.complete ? database.now() : row.lookedAt,
    })
    .where(isFeed(append))
    .execute();
  const bell = { seen: appended.seen, leaseUntil: database.leaseEnd() };
  await tx.updateTable('bells').set(bell).where('key', '=', feedBell(append)).execute();
  if (appended.snapshot) await storeSnapshot(tx, appended.snapshot);
  return appended.feed;
}

async function update(
  database: ControlDatabase,
  tx: Tx,
  feed: FeedKey,
  owner: string,
  { cursor, restartSnapshots: restart = false, mark, drift = [], tracked, ...rest }: FeedChange,
): Promise<boolean> {
  const row = await lockOwn(tx, feed, owner);
  if (!row) return false;
  const next = changed<Feed>(feedOf(row), { ...cursor, ...rest });
  const page = mark === undefined ? null : shapePage(next, next.shape, mark);
  const moved = page ? { head: page.number, tail: page.id } : {};
  await tx
    .updateTable('feeds')
    .set({ ...feedColumns({ ...next, ...moved }), ...(tracked === undefined ? {} : { tracked, wholeAt: null }) })
    .where(isFeed(feed))
    .execute();
  if (page) await storeMark(database, tx, feed, page);
  await addDrift(database, tx, feed, drift);
  const bell = { leaseUntil: database.leaseEnd() };
  await tx.updateTable('bells').set(bell).where('key', '=', feedBell(feed)).execute();
  if (restart) await restartSnapshots(tx, feed);
  return true;
}
