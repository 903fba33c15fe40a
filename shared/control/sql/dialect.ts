import type { ColumnDefinitionBuilder, Dialect, Expression, Kysely, RawBuilder } from 'kysely';
import type { FreshetError } from '../../errors/error.ts';

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
    /** Of a column that counts up by itself. */
    readonly sequence: Expression<unknown>;
  };
  /** A column that counts up by itself. */
  sequence(column: ColumnDefinitionBuilder): ColumnDefinitionBuilder;
  /** In a transaction: until its end no other migration runs. Makes the schema if it is not there. */
  beginMigration(tx: Kysely<unknown>, schema: string): Promise<void>;
  /** Whether the schema has that table. */
  hasTable(tx: Kysely<unknown>, schema: string, table: string): Promise<boolean>;
  /** The work was undone as a whole and may succeed now: a deadlock, or somebody else inserted the same key first. */
  isLostRace(error: unknown): boolean;
  /** The failure with the database's words and without values; only class and text matter. */
  classify(error: unknown): FreshetError;
}

/** Statements are short; the longest are those that remove a feed or make tables. The time to connect is also that to wait for a connection that is free. */
export const POOL = {
  maxConnections: 16,
  connectTimeoutMs: 15_000,
  statementTimeoutMs: 30_000,
  lockTimeoutMs: 10_000,
} as const;
