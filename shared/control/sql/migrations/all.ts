import type { Kysely } from 'kysely';
import type { ControlDialect } from '../dialect.ts';
import { firstTables } from './0001-first-tables.ts';
import { profileIntents } from './0002-profile-intents.ts';
import { readPast } from './0003-read-past.ts';
import { administration } from './0004-administration.ts';
import { schemaHistory } from './0005-schema-history.ts';
import { wholeReads } from './0006-whole-reads.ts';
import { reconciliations } from './0007-reconciliations.ts';
import { pace } from './0008-pace.ts';
import { databaseRefresh } from './0009-database-refresh.ts';

export interface Migration {
  readonly name: string;
  up(db: Kysely<unknown>, dialect: ControlDialect): Promise<void>;
}

/** In order. Only ever appended to: what has run somewhere is never changed. */
export const MIGRATIONS: readonly Migration[] = [
  { name: '0001-first-tables', up: firstTables },
  { name: '0002-profile-intents', up: profileIntents },
  { name: '0003-read-past', up: readPast },
  { name: '0004-administration', up: administration },
  { name: '0005-schema-history', up: schemaHistory },
  { name: '0006-whole-reads', up: wholeReads },
  { name: '0007-reconciliations', up: reconciliations },
  { name: '0008-pace', up: pace },
  { name: '0009-database-refresh', up: databaseRefresh },
];
