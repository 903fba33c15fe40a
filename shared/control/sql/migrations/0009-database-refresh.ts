import { type Kysely, sql } from 'kysely';
import type { ControlDialect } from '../dialect.ts';

/** Environments, their operations and schedules, and the calls that are counted. */
export async function databaseRefresh(db: Kysely<unknown>, dialect: ControlDialect): Promise<void> {
  await environments(db, dialect);
  await operations(db, dialect);
  const { name, text, moment } = dialect.types;
  await db.schema
    .createTable('schedules')
    .addColumn('id', sql`${name}`, (column) => column.notNull())
    .addColumn('project_id', sql`${moment}`, (column) => column.notNull())
    .addColumn('next_at', sql`${moment}`)
    .addColumn('schedule', sql`${text}`, (column) => column.notNull())
    .addPrimaryKeyConstraint('schedules_key', ['id'])
    .execute();
  await db.schema
    .createTable('calls')
    .addColumn('key', sql`${name}`, (column) => column.notNull())
    .addColumn('moments', sql`${text}`, (column) => column.notNull())
    .addPrimaryKeyConstraint('calls_key', ['key'])
    .execute();
}

async function environments(db: Kysely<unknown>, { types }: ControlDialect): Promise<void> {
  const { name, text, moment, flag } = types;
  await db.schema
    .createTable('environments')
    .addColumn('project_id', sql`${moment}`, (column) => column.notNull())
    .addColumn('id_key', sql`${name}`, (column) => column.notNull())
    .addColumn('id', sql`${name}`, (column) => column.notNull())
    .addColumn('name_key', sql`${name}`, (column) => column.notNull())
    .addColumn('settings', sql`${text}`, (column) => column.notNull())
    .addColumn('started', sql`${flag}`, (column) => column.notNull())
    .addColumn('held_by', sql`${name}`)
    .addPrimaryKeyConstraint('environments_key', ['project_id', 'id_key'])
    .addUniqueConstraint('environments_name', ['project_id', 'name_key'])
    .execute();
}

async function operations(db: Kysely<unknown>, { types }: ControlDialect): Promise<void> {
  const { name, text, moment, count, flag } = types;
  await db.schema
    .createTable('operations')
    .addColumn('id', sql`${name}`, (column) => column.notNull())
    .addColumn('revision', sql`${count}`, (column) => column.notNull())
    .addColumn('project_id', sql`${moment}`, (column) => column.notNull())
    .addColumn('source_key', sql`${name}`, (column) => column.notNull())
    .addColumn('target_key', sql`${name}`, (column) => column.notNull())
    .addColumn('state', sql`${name}`, (column) => column.notNull())
    .addColumn('pending', sql`${flag}`, (column) => column.notNull())
    .addColumn('created_at', sql`${moment}`, (column) => column.notNull())
    .addColumn('touched_at', sql`${moment}`, (column) => column.notNull())
    .addColumn('operation', sql`${text}`, (column) => column.notNull())
    .addPrimaryKeyConstraint('operations_key', ['id'])
    .execute();
  const byTarget = db.schema.createIndex('operations_target').on('operations');
  await byTarget.columns(['project_id', 'target_key', 'created_at']).execute();
}
