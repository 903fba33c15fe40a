import type { Selectable } from 'kysely';
import type { Reconciliation, Reconciliations } from '../reconciliations.port.ts';
import type { ControlDatabase, Tx } from './database.ts';
import { json } from './rows.ts';
import type { ReconciliationTable } from './schema.ts';

export function sqlReconciliations(database: ControlDatabase): Reconciliations {
  return {
    async get(profileId) {
      const rows = await database.run((db) =>
        db.selectFrom('reconciliations').selectAll().where('profileId', '=', profileId).execute(),
      );
      return rows.map(reconciliationOf)[0] ?? null;
    },
    begin: (reconciliation) => database.transaction((tx) => begin(tx, reconciliation)),
    async save({ profileId, id, revision }, { dueAt, work }) {
      const { numUpdatedRows } = await database.run((db) =>
        db
          .updateTable('reconciliations')
          .set({ dueAt, work: json(work), revision: revision + 1 })
          .where('profileId', '=', profileId)
          .where('id', '=', id)
          .where('revision', '=', revision)
          .executeTakeFirst(),
      );
      return numUpdatedRows > 0n;
    },
    async due(now, limit) {
      const rows = await database.run((db) =>
        db
          .selectFrom('reconciliations')
          .selectAll()
          .where('dueAt', '<=', now)
          .orderBy('dueAt')
          .orderBy('profileId')
          .offset(0)
          .fetch(limit)
          .execute(),
      );
      return rows.map(reconciliationOf);
    },
    async idle(before, limit) {
      const rows = await database.run((db) =>
        db
          .selectFrom('profiles')
          .leftJoin('reconciliations', 'reconciliations.profileId', 'profiles.id')
          .select('profiles.id')
          .where('state', '=', 'active')
          .where((eb) => eb(eb.fn.coalesce('beganAt', 'activatedAt'), '<', before))
          .orderBy('profiles.id')
          .offset(0)
          .fetch(limit)
          .execute(),
      );
      return rows.map(({ id }) => id);
    },
  };
}

/** The profile's row is locked, lest it is removed meanwhile. */
async function begin(tx: Tx, { work, ...same }: Omit<Reconciliation, 'revision'>): Promise<boolean> {
  const { profileId } = same;
  const profile = tx.selectFrom('profiles').select('id').where('id', '=', profileId).forUpdate();
  if ((await profile.execute()).length === 0) return false;
  await tx.deleteFrom('reconciliations').where('profileId', '=', profileId).execute();
  await tx
    .insertInto('reconciliations')
    .values({ ...same, revision: 0, work: json(work) })
    .execute();
  return true;
}

function reconciliationOf({ work, ...same }: Selectable<ReconciliationTable>): Reconciliation {
  return { ...same, work: JSON.parse(work) as unknown };
}
