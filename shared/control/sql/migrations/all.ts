import type { Kysely } from 'kysely';
import type { ControlDialect } from '../dialect.ts';
import { firstTables } from './0001-first-tables.ts';
import { profileIntents } from './0002-profile-intents.ts';
import { readPast } from './0003-read-past.ts';
import { schemaHistory } from './0004-schema-history.ts';
import { wholeReads } from './0005-whole-reads.ts';

export interface Migration {
  readonly name: string;
  up(db: Kysely<unknown>, dialect: ControlDialect): Promise<void>;
}

/** In order. Only ever appended to: what has run somewhere is never changed. */
export const MIGRATIONS: readonly Migration[] = [
  { name: '0001-first-tables', up: firstTables },
  { name: '0002-profile-intents', up: profileIntents },
  { name: '0003-read-past', up: readPast },
  { name: '0004-schema-history', up: schemaHistory },
  { name: '0005-whole-reads', up: wholeReads },
];
