import { type Kysely, sql } from 'kysely';
import type { ControlDialect } from '../dialect.ts';

/** How fast the rows of a subscription came lately. */
export async function pace(db: Kysely<unknown>, { types }: ControlDialect): Promise<void> {
  await db.schema.alterTable('subscriptions').addColumn('pace', sql`${types.text}`).execute();
}
