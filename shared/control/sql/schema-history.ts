import type { SchemaChange } from '../../dataverse/drift.ts';
import type { FeedKey } from '../model.ts';
import type { SchemaHistory } from '../schema-history.port.ts';
import type { ControlDatabase, Tx } from './database.ts';
import { json } from './rows.ts';

export function sqlHistory(database: ControlDatabase): SchemaHistory {
  return {
    add: (feed, changes) => database.transaction((tx) => addDrift(database, tx, feed, changes)),
    async of(organizationId, entities) {
      if (entities.length === 0) return [];
      const rows = await database.run((db) =>
        db
          .selectFrom('schemaHistory')
          .selectAll()
          .where('organizationId', '=', organizationId)
          .where('entity', 'in', entities)
          .orderBy('sequence')
          .execute(),
      );
      return rows.map(({ sequence: _, changes, ...event }) => ({
        ...event,
        changes: JSON.parse(changes) as SchemaChange[],
      }));
    },
  };
}

export async function addDrift(
  database: ControlDatabase,
  tx: Tx,
  { organizationId, entity }: FeedKey,
  changes: readonly SchemaChange[],
): Promise<void> {
  if (changes.length === 0) return;
  const event = { organizationId, entity, at: database.now(), changes: json(changes) };
  await tx.insertInto('schemaHistory').values(event).execute();
}
