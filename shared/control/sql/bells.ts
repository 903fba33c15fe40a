import { type RawBuilder, type Selectable, sql } from 'kysely';
import { type Bells, BUSY_RETRY_MS, LEASES_PER_ORGANIZATION, PENDING_MAX_MS, WAITING_MS } from '../bells.port.ts';
import type { Answer, BellKey, Ring } from '../model.ts';
import { isLive, isPending, older } from '../rules/bell.ts';
import type { ControlDatabase, Tables, Tx } from './database.ts';
import type { BellTable } from './schema.ts';

export function sqlBells(database: ControlDatabase): Bells {
  /** Lengthens the lease; no row is updated when it is lost. */
  const lengthen = (key: BellKey, owner: string) =>
    database.run((db) =>
      db
        .updateTable('bells')
        .set({ leaseUntil: database.leaseEnd() })
        .where('key', '=', key)
        .where('owner', '=', owner)
        .executeTakeFirst(),
    );
  return {
    ring: (rings) => database.transaction((tx) => ring(database, tx, rings)),
    answer: (key, owner) => database.transaction((tx) => answer(database, tx, key, owner)),
    async renew(key, owner) {
      await lengthen(key, owner);
    },
    async hold(key, owner) {
      const bells = database.run((db) =>
        db.selectFrom('bells').select(['rung', 'seen']).where('key', '=', key).where('owner', '=', owner).execute(),
      );
      return (await bells)[0] ?? null;
    },
    async rings(key) {
      const bells = database.run((db) =>
        db.selectFrom('bells').select(['rung', 'seen']).where('key', '=', key).execute(),
      );
      return (await bells)[0] ?? null;
    },
    async heard(key, owner, rung) {
      const { numUpdatedRows } = await database.run((db) =>
        db
          .updateTable('bells')
          .set({ seen: seenUpTo(rung), leaseUntil: database.leaseEnd() })
          .where('key', '=', key)
          .where('owner', '=', owner)
          .executeTakeFirst(),
      );
      return numUpdatedRows > 0n;
    },
    async giveBack(key, owner) {
      const given = await database.run((db) =>
        db
          .updateTable('bells')
          .set(FREE)
          .where('key', '=', key)
          .where('owner', '=', owner)
          .whereRef('rung', '<=', 'seen')
          .executeTakeFirst(),
      );
      if (given.numUpdatedRows > 0n) return 'given';
      return (await lengthen(key, owner)).numUpdatedRows > 0n ? 'rung' : 'lost';
    },
    async postpone(key, owner, afterMs) {
      const { numUpdatedRows } = await database.run((db) =>
        db
          .updateTable('bells')
          .set({ ...FREE, pendingAt: sql`${database.now()} + ${afterMs}` })
          .where('key', '=', key)
          .where('owner', '=', owner)
          .executeTakeFirst(),
      );
      return numUpdatedRows > 0n;
    },
    async feedsWait() {
      const waiting = await database.run((db) =>
        db
          .selectFrom('bells')
          .select('key')
          .where('scope', 'is not', null)
          .where('owner', 'is', null)
          .where('pendingAt', '>', sql<number>`${database.now()} - ${PENDING_MAX_MS}`)
          .where('pendingAt', '<=', sql<number>`${database.now()} - ${WAITING_MS}`)
          .orderBy('key')
          .offset(0)
          .fetch(1)
          .execute(),
      );
      return waiting.length > 0;
    },
    async abandoned(limit) {
      const bells = await database.run((db) => abandoned(database, db, limit));
      return bells.map((bell) => bell.key);
    },
  };
}

/** A bell that nobody has rung yet. */
export function newBell(key: BellKey, scope: string | null): BellTable {
  return { key, scope, rung: 0, seen: 0, pendingAt: null, ...FREE, notifiedAt: null };
}

const FREE = { owner: null, leaseUntil: 0, starts: 0 } as const;
/** Parameters of one statement are limited (SQL Server: 2,100). */
const KEYS_PER_STATEMENT = 200;

type Times = { times: number; notifiedAt: number | null };

async function ring(database: ControlDatabase, tx: Tx, rings: readonly Ring[]): Promise<BellKey[]> {
  const times = timesByKey(rings);
  const keys = [...times.keys()].sort();
  const messages: BellKey[] = [];
  for (let from = 0; from < keys.length; from += KEYS_PER_STATEMENT) {
    const bells = await lockBells(database, tx, keys.slice(from, from + KEYS_PER_STATEMENT));
    if (bells.length === 0) continue;
    const silent = bells.filter((bell) => !isLive(bell, bell.now) && !isPending(bell, bell.now));
    messages.push(...silent.map((bell) => bell.key));
    await addRings(tx, bells, new Set(silent), times);
  }
  return messages;
}

