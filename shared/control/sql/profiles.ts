import type { Profile } from '../model.ts';
import { profileBell } from '../model.ts';
import type { ProfileChange, Profiles } from '../profiles.port.ts';
import { changed } from '../rules/change.ts';
import { newBell } from './bells.ts';
import type { ControlDatabase, Tx } from './database.ts';
import { leaveFeed, removeProfile } from './remove.ts';
import { nameKey, profileColumns, profileOf } from './rows.ts';
import { listeners, pause, report, subscribe, subscriptions } from './subscriptions.ts';

export function sqlProfiles(database: ControlDatabase): Profiles {
  return {
    create: (profile) => database.transaction((tx) => create(tx, profile)),
    async get(id) {
      const rows = database.run((db) => db.selectFrom('profiles').selectAll().where('id', '=', id).execute());
      return (await rows).map(profileOf)[0] ?? null;
    },
    async list(organizationIds) {
      if (organizationIds.length === 0) return [];
      const rows = database.run((db) =>
        db
          .selectFrom('profiles')
          .selectAll()
          .where('organizationId', 'in', organizationIds)
          .orderBy('nameKey')
          .orderBy('id')
          .execute(),
      );
      return (await rows).map(profileOf);
    },
    async organizations() {
      const rows = database.run((db) =>
        db.selectFrom('profiles').select('organizationId').distinct().orderBy('organizationId').execute(),
      );
      return (await rows).map(({ organizationId }) => organizationId);
    },
    update: (id, change, expected) => database.transaction((tx) => update(tx, id, change, expected)),
    remove: (id) => database.transaction((tx) => removeProfile(tx, id)),
    subscribe: (...joining) => database.transaction((tx) => subscribe(tx, ...joining)),
    leave: (...leaving) => database.transaction((tx) => leaveFeed(tx, ...leaving)),
    pause: (profileId, entities, paused) => database.run((db) => pause(db, profileId, entities, paused)),
    subscriptions: (profileId) => database.run((db) => subscriptions(db, profileId)),
    report: (profileId, entity, known) => database.run((db) => report(db, profileId, entity, known)),
    listeners: (feed) => database.run((db) => listeners(db, feed)),
    due: (now, quietMs) => database.transaction((tx) => due(tx, now, quietMs)),
  };
}

async function create(tx: Tx, profile: Profile): Promise<boolean> {
  const known = await tx.selectFrom('profiles').select('id').where('id', '=', profile.id).execute();
  if (known.length > 0 || (await nameTaken(tx, profile))) return false;
  await tx
    .insertInto('profiles')
    .values({ ...profileColumns(profile), lookedAt: null })
    .execute();
  await tx
    .insertInto('bells')
    .values(newBell(profileBell(profile.id), null))
    .execute();
  return true;
}

async function update(tx: Tx, id: string, change: ProfileChange, expected?: Pick<Profile, 'intent'>): Promise<boolean> {
  const row = await tx.selectFrom('profiles').selectAll().where('id', '=', id).forUpdate().executeTakeFirst();
  if (!row || (expected && row.intent !== expected.intent)) return false;
  const profile = changed<Profile>(profileOf(row), change);
  if (change.settings && (await nameTaken(tx, profile))) return false;
  await tx.updateTable('profiles').set(profileColumns(profile)).where('id', '=', id).execute();
  return true;
}

async function nameTaken(tx: Tx, { id, settings }: Profile): Promise<boolean> {
  const others = await tx
    .selectFrom('profiles')
    .select('id')
    .where('organizationId', '=', settings.organizationId)
    .where('nameKey', '=', nameKey(settings.name))
    .where('id', '<>', id)
    .execute();
  return others.length > 0;
}

async function due(tx: Tx, now: number, quietMs: number): Promise<string[]> {
  const rows = await tx
    .selectFrom('profiles')
    .select('id')
    .where('state', '=', 'active')
    .where((eb) => {
      const behind = eb
        .selectFrom('subscriptions')
        .innerJoin('feeds', (join) =>
          join
            .onRef('feeds.organizationId', '=', 'subscriptions.organizationId')
            .onRef('feeds.entity', '=', 'subscriptions.entity'),
        )
        .select('subscriptions.entity')
        .whereRef('subscriptions.profileId', '=', 'profiles.id')
        .where('subscriptions.paused', '=', false)
        .whereRef('subscriptions.page', '<>', 'feeds.tail');
      const unseen = eb.or([eb('lookedAt', 'is', null), eb('lookedAt', '<=', now - quietMs)]);
      const usable = eb.or([eb('retryAt', '<=', now), unseen, eb.exists(behind)]);
      return eb.or([eb('probeAt', '<=', now), eb.and([eb('breaker', 'is', null), usable])]);
    })
    .orderBy('id')
    .execute();
  const ids = rows.map((row) => row.id);
  if (ids.length > 0) await tx.updateTable('profiles').set({ lookedAt: now }).where('id', 'in', ids).execute();
  return ids;
}
