import { type Kysely, sql } from 'kysely';
import type { ControlDialect } from '../dialect.ts';

/** What each profile was last asked for; profiles made before were asked for nothing that is still under way. */
export async function profileIntents(db: Kysely<unknown>, { types }: ControlDialect): Promise<void> {
  await db.schema.alterTable('profiles').addColumn('intent', sql`${types.name}`).execute();
}
