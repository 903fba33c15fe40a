import { PostgresDialect, type PostgresDialectConfig, sql } from 'kysely';
import type pg from 'pg';
import { FreshetError, isFreshetError } from '../../../errors/error.ts';
import { classify } from '../../../sql/postgres/classify.ts';
import { connect, type PostgresPool } from '../../../sql/postgres/connect.ts';
import { type ControlDialect, POOL } from '../dialect.ts';

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
    sequence: sql`bigint`,
  },
  sequence: (column) => column.generatedAlwaysAsIdentity(),
  async beginMigration(tx, schema) {
    await sql`set local statement_timeout = 0`.execute(tx);
    await sql`set local lock_timeout = 0`.execute(tx);
    await sql`select pg_advisory_xact_lock(${sql.lit(MIGRATION_LOCK)})`.execute(tx);
    await tx.schema.createSchema(schema).ifNotExists().execute();
  },
  async hasTable(tx, schema, table) {
    const { rows } =
      await sql`select 1 from pg_catalog.pg_tables where schemaname = ${schema} and tablename = ${table}`.execute(tx);
    return rows.length > 0;
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
