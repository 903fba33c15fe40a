import { CamelCasePlugin, Kysely, type RawBuilder, type SqlBool, sql, type Transaction } from 'kysely';
import { FreshetError } from '../../errors/error.ts';
import { LEASE_MS } from '../bells.port.ts';
import type { FeedKey } from '../model.ts';
import type { ControlDialect } from './dialect.ts';
import type { ControlTables } from './schema.ts';

export const SCHEMA = 'freshet';

export type Tables = Kysely<ControlTables>;
export type Tx = Transaction<ControlTables>;

/** The database as the stores use it. Rejections are registered errors. */
export interface ControlDatabase {
  /** One or more statements, each for itself. */
  run<T>(work: (db: Tables) => Promise<T>): Promise<T>;
  /** All or nothing, and again when another was faster: the work must read anew what it decides by. */
  transaction<T>(work: (tx: Tx) => Promise<T>): Promise<T>;
  now(): RawBuilder<number>;
  /** The end of a lease taken or lengthened now. */
  leaseEnd(): RawBuilder<number>;
  close(): Promise<void>;
}

/** Whoever loses a race that often is told so; the next attempt is the queue's. */
const ATTEMPTS = 5;

export function openDatabase(
  dialect: ControlDialect,
  connectionString: string,
  now: () => RawBuilder<number>,
): ControlDatabase {
  const kysely = new Kysely<ControlTables>({
    dialect: dialect.open(connectionString),
    plugins: [new CamelCasePlugin()],
  });
  const db = kysely.withSchema(SCHEMA);
  return {
    run: (work) => work(db).catch((error: unknown) => fail(dialect, error)),
    async transaction(work) {
      for (let attempt = 1; ; attempt++) {
        try {
          return await db.transaction().execute(work);
        } catch (error) {
          if (attempt === ATTEMPTS || !dialect.isLostRace(error)) return fail(dialect, error);
        }
      }
    },
    now,
    leaseEnd: () => sql<number>`${now()} + ${LEASE_MS}`,
    close: () => kysely.destroy(),
  };
}

/** A refused value or statement is our mistake; whatever else the database says is its own trouble. */
function fail(dialect: ControlDialect, error: unknown): never {
  const known = dialect.classify(error);
  const isOurs = known.class === 'bug' || known.class === 'row';
  const reason = String(known.values.text ?? known.message).replace(/\.$/, '');
  throw new FreshetError(isOurs ? 'CONTROL_BUG' : 'CONTROL_UNAVAILABLE', { reason }, error);
}

/** The rows of one feed, in any table that has them. */
export function isFeed({ organizationId, entity }: FeedKey): RawBuilder<SqlBool> {
  return sql`${sql.ref('organizationId')} = ${organizationId} and ${sql.ref('entity')} = ${entity}`;
}
