import { sql } from 'kysely';
import type { FeedKey } from '../model.ts';
import { type Organizations, SNAPSHOT_SWEEP_MS, UNNOTIFIED_WEIGHT } from '../organizations.port.ts';
import { type Pace, takeSlot, throttled, UNUSED } from '../rules/pace.ts';
import { type ControlDatabase, isFeed, type Tx } from './database.ts';

export function sqlOrganizations(database: ControlDatabase): Organizations {
  return {
    reserve: (organizationId, spent) =>
      database.transaction(async (tx) => {
        const { now, ...before } = await lockPace(database, tx, organizationId);
        const { pace, waitMs } = takeSlot(before, spent, now);
        await storePace(tx, organizationId, pace);
        return waitMs;
      }),
    throttle: (organizationId, ms) =>
      database.transaction(async (tx) => {
        const { now, ...before } = await lockPace(database, tx, organizationId);
        await storePace(tx, organizationId, throttled(before, ms, now));
      }),
    unnotified: (organizationId, entities) => database.transaction((tx) => unnotified(tx, organizationId, entities)),
    sweep: (limit) => database.transaction((tx) => sweep(database, tx, limit)),
    acceptTerms: (organizationId, by, at) => database.transaction((tx) => acceptTerms(tx, organizationId, by, at)),
    async termsAccepted(organizationId) {
      const rows = database.run((db) =>
        db
          .selectFrom('organizations')
          .select(['termsAcceptedBy as by', 'termsAcceptedAt as at'])
          .where('organizationId', '=', organizationId)
          .execute(),
      );
      return (await rows).flatMap(({ by, at }) => (by === null || at === null ? [] : [{ by, at }]))[0] ?? null;
    },
    count: (name, amount) => database.transaction((tx) => count(tx, name, amount)),
    async counters() {
      const rows = await database.run((db) => db.selectFrom('counters').selectAll().execute());
      return Object.fromEntries(rows.map(({ name, amount }) => [name, amount]));
    },
  };
}

/** The row in which an organization's feeds meet; made at the first need. */
export async function ensureOrganization(tx: Tx, organizationId: string): Promise<void> {
  const found = tx.selectFrom('organizations').select('organizationId').where('organizationId', '=', organizationId);
  if ((await found.execute()).length > 0) return;
  await tx
    .insertInto('organizations')
    .values({ organizationId, ...UNUSED })
    .execute();
}

async function lockPace(database: ControlDatabase, tx: Tx, organizationId: string): Promise<Pace & { now: number }> {
  const query = tx
    .selectFrom('organizations')
    .select(['requestsPaidAt', 'executionPaidAt'])
    .select(database.now().as('now'))
    .where('organizationId', '=', organizationId)
    .forUpdate();
  const row = await query.executeTakeFirst();
  if (row) return row;
  await ensureOrganization(tx, organizationId);
  return query.executeTakeFirstOrThrow();
}

async function storePace(tx: Tx, organizationId: string, pace: Pace): Promise<void> {
  await tx.updateTable('organizations').set(pace).where('organizationId', '=', organizationId).execute();
}

async function unnotified(tx: Tx, organizationId: string, entities: readonly string[]): Promise<void> {
  const feeds = () => tx.updateTable('feeds').where('organizationId', '=', organizationId);
  await feeds().set({ registered: true }).execute();
  if (entities.length > 0) await feeds().set({ registered: false }).where('entity', 'in', entities).execute();
}

async function acceptTerms(tx: Tx, organizationId: string, by: string, at: number): Promise<void> {
  await ensureOrganization(tx, organizationId);
  await tx
    .updateTable('organizations')
    .set({ termsAcceptedBy: by, termsAcceptedAt: at })
    .where('organizationId', '=', organizationId)
    .where('termsAcceptedAt', 'is', null)
    .execute();
}

async function sweep(database: ControlDatabase, tx: Tx, limit: number): Promise<FeedKey[]> {
  const now = database.now();
  const feeds = await tx
    .selectFrom('feeds')
    .select(['organizationId', 'entity'])
    .where((eb) =>
      eb.exists(
        eb
          .selectFrom('subscriptions')
          .innerJoin('profiles', 'profiles.id', 'subscriptions.profileId')
          .select('profiles.id')
          .whereRef('subscriptions.organizationId', '=', 'feeds.organizationId')
          .whereRef('subscriptions.entity', '=', 'feeds.entity')
          .where('subscriptions.paused', '=', false)
          .where('profiles.state', '=', 'active')
          .where('profiles.breaker', 'is', null),
      ),
    )
    .where((eb) =>
      eb.or([
        eb(eb.fn.coalesce('lookedAt', eb.val(0)), '<=', sql<number>`${now} - ${SNAPSHOT_SWEEP_MS}`),
        eb.not(
          eb.exists(
            eb
              .selectFrom('snapshots')
              .select('snapshots.id')
              .whereRef('snapshots.organizationId', '=', 'feeds.organizationId')
              .whereRef('snapshots.entity', '=', 'feeds.entity')
              .where('snapshots.started', '=', true)
              .where('snapshots.endNumber', 'is', null),
          ),
        ),
      ]),
    )
    .orderBy((eb) => {
      const unseenMs = eb.parens(now, '-', eb.fn.coalesce('lookedAt', eb.val(0)));
      return eb(unseenMs, '*', eb.case().when('registered', '=', true).then(1).else(UNNOTIFIED_WEIGHT).end());
    }, 'desc')
    .orderBy('organizationId')
    .orderBy('entity')
    .offset(0)
    .fetch(limit)
    .execute();
  for (const feed of feeds) await tx.updateTable('feeds').set({ lookedAt: now }).where(isFeed(feed)).execute();
  return feeds;
}

async function count(tx: Tx, name: string, amount: number): Promise<void> {
  const added = await tx
    .updateTable('counters')
    .set((eb) => ({ amount: eb('amount', '+', amount) }))
    .where('name', '=', name)
    .executeTakeFirst();
  if (added.numUpdatedRows === 0n) await tx.insertInto('counters').values({ name, amount }).execute();
}
