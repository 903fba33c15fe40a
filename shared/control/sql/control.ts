import { sql } from 'kysely';
import type { Control } from '../port.ts';
import { sqlBells } from './bells.ts';
import { sqlCalls } from './calls.ts';
import { openDatabase } from './database.ts';
import { postgresDialect } from './dialect.ts';
import { sqlEnvironments } from './environments.ts';
import { sqlFeeds } from './feeds.ts';
import { migrate, migratedFirst } from './migrate.ts';
import { sqlOperations } from './operations.ts';
import { sqlOrganizations } from './organizations.ts';
import { sqlProfiles } from './profiles.ts';
import { sqlReconciliations } from './reconciliations.ts';
import { sqlRetention } from './retention.ts';
import { sqlSchedules } from './schedules.ts';
import { sqlHistory } from './schema-history.ts';
import { sqlWholeReads } from './whole-reads.ts';

export interface SqlControlOptions {
  readonly connectionString: string;
  /** For tests: a clock instead of the database's own, which cannot be put forward. */
  readonly now?: () => number;
}

/** The control database in SQL. The first call connects, and makes the tables. SETTING_INVALID when the connection string cannot be read. */
export function createSqlControl({ connectionString, now }: SqlControlOptions): Control {
  const dialect = postgresDialect;
  const clock = now ? () => sql<number>`cast(${now()} as double precision)` : () => dialect.now;
  const opened = openDatabase(dialect, connectionString, clock);
  const database = migratedFirst(opened, dialect);
  return {
    bells: sqlBells(database),
    feeds: sqlFeeds(database),
    profiles: sqlProfiles(database),
    organizations: sqlOrganizations(database),
    retention: sqlRetention(database),
    wholeReads: sqlWholeReads(database),
    history: sqlHistory(database),
    reconciliations: sqlReconciliations(database),
    environments: sqlEnvironments(database),
    operations: sqlOperations(database),
    schedules: sqlSchedules(database),
    calls: sqlCalls(database),
    migrate: () => migrate(opened, dialect),
    close: () => opened.close(),
  };
}
