import { type Kysely, sql } from 'kysely';
import type { ControlDialect } from '../dialect.ts';

/** Feeds that are read as a whole by schedule, and snapshots that only bring rows up to date. */
export async function wholeReads(db: Kysely<unknown>, { types }: ControlDialect): Promise<void> {
  await db.schema.alterTable('feeds').addColumn('whole_at', sql`${types.moment}`).execute();
  await db.schema
    .alterTable('feeds')
    .addColumn('tracked', sql`${types.flag}`, (column) => column.notNull().defaultTo(true))
    .execute();
  await db.schema
    .alterTable('snapshots')
    .addColumn('refresh', sql`${types.flag}`, (column) => column.notNull().defaultTo(false))
    .execute();
}
