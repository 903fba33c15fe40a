import type { Insertable, Selectable } from 'kysely';
import { idKey } from '../environment.ts';
import type { Operation } from '../operation.ts';
import type { Begun, Kept, Operations, TriggerLimit } from '../operations.port.ts';
import { LOCKING_SOURCE, LOCKING_TARGET } from '../rules/locks.ts';
import { lockCalls } from './calls.ts';
import type { ControlDatabase, Tx } from './database.ts';
import { keeping, lockEnvironments } from './environments.ts';
import { json } from './rows.ts';
import type { OperationTable } from './schema.ts';

export function sqlOperations(database: ControlDatabase): Operations {
  return {
    begin: (operation, limit) => database.transaction((tx) => begin(database, tx, operation, limit)),
    async withdraw({ id, revision }) {
      const { numDeletedRows } = await database.run((db) =>
        db.deleteFrom('operations').where('id', '=', id).where('revision', '=', revision).executeTakeFirst(),
      );
      return numDeletedRows > 0n;
    },
    async get(id) {
      const rows = await database.run((db) => db.selectFrom('operations').selectAll().where('id', '=', id).execute());
      return rows.map(operationOf)[0] ?? null;
    },
    async save({ revision, ...known }, change) {
      const operation: Operation = { ...known, ...change };
      const { numUpdatedRows } = await database.run((db) =>
        db
          .updateTable('operations')
          .set(columnsOf({ ...operation, revision: revision + 1 }))
          .where('id', '=', known.id)
          .where('revision', '=', revision)
          .executeTakeFirst(),
      );
      return numUpdatedRows > 0n ? { ...operation, revision: revision + 1 } : null;
    },
    async locking(environment) {
      const rows = await database.run((db) =>
        db
          .selectFrom('operations')
          .selectAll()
          .where(keeping(environment))
          .orderBy('createdAt')
          .orderBy('id')
          .execute(),
      );
      return rows.map(operationOf);
    },
    async history({ projectId, id }, offset, limit) {
      const rows = await database.run((db) =>
        db
          .selectFrom('operations')
          .selectAll()
          .where('projectId', '=', projectId)
          .where('targetKey', '=', idKey(id))
          .orderBy('createdAt', 'desc')
          .orderBy('id', 'desc')
          .offset(offset)
          .fetch(limit)
          .execute(),
      );
      return rows.map(operationOf);
    },
    async stray(before, limit) {
      const rows = await database.run((db) =>
        db
          .selectFrom('operations')
          .selectAll()
          .where('pending', '=', true)
          .where('touchedAt', '<', before)
          .orderBy('touchedAt')
          .orderBy('id')
          .offset(0)
          .fetch(limit)
          .execute(),
      );
      return rows.map(operationOf);
    },
  };
}

/** All that begin meet in one row: the limit is one for all. */
const BEGUN = 'operations begun';

async function begin(database: ControlDatabase, tx: Tx, operation: Operation, limit: TriggerLimit): Promise<Begun> {
  const { projectId, sourceId, targetId } = operation;
  await lockCalls(database, tx, BEGUN);
  await lockEnvironments(tx, projectId, [sourceId, targetId]);
  const lockedBy = await meeting(tx, operation);
  if (lockedBy) return { lockedBy };
  const limitedSince = operation.createdAt - limit.windowMs;
  const { counted } = await tx
    .selectFrom('operations')
    .select((eb) => eb.fn.countAll<number>().as('counted'))
    .where('createdAt', '>', limitedSince)
    .executeTakeFirstOrThrow();
  if (counted >= limit.max) return { limitedSince };
  const begun: Kept = { ...operation, revision: 0 };
  await tx.insertInto('operations').values(columnsOf(begun)).execute();
  return { begun };
}

/** One that keeps what the new one needs: its target, shared by nobody, or its source, shared by readers. */
async function meeting(tx: Tx, { projectId, sourceId, targetId }: Operation): Promise<Kept | undefined> {
  const rows = await tx
    .selectFrom('operations')
    .selectAll()
    .where('projectId', '=', projectId)
    .where((eb) =>
      eb.or([
        eb.and([eb('targetKey', 'in', [idKey(sourceId), idKey(targetId)]), eb('state', 'in', LOCKING_TARGET)]),
        eb.and([eb('sourceKey', '=', idKey(targetId)), eb('state', 'in', LOCKING_SOURCE)]),
      ]),
    )
    .orderBy('createdAt')
    .execute();
  return rows.map(operationOf)[0];
}

function columnsOf({ revision, ...operation }: Kept): Insertable<OperationTable> {
  const { id, projectId, sourceId, targetId, state, step, createdAt, touchedAt } = operation;
  const keys = { sourceKey: idKey(sourceId), targetKey: idKey(targetId) };
  const own = { id, projectId, state, createdAt, touchedAt };
  return { ...own, ...keys, revision, pending: step !== null, operation: json(operation) };
}

function operationOf({ revision, operation }: Selectable<OperationTable>): Kept {
  return { ...(JSON.parse(operation) as Operation), revision };
}
