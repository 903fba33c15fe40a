import { sql } from 'kysely';
import type { FeedKey } from '../model.ts';
import type { Retention } from '../retention.port.ts';
import { type ControlDatabase, isFeed, type Tables, type Tx } from './database.ts';

export function sqlRetention(database: ControlDatabase): Retention {
  return {
    async forget(passedMs, keepMs, limit) {
      await notePassed(database);
      const blobs = await database.transaction((tx) => forgetPages(database, tx, passedMs, keepMs, limit));
      await database.run((db) => forgetSnapshots(db));
      await database.run((db) => forgetUnaddressed(db));
      await database.run((db) => forgetShapes(database, db, passedMs));
      return blobs;
    },
    async named(blobs) {
      if (blobs.length === 0) return [];
      const rows = await database.run((db) =>
        db.selectFrom('pages').select('blob').where('blob', 'in', blobs).execute(),
      );
      const names = new Set(rows.map((row) => row.blob));
      return blobs.filter((blob) => names.has(blob));
    },
  };
}

type Mark = FeedKey & { readonly before: number; readonly passed: number };

/** Notes when pages were passed by every position; a destination restored from a backup takes a position back. */
async function notePassed(database: ControlDatabase): Promise<void> {
  for (const mark of await database.run(moved)) {
    await database.transaction((tx) => note(database, tx, mark));
  }
}

/** Feeds whose slowest position is no more where it was noted. */
async function moved(db: Tables): Promise<Mark[]> {
  const rows = await db
    .selectFrom('feeds')
    .innerJoin('subscriptions', (join) =>
      join
        .onRef('subscriptions.organizationId', '=', 'feeds.organizationId')
        .onRef('subscriptions.entity', '=', 'feeds.entity'),
    )
    .select(['feeds.organizationId', 'feeds.entity', 'feeds.head', 'feeds.passed as before'])
    .select((eb) => eb.fn.min('subscriptions.number').as('slowest'))
    .groupBy(['feeds.organizationId', 'feeds.entity', 'feeds.head', 'feeds.passed'])
    .execute();
  const marks = rows.map(({ head, slowest, ...feed }) => ({ ...feed, passed: Math.min(Number(slowest), head) }));
  return marks.filter((mark) => mark.passed !== mark.before);
}

async function note(database: ControlDatabase, tx: Tx, { before, passed, ...feed }: Mark): Promise<void> {
  const noted = await tx
    .updateTable('feeds')
    .set({ passed })
    .where(isFeed(feed))
    .where('passed', '=', before)
    .executeTakeFirst();
  if (noted.numUpdatedRows === 0n) return;
  await tx
    .updateTable('pages')
    .set({ passedAt: passed > before ? database.now() : null })
    .where(isFeed(feed))
    .where('number', '>', Math.min(before, passed))
    .where('number', '<=', Math.max(before, passed))
    .execute();
}

interface OldPage {
  readonly id: string;
  readonly blob: string | null;
}

async function forgetPages(
  database: ControlDatabase,
  tx: Tx,
  passedMs: number,
  keepMs: number,
  limit: number,
): Promise<string[]> {
  const passed = await pagesBefore(database, tx, 'passedAt', passedMs, limit);
  const old = await pagesBefore(database, tx, 'appendedAt', keepMs, limit);
  const pages = [...new Map([...passed, ...old].map((page) => [page.id, page])).values()].slice(0, limit);
  for (let from = 0; from < pages.length; from += PAGES_PER_STATEMENT) {
    const ids = pages.slice(from, from + PAGES_PER_STATEMENT).map((page) => page.id);
    await tx.deleteFrom('pages').where('id', 'in', ids).execute();
  }
  return pages.flatMap(({ blob }) => blob ?? []);
}

/** Parameters of one statement are limited (SQL Server: 2,100). */
const PAGES_PER_STATEMENT = 1_000;

/** Pages of that age but for the last of their feed, oldest first. */
async function pagesBefore(
  database: ControlDatabase,
  tx: Tx,
  column: 'passedAt' | 'appendedAt',
  ageMs: number,
  limit: number,
): Promise<OldPage[]> {
  return tx
    .selectFrom('pages')
    .innerJoin('feeds', (join) =>
      join
        .onRef('feeds.organizationId', '=', 'pages.organizationId')
        .onRef('feeds.entity', '=', 'pages.entity')
        .onRef('feeds.head', '<>', 'pages.number'),
    )
    .select(['pages.id', 'pages.blob'])
    .where(`pages.${column}`, '<=', sql<number>`${database.now()} - ${ageMs}`)
    .orderBy(`pages.${column}`)
    .orderBy('pages.organizationId')
    .orderBy('pages.entity')
    .orderBy('pages.number')
    .offset(0)
    .fetch(limit)
    .execute();
}

async function forgetSnapshots(db: Tables): Promise<void> {
  await db
    .deleteFrom('snapshots')
    .where('endNumber', 'is not', null)
    .where((eb) => {
      const pages = eb.selectFrom('pages').select('pages.id').whereRef('pages.snapshotId', '=', 'snapshots.id');
      const filled = eb
        .selectFrom('subscriptions')
        .select('subscriptions.page')
        .whereRef('subscriptions.snapshotId', '=', 'snapshots.id');
      return eb.not(eb.or([eb.exists(pages), eb.exists(filled)]));
    })
    .execute();
}

/** Queued by a worker for a profile that was just deleted: nobody will ever read them to their end. */
async function forgetUnaddressed(db: Tables): Promise<void> {
  await db
    .deleteFrom('snapshots')
    .where('endNumber', 'is', null)
    .where('audience', 'is not', null)
    .where((eb) =>
      eb.not(
        eb.exists(
          eb
            .selectFrom('subscriptions')
            .select('subscriptions.profileId')
            .whereRef('subscriptions.profileId', '=', 'snapshots.audience')
            .whereRef('subscriptions.organizationId', '=', 'snapshots.organizationId')
            .whereRef('subscriptions.entity', '=', 'snapshots.entity'),
        ),
      ),
    )
    .execute();
}

/** A shape just saved is named by nothing yet, so it is given as long as a page. */
async function forgetShapes(database: ControlDatabase, db: Tables, passedMs: number): Promise<void> {
  await db
    .deleteFrom('shapes')
    .where('savedAt', '<=', sql<number>`${database.now()} - ${passedMs}`)
    .where((eb) => {
      const named = (['feeds', 'subscriptions', 'pages'] as const).map((table) =>
        eb.exists(
          eb
            .selectFrom(table)
            .select(`${table}.shape`)
            .whereRef(`${table}.organizationId`, '=', 'shapes.organizationId')
            .whereRef(`${table}.entity`, '=', 'shapes.entity')
            .whereRef(`${table}.shape`, '=', 'shapes.shape'),
        ),
      );
      return eb.not(eb.or(named));
    })
    .execute();
}
