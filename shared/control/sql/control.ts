import { sql } from 'kysely';
import { kindOf } from '../../sql/kind.ts';
import type { Control } from '../port.ts';
import { sqlBells } from './bells.ts';
import { sqlCalls } from './calls.ts';
import { type ControlDatabase, openDatabase } from './database.ts';
import type { ControlDialect } from './dialect.ts';
import { postgresDialect } from './dialects/postgres.ts';
import { sqlServerDialect } from './dialects/sqlserver.ts';
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
  const dialect = kindOf(connectionString) === 'postgres' ? postgresDialect : sqlServerDialect;
  const clock = now ? () => sql<number>`cast(${now()} as double precision)` : () => dialect.now;
  return controlOn(openDatabase(dialect, connectionString, clock), dialect);
}

/** All stores on one database, which is brought up to date before the first statement. */
export function controlOn(opened: ControlDatabase, dialect: ControlDialect): Control {
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
