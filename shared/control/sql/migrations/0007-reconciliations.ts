import { type Kysely, sql } from 'kysely';
import type { ControlDialect } from '../dialect.ts';

/** What the last reconciliation of each profile found, and where it stands. */
export async function reconciliations(db: Kysely<unknown>, { types }: ControlDialect): Promise<void> {
  const { name, moment, text, count } = types;
  await db.schema
    .createTable('reconciliations')
    .addColumn('profile_id', sql`${name}`, (column) => column.notNull())
    .addColumn('id', sql`${name}`, (column) => column.notNull())
    .addColumn('revision', sql`${count}`, (column) => column.notNull())
    .addColumn('began_at', sql`${moment}`, (column) => column.notNull())
    .addColumn('due_at', sql`${moment}`)
    .addColumn('work', sql`${text}`, (column) => column.notNull())
    .addPrimaryKeyConstraint('reconciliations_key', ['profile_id'])
    .execute();
}
