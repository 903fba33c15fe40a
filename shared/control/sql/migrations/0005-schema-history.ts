import { type Kysely, sql } from 'kysely';
import type { ControlDialect } from '../dialect.ts';

/** How definitions changed while they were exported. */
export async function schemaHistory(db: Kysely<unknown>, dialect: ControlDialect): Promise<void> {
  const { name, moment, text, sequence } = dialect.types;
  await db.schema
    .createTable('schema_history')
    .addColumn('sequence', sql`${sequence}`, (column) => dialect.sequence(column.notNull()))
    .addColumn('organization_id', sql`${name}`, (column) => column.notNull())
    .addColumn('entity', sql`${name}`, (column) => column.notNull())
    .addColumn('at', sql`${moment}`, (column) => column.notNull())
    .addColumn('changes', sql`${text}`, (column) => column.notNull())
    .addPrimaryKeyConstraint('schema_history_key', ['sequence'])
    .execute();
  const byFeed = db.schema.createIndex('schema_history_feed').on('schema_history');
  await byFeed.columns(['organization_id', 'entity']).execute();
}
