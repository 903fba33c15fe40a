import { type Kysely, sql } from 'kysely';
import type { ControlDialect } from '../dialect.ts';

/** What administrators decide, and what tells that an organization is not the one it was. */
export async function administration(db: Kysely<unknown>, { types }: ControlDialect): Promise<void> {
  const { name, text, moment, flag } = types;
  await db.schema.alterTable('profiles').addColumn('origin', sql`${text}`).execute();
  await db.schema.alterTable('feeds').addColumn('given_up', sql`${name}`).execute();
  await db.schema
    .alterTable('subscriptions')
    .addColumn('paused', sql`${flag}`, (column) => column.notNull().defaultTo(false))
    .execute();
  await db.schema.alterTable('organizations').addColumn('terms_accepted_by', sql`${name}`).execute();
  await db.schema.alterTable('organizations').addColumn('terms_accepted_at', sql`${moment}`).execute();
}
