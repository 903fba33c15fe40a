import type { ExpressionBuilder, Selectable } from 'kysely';
import { type Environment, type EnvironmentKey, idKey, isSameToOperations } from '../environment.ts';
import type { Environments } from '../environments.port.ts';
import { LOCKING_SOURCE, LOCKING_TARGET } from '../rules/locks.ts';
import type { ControlDatabase, Tx } from './database.ts';
import { json, nameKey } from './rows.ts';
import type { ControlTables, EnvironmentTable } from './schema.ts';

export function sqlEnvironments(database: ControlDatabase): Environments {
  return {
    register: (environment) => database.transaction((tx) => register(tx, environment)),
    async get({ projectId, id }) {
      const rows = await database.run((db) =>
        db
          .selectFrom('environments')
          .selectAll()
          .where('projectId', '=', projectId)
          .where('idKey', '=', idKey(id))
          .execute(),
      );
      return rows.map(environmentOf)[0] ?? null;
    },
    async list(projectId) {
      const rows = await database.run((db) =>
        db.selectFrom('environments').selectAll().where('projectId', '=', projectId).orderBy('nameKey').execute(),
      );
      return rows.map(environmentOf);
    },
    remove: (key) => database.transaction((tx) => remove(tx, key)),
    setStarted: (key, started) => database.transaction((tx) => setStarted(tx, key, started)),
    async hold({ projectId, id }, operationId) {
      await database.run((db) =>
        db
          .updateTable('environments')
          .set({ heldBy: operationId })
          .where('projectId', '=', projectId)
          .where('idKey', '=', idKey(id))
          .execute(),
      );
    },
    async release({ projectId, id }, operationId) {
      await database.run((db) =>
        db
          .updateTable('environments')
          .set({ heldBy: null })
          .where('projectId', '=', projectId)
          .where('idKey', '=', idKey(id))
          .where('heldBy', '=', operationId)
          .execute(),
      );
    },
  };
}

/** Rows of these environments until the transaction ends, in one order for all who lock more than one. */
export async function lockEnvironments(
  tx: Tx,
  projectId: number,
  ids: readonly string[],
): Promise<Selectable<EnvironmentTable>[]> {
  return tx
    .selectFrom('environments')
    .selectAll()
    .where('projectId', '=', projectId)
    .where('idKey', 'in', ids.map(idKey))
    .orderBy('idKey')
    .forUpdate()
    .execute();
}

/** Operations whose state keeps the environment. */
export function keeping({ projectId, id }: EnvironmentKey) {
  return (eb: ExpressionBuilder<ControlTables, 'operations'>) =>
    eb.and([
      eb('projectId', '=', projectId),
      eb.or([
        eb.and([eb('targetKey', '=', idKey(id)), eb('state', 'in', LOCKING_TARGET)]),
        eb.and([eb('sourceKey', '=', idKey(id)), eb('state', 'in', LOCKING_SOURCE)]),
      ]),
    ]);
}

async function isBusy(tx: Tx, key: EnvironmentKey): Promise<boolean> {
  const rows = await tx.selectFrom('operations').select('id').where(keeping(key)).execute();
  return rows.length > 0;
}

async function register(
  tx: Tx,
  { projectId, id, settings }: Pick<Environment, 'projectId' | 'id' | 'settings'>,
): Promise<'done' | 'taken' | 'busy'> {
  const others = await tx
    .selectFrom('environments')
    .select('id')
    .where('projectId', '=', projectId)
    .where('nameKey', '=', nameKey(settings.name))
    .where('idKey', '<>', idKey(id))
    .execute();
  if (others.length > 0) return 'taken';
  const columns = { id, nameKey: nameKey(settings.name), settings: json(settings) };
  const [known] = await lockEnvironments(tx, projectId, [id]);
  const isSame = known !== undefined && isSameToOperations(settingsOf(known), settings);
  if (!isSame && (await isBusy(tx, { projectId, id }))) return 'busy';
  if (known) {
    await tx
      .updateTable('environments')
      .set(columns)
      .where('projectId', '=', projectId)
      .where('idKey', '=', idKey(id))
      .execute();
  } else {
    await tx
      .insertInto('environments')
      .values({ ...columns, projectId, idKey: idKey(id), started: true, heldBy: null })
      .execute();
  }
  return 'done';
}

async function remove(tx: Tx, key: EnvironmentKey): Promise<'done' | 'busy' | 'unknown'> {
  const [known] = await lockEnvironments(tx, key.projectId, [key.id]);
  if (!known) return 'unknown';
  if (await isBusy(tx, key)) return 'busy';
  await tx
    .deleteFrom('environments')
    .where('projectId', '=', key.projectId)
    .where('idKey', '=', idKey(key.id))
    .execute();
  return 'done';
}

async function setStarted(
  tx: Tx,
  key: EnvironmentKey,
  started: boolean,
): Promise<'done' | 'already' | 'busy' | 'unknown'> {
  const [known] = await lockEnvironments(tx, key.projectId, [key.id]);
  if (!known) return 'unknown';
  if (await isBusy(tx, key)) return 'busy';
  if (known.started === started) return 'already';
  await tx
    .updateTable('environments')
    .set({ started })
    .where('projectId', '=', key.projectId)
    .where('idKey', '=', idKey(key.id))
    .execute();
  return 'done';
}

function environmentOf(row: Selectable<EnvironmentTable>): Environment {
  const { projectId, id, started, heldBy } = row;
  return { projectId, id, settings: settingsOf(row), started, heldBy };
}

function settingsOf({ settings }: Selectable<EnvironmentTable>): Environment['settings'] {
  return JSON.parse(settings) as Environment['settings'];
}
