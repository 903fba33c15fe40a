import { sql } from 'kysely';
import { FreshetError, isFreshetError } from '../../../errors/error.ts';
import { classify, numberOf } from '../../../sql/sqlserver/classify.ts';
import { connect, type SqlServerPool } from '../../../sql/sqlserver/connect.ts';
import { sqlServerKysely } from '../../../sql/sqlserver/kysely.ts';
import { type ControlDialect, POOL } from '../dialect.ts';

/** deadlock, unique key (two), update conflict of a snapshot */
const LOST_RACES: readonly unknown[] = [1205, 2627, 2601, 3960];

/** Of each table whose rows are locked, one that is in no key. */
const LOCK_COLUMNS = {
  bells: 'starts',
  feeds: 'head',
  profiles: 'state',
  organizations: 'requests_paid_at',
  calls: 'moments',
  environments: 'settings',
  schedules: 'schedule',
} as const;

export const sqlServerDialect: ControlDialect = {
  open: (connectionString) =>
    sqlServerKysely(openPool(connectionString), {
      statementTimeoutMs: POOL.statementTimeoutMs,
      lockColumns: LOCK_COLUMNS,
    }),
  now: sql<number>`cast(datediff_big(millisecond, '1970-01-01T00:00:00', sysutcdatetime()) as double precision)`,
  types: {
    // By bytes, whatever collation a database has; short enough for two to be a key.
    name: sql`nvarchar(220) collate Latin1_General_BIN2`,
    text: sql`nvarchar(max)`,
    // Numbers of JavaScript's, which the driver reads as such; of 64 bits it would make texts.
    moment: sql`double precision`,
    count: sql`double precision`,
    flag: sql`bit`,
    sequence: sql`bigint`,
  },
  sequence: (column) => column.identity(),
  async beginMigration(tx, schema) {
    // Whoever waits too long loses the connection by the statement's own limit.
    await sql`exec sp_getapplock @Resource = 'freshet migration', @LockMode = 'Exclusive', @LockOwner = 'Transaction',
      @LockTimeout = -1`.execute(tx);
    const { rows } = await sql`select 1 as stands from sys.schemas where name = ${schema}`.execute(tx);
    if (rows.length === 0) await tx.schema.createSchema(schema).execute();
  },
  async hasTable(tx, schema, table) {
    const { rows } =
      await sql`select 1 as stands from information_schema.tables where table_schema = ${schema} and table_name = ${table}`.execute(
        tx,
      );
    return rows.length > 0;
  },
  isLostRace: (error) => LOST_RACES.includes(numberOf(error)),
  classify,
};

function openPool(connectionString: string): SqlServerPool {
  try {
    return connect(connectionString, POOL);
  } catch (error) {
    if (!isFreshetError(error, 'DESTINATION_ADDRESS_INVALID')) throw error;
    throw new FreshetError('SETTING_INVALID', { name: 'FRESHET_CONTROL_DATABASE', ...error.values }, error);
  }
}
