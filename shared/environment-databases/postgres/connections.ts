import { type ConnectOptions, connect, type PostgresPool } from '../../sql/postgres/connect.ts';
import { inTransaction, onConnection, type Session } from '../../sql/postgres/session.ts';

/** Databases are made, renamed and dropped from a neighbour; this one every server has. */
const NEIGHBOUR = 'postgres';

/** Tables side by side while a copy is made: enough for the disk and both processes of a pair, few enough for a source in service. */
export const LANES = 4;

/** Copying a table or building an index lasts as long as it does; keep-alives find a peer that is gone. */
export const PATIENT: ConnectOptions = {
  statementTimeoutMs: 0,
  lockTimeoutMs: 0,
  silenceMs: 0,
  maxConnections: LANES + 2,
};

/** To make or drop a database, a busy server writes all that it holds in memory first. */
const SERVER_WORK_MS = 600_000;

/** Connections to the databases of one server. */
export class ServerConnections {
  readonly #connection: string;
  readonly #pools = new Map<string, PostgresPool>();

  /** DESTINATION_ADDRESS_INVALID. */
  constructor(connection: string) {
    this.#connection = connection;
    // Also holds the locks of copies under way, in silence.
    const limits = { statementTimeoutMs: SERVER_WORK_MS, silenceMs: 0 };
    this.#pools.set(NEIGHBOUR, connect(connection, { ...limits, database: NEIGHBOUR }));
  }

  /** A pool for one database, whose statements may last as long as they do. */
  inside(name: string): PostgresPool {
    const standing = this.#pools.get(name);
    if (standing) return standing;
    const pool = connect(this.#connection, { ...PATIENT, database: name });
    this.#pools.set(name, pool);
    return pool;
  }

  onServer<T>(work: (session: Session) => Promise<T>): Promise<T> {
    return onConnection(this.inside(NEIGHBOUR), work);
  }

  inServerTransaction<T>(work: (session: Session) => Promise<T>): Promise<T> {
    return inTransaction(this.inside(NEIGHBOUR), work);
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
