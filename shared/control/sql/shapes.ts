import type { EntityMetadata } from '../../dataverse/metadata.ts';
import type { FeedKey } from '../model.ts';
import { type ControlDatabase, isFeed, type Tables, type Tx } from './database.ts';
import { json } from './rows.ts';

export async function readMetadata(db: Tables, feed: FeedKey, shape?: string): Promise<EntityMetadata | null> {
  const all = db.selectFrom('shapes').select('definition').where(isFeed(feed));
  const one = shape === undefined ? all : all.where('shape', '=', shape);
  const [row] = await one.orderBy('sequence', 'desc').offset(0).fetch(1).execute();
  return row ? (JSON.parse(row.definition) as EntityMetadata) : null;
}

/** Written anew even if it is there, so that the last one saved is the last in sequence. */
export async function saveMetadata(
  database: ControlDatabase,
  tx: Tx,
  { organizationId, entity }: FeedKey,
  shape: string,
  metadata: EntityMetadata,
): Promise<void> {
  await tx.deleteFrom('shapes').where(isFeed({ organizationId, entity })).where('shape', '=', shape).execute();
  const row = { organizationId, entity, shape, definition: json(metadata), savedAt: database.now() };
  await tx.insertInto('shapes').values(row).execute();
}
