import { type Kysely, sql } from 'kysely';
import type { ControlDialect } from '../dialect.ts';

/** How far rows were read past the changes; unknown for snapshots taken before. */
export async function readPast(db: Kysely<unknown>, { types }: ControlDialect): Promise<void> {
  await db.schema.alterTable('feeds').addColumn('read_past', sql`${types.name}`).execute();
}
