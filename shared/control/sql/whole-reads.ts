import type { WholeReads } from '../whole-reads.port.ts';
import { type ControlDatabase, isFeed } from './database.ts';

export function sqlWholeReads(database: ControlDatabase): WholeReads {
  return {
    due: (now, limit) =>
      database.run((db) =>
        db
          .selectFrom('feeds')
          .select(['organizationId', 'entity', 'wholeAt as at'])
          .where((eb) => eb.or([eb('wholeAt', 'is', null), eb('wholeAt', '<=', now)]))
          .where((eb) =>
            eb.exists(
              eb
                .selectFrom('subscriptions')
                .innerJoin('profiles', 'profiles.id', 'subscriptions.profileId')
                .select('profiles.id')
                .whereRef('subscriptions.organizationId', '=', 'feeds.organizationId')
                .whereRef('subscriptions.entity', '=', 'feeds.entity')
                .where('profiles.state', '=', 'active')
                .where('profiles.breaker', 'is', null),
            ),
          )
          .orderBy((eb) => eb.fn.coalesce('wholeAt', eb.val(0)))
          .orderBy('organizationId')
          .orderBy('entity')
          .offset(0)
          .fetch(limit)
          .execute(),
      ),
    async plan(feed, { at, tracked }) {
      await database.run((db) => db.updateTable('feeds').set({ wholeAt: at, tracked }).where(isFeed(feed)).execute());
    },
  };
}
