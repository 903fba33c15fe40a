import type { Clock } from '../../platform/clock/port.ts';
import { type ConnectOptions, connect, type SqlServerPool } from '../../sql/sqlserver/connect.ts';
import { onConnection, type Session, unitsOn } from '../../sql/sqlserver/session.ts';
import type { Units } from '../../sql/units.ts';
import { serverNumber } from './errors.ts';

/** Databases are made, renamed and dropped from here; every server has it. */
const NEIGHBOUR = 'master';

/** A rule in a large table lasts as long as it does; keep-alives find a peer that is gone. */
const PATIENCE_MS = 2 ** 31 - 1;
const PATIENT = { statementTimeoutMs: PATIENCE_MS } as const;

/** A connection that was ended counts for a moment as if it were there: the database is in use, or cannot be locked. */
const IN_USE: readonly (number | undefined)[] = [3702, 5030];
const IN_USE_MS = 200;
const IN_USE_TRIES = 10;

/** To rename or drop a database a busy server ends all that goes on there first. */
const SERVER_WORK_MS = 600_000;

export type Connect = (connection: string, options: ConnectOptions) => SqlServerPool;

/** A unit of work whose statements may last as long as they do. */
export function onPatience<T>(pool: SqlServerPool, work: (session: Session) => Promise<T>): Promise<T> {
  return onConnection(pool, work, PATIENT);
}

/** Units of that kind. */
export function patientUnits(pool: SqlServerPool): Units<Session> {
  return unitsOn(pool, PATIENT);
}

/** Connections to the databases of one server. */
export class ServerConnections {
  readonly #connection: string;
  readonly #clock: Clock;
  readonly #connect: Connect;
  readonly #pools = new Map<string, SqlServerPool>();

  /** DESTINATION_ADDRESS_INVALID. */
  constructor(connection: string, clock: Clock, open: Connect = connect) {
    this.#connection = connection;
    this.#clock = clock;
    this.#connect = open;
    this.inside(NEIGHBOUR);
  }

  inside(name: string): SqlServerPool {
    const standing = this.#pools.get(name);
    if (standing) return standing;
    const pool = this.#connect(this.#connection, { database: name });
    this.#pools.set(name, pool);
    return pool;
  }

  onServer<T>(work: (session: Session) => Promise<T>): Promise<T> {
    return onConnection(this.inside(NEIGHBOUR), work, { statementTimeoutMs: SERVER_WORK_MS });
  }

  /** For a statement that takes a database for itself alone: after our own connections to it have ended. */
  async onceLeft(name: string, work: (session: Session) => Promise<void>): Promise<void> {
    await this.leave(name);
    for (let tries = 1; ; tries++) {
      try {
        return await this.onServer(work);
      } catch (error) {
        if (tries === IN_USE_TRIES || !IN_USE.includes(serverNumber(error))) throw error;
        await this.#clock.sleep(IN_USE_MS);
      }
    }
  }

  /** For one statement that lasts: on connections of its own, which end with the signal, and with them the statement. */
  async apart<T>(signal: AbortSignal, work: (session: Session) => Promise<T>): Promise<T> {
    const pool = this.#connect(this.#connection, { database: NEIGHBOUR, maxConnections: 1 });
    const end = () => void pool.end();
    signal.addEventListener('abort', end);
    try {
      signal.throwIfAborted();
      return await onPatience(pool, work);
    } finally {
      signal.removeEventListener('abort', end);
      await pool.end();
    }
  }

  /** Ends our own connections to a database: it cannot be renamed or dropped before. */
  async leave(name: string): Promise<void> {
    if (name === NEIGHBOUR) return;
    const pool = this.#pools.get(name);
    this.#pools.delete(name);
    await pool?.end();
  }

  async close(): Promise<void> {
    await Promise.all([...this.#pools.values()].map((pool) => pool.end()));
    this.#pools.clear();
  }
}
