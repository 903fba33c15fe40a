import {
  type ColumnDefinitionBuilder,
  type Dialect,
  type Expression,
  type Kysely,
  PostgresDialect,
  type PostgresDialectConfig,
  type RawBuilder,
  sql,
} from 'kysely';
import type pg from 'pg';
import { FreshetError, isFreshetError } from '../../errors/error.ts';
import { classify } from '../../sql/postgres/classify.ts';
import { connect, type PostgresPool } from '../../sql/postgres/connect.ts';

/**
 * All in which the databases that can hold the control data differ. Everything else is written once, with what Kysely says
 * the same way for all; of rows locked by `forUpdate` and of `update … from (values …)` both speak.
 */
export interface ControlDialect {
  /** Opens a pool; nothing is connected before the first statement. SETTING_INVALID when the text cannot be read. */
  open(connectionString: string): Dialect;
  /** The database's clock, ms since 1970 UTC: the same for all who ask, however wrong their own is. */
  readonly now: RawBuilder<number>;
  readonly types: {
    /** A name, a key or a state; letter case counts. */
    readonly name: Expression<unknown>;
    readonly text: Expression<unknown>;
    /** A moment, or any number of JavaScript's. */
    readonly moment: Expression<unknown>;
    readonly count: Expression<unknown>;
    readonly flag: Expression<unknown>;
  };
  /** A column that counts up by itself. */
  sequence(column: ColumnDefinitionBuilder): ColumnDefinitionBuilder;
  /** In a transaction: until its end no other migration runs. Makes the schema if it is not there. */
  beginMigration(tx: Kysely<unknown>, schema: string): Promise<void>;
  /** The work was undone as a whole and may succeed now: a deadlock, or somebody else inserted the same key first. */
  isLostRace(error: unknown): boolean;
  /** The failure with the database's words and without values; only class and text matter. */
  classify(error: unknown): FreshetError;
}

/** Statements are short; the longest are those that remove a feed or make tables. */
/** The time to connect is also that to wait for a connection that is free. */
const POOL = { maxConnections: 16, connectTimeoutMs: 15_000, statementTimeoutMs: 30_000, lockTimeoutMs: 10_000 };
const INT8 = 20;
/** serialization_failure, deadlock_detected, unique_violation */
const LOST_RACES = new Set(['40001', '40P01', '23505']);
/** Any number that others are unlikely to use in the same database. */
const MIGRATION_LOCK = 4_716_223_069;

export const postgresDialect: ControlDialect = {
  open: (connectionString) => new PostgresDialect({ pool: asKyselyPool(openPool(connectionString)) }),
  now: sql<number>`floor(extract(epoch from clock_timestamp()) * 1000)::double precision`,
  types: {
    // Byte order: the same on every server, and the fastest to compare.
    name: sql`text collate "C"`,
    text: sql`text`,
    moment: sql`double precision`,
    count: sql`bigint`,
    flag: sql`boolean`,
  },
  sequence: (column) => column.generatedAlwaysAsIdentity(),
  async beginMigration(tx, schema) {
    await sql`set local statement_timeout = 0`.execute(tx);
    await sql`set local lock_timeout = 0`.execute(tx);
    await sql`select pg_advisory_xact_lock(${sql.lit(MIGRATION_LOCK)})`.execute(tx);
    await tx.schema.createSchema(schema).ifNotExists().execute();
  },
  isLostRace: (error) => error instanceof Error && 'code' in error && LOST_RACES.has(String(error.code)),
  classify,
};

function openPool(connectionString: string): PostgresPool {
  try {
    return connect(connectionString, POOL);
  } catch (error) {
    if (!isFreshetError(error, 'DESTINATION_ADDRESS_INVALID')) throw error;
    throw new FreshetError('SETTING_INVALID', { name: 'FRESHET_CONTROL_DATABASE', ...error.values }, error);
  }
}

/** Numbers of ours never come near 2^53, so they are read as numbers and not as text, as pg does with any bigint. */
function asKyselyPool(pool: PostgresPool): PostgresDialectConfig['pool'] {
  const known = new WeakSet<pg.PoolClient>();
  return {
    async connect() {
      const client = await pool.connect();
      if (!known.has(client)) {
        known.add(client);
        client.setTypeParser(INT8, Number);
        // A lost connection is reported as an event beside the rejected query; unheard it would end the process.
        client.on('error', () => undefined);
      }
      return client;
    },
    end: () => pool.end(),
    options: {}, // for Kysely's own control connections, which cancel statements: none is made
  };
}
