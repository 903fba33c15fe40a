import type { Kysely } from 'kysely';
import { type ControlDatabase, SCHEMA } from './database.ts';
import type { ControlDialect } from './dialect.ts';
import { MIGRATIONS } from './migrations/all.ts';

/**
 * The database, brought up to date before its first statement, whatever that is: an app that nobody asks for its health works,
 * too. Callers at the same time share it; a failure is theirs, and the next call tries again.
 */
export function migratedFirst(database: ControlDatabase, dialect: ControlDialect): ControlDatabase {
  let migrated: Promise<void> | null = null;
  const ready = () => {
    migrated ??= migrate(database, dialect).catch((error: unknown) => {
      migrated = null;
      throw error;
    });
    return migrated;
  };
  return {
    ...database,
    run: async (work) => {
      await ready();
      return database.run(work);
    },
    transaction: async (work) => {
      await ready();
      return database.transaction(work);
    },
  };
}

/** Migrations done, by name; the only table that exists before the first. */
interface MigrationTables {
  migrations: { name: string; doneAt: number };
}

/**
 * Brings the tables up to date, all in one transaction under a lock: of several instances that start at once, one works and
 * the others find it done. Migrations of a newer version that are there already are left alone.
 */
export async function migrate(database: ControlDatabase, dialect: ControlDialect): Promise<void> {
  await database.transaction(async (tx) => {
    // What stands in the database is what this is about, so the tables' types say nothing here.
    const db = tx as unknown as Kysely<MigrationTables>;
    await dialect.beginMigration(db as unknown as Kysely<unknown>, SCHEMA);
    if (!(await dialect.hasTable(db as unknown as Kysely<unknown>, SCHEMA, 'migrations')))
      await db.schema
        .createTable('migrations')
        .addColumn('name', dialect.types.name, (column) => column.primaryKey())
        .addColumn('done_at', dialect.types.moment, (column) => column.notNull())
        .execute();
    const done = await db.selectFrom('migrations').select('name').execute();
    const names = new Set(done.map((row) => row.name));
    for (const { name, up } of MIGRATIONS.filter((migration) => !names.has(migration.name))) {
      await up(db as unknown as Kysely<unknown>, dialect);
      await db.insertInto('migrations').values({ name, doneAt: database.now() }).execute();
    }
  });
}