function timesByKey(rings: readonly Ring[]): Map<BellKey, Times> {
  const times = new Map<BellKey, Times>();
  for (const { key, notifiedAt = null } of rings) {
    const before = times.get(key) ?? { times: 0, notifiedAt: null };
    times.set(key, { times: before.times + 1, notifiedAt: older(before.notifiedAt, notifiedAt) });
  }
  return times;
}

type LockedBell = Selectable<BellTable> & { now: number };

/** In key order, like everybody who locks more than one bell: so no two wait for each other. */
async function lockBells(database: ControlDatabase, tx: Tx, keys: readonly BellKey[]): Promise<LockedBell[]> {
  return tx
    .selectFrom('bells')
    .selectAll()
    .select(database.now().as('now'))
    .where('key', 'in', keys)
    .orderBy('key')
    .forUpdate()
    .execute();
}

async function addRings(
  tx: Tx,
  bells: readonly LockedBell[],
  silent: ReadonlySet<LockedBell>,
  times: ReadonlyMap<BellKey, Times>,
): Promise<void> {
  const rows = bells.map((bell) => {
    const added = times.get(bell.key) ?? { times: 0, notifiedAt: null };
    const notifiedAt = older(bell.notifiedAt, added.notifiedAt);
    const pendingAt = silent.has(bell) ? bell.now : bell.pendingAt;
    return sql`(${bell.key}, cast(${bell.rung + added.times} as bigint), ${moment(notifiedAt)}, ${moment(pendingAt)})`;
  });
  const values = sql<Pick<BellTable, 'key' | 'rung' | 'notifiedAt' | 'pendingAt'>>`(values ${sql.join(rows)})`;
  await tx
    .updateTable('bells')
    .from(values.as<'rung_now'>(sql`rung_now("key", rung, notified_at, pending_at)`))
    .set((eb) => ({
      rung: eb.ref('rung_now.rung'),
      notifiedAt: eb.ref('rung_now.notifiedAt'),
      pendingAt: eb.ref('rung_now.pendingAt'),
    }))
    .whereRef('bells.key', '=', 'rung_now.key')
    .execute();
}

const moment = (at: number | null): RawBuilder<number | null> => sql`cast(${at} as double precision)`;

async function answer(database: ControlDatabase, tx: Tx, key: BellKey, owner: string): Promise<Answer> {
  const organizationId = key.startsWith('feed/') ? key.split('/')[1] : undefined;
  if (organizationId !== undefined) await lockOrganization(tx, organizationId);
  const [bell] = await lockBells(database, tx, [key]);
  if (!bell) return { lease: 'gone' };
  if (isLive(bell, bell.now)) {
    await tx.updateTable('bells').set({ pendingAt: null }).where('key', '=', key).execute();
    return { lease: 'held' };
  }
  if (bell.scope !== null && (await liveIn(tx, bell.scope, bell.now)) >= LEASES_PER_ORGANIZATION) {
    const pendingAt = bell.now + BUSY_RETRY_MS;
    await tx.updateTable('bells').set({ pendingAt }).where('key', '=', key).execute();
    return { lease: 'busy' };
  }
  const starts = bell.starts + 1;
  const taken = { pendingAt: null, owner, leaseUntil: database.leaseEnd(), starts };
  await tx.updateTable('bells').set(taken).where('key', '=', key).execute();
  return { lease: 'taken', starts };
}

/** Two feeds of one organization are not answered at the same moment, else both could take the last lease. */
async function lockOrganization(tx: Tx, organizationId: string): Promise<void> {
  await tx
    .selectFrom('organizations')
    .select('organizationId')
    .where('organizationId', '=', organizationId)
    .forUpdate()
    .execute();
}

async function liveIn(tx: Tx, scope: string, now: number): Promise<number> {
  const { live } = await tx
    .selectFrom('bells')
    .select((eb) => eb.fn.countAll<number>().as('live'))
    .where('scope', '=', scope)
    .where('owner', 'is not', null)
    .where('leaseUntil', '>', now)
    .executeTakeFirstOrThrow();
  return live;
}

/** Never beyond the rings counted: a bell restored from a backup may have fewer. */
function seenUpTo(rung: number): RawBuilder<number> {
  return sql`case when rung < ${rung} then rung when seen < ${rung} then ${rung} else seen end`;
}

async function abandoned(database: ControlDatabase, db: Tables, limit: number): Promise<{ key: BellKey }[]> {
  const now = database.now();
  return db
    .selectFrom('bells')
    .select('key')
    .where((eb) =>
      eb.and([
        eb.or([eb('pendingAt', 'is', null), eb('pendingAt', '<=', sql<number>`${now} - ${PENDING_MAX_MS}`)]),
        eb.or([eb('owner', 'is', null), eb('leaseUntil', '<=', now)]),
        eb.or([eb('owner', 'is not', null), eb('rung', '>', eb.ref('seen'))]),
      ]),
    )
    .orderBy((eb) => eb.fn.coalesce('pendingAt', 'leaseUntil'))
    .orderBy('key')
    .offset(0)
    .fetch(limit)
    .execute();
}
