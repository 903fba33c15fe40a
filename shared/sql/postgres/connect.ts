import type { Socket } from 'node:net';
import pg from 'pg';
import { type PostgresAddress, parseAddress, type TlsMode } from './address.ts';

/** What the adapters use of a pool; Kysely's PostgreSQL dialect takes it as it is. */
export interface PostgresPool {
  /** A connection for one unit of work; give it back with `release()`, or with `release(true)` to end it. */
  connect(): Promise<pg.PoolClient>;
  /** Ends all connections, those in use included. Safe to repeat. */
  end(): Promise<void>;
}

export interface ConnectOptions {
  /** Another database of the server than the connection string names. */
  readonly database?: string;
  /** Connections at once: four entities side by side, and room for a question between. */
  readonly maxConnections?: number;
  readonly connectTimeoutMs?: number;
  /** The server ends longer statements (SQLSTATE 57014). */
  readonly statementTimeoutMs?: number;
  /** The server ends longer waits for a lock (SQLSTATE 55P03). */
  readonly lockTimeoutMs?: number;
  /** A connection in use that carries no byte for so long is destroyed: the peer is gone and will never say so. */
  readonly silenceMs?: number;
}

type Limits = Required<Omit<ConnectOptions, 'database'>>;

const DEFAULTS = {
  maxConnections: 6,
  connectTimeoutMs: 5_000,
  statementTimeoutMs: 60_000,
  lockTimeoutMs: 15_000,
  silenceMs: 65_000,
} as const satisfies Limits;

const IDLE_MS = 30_000;
/** A transaction whose client vanished would keep its locks until TCP gives up, which takes hours by default. */
const ABANDONED_MS = 60_000;
const KEEP_ALIVE_MS = 30_000;

/**
 * Connections to the database that the text names; none is made before the first is asked for. Errors: the text
 * DESTINATION_ADDRESS_INVALID at once; everything later as pg throws it, for `classify`.
 */
export function connect(connectionString: string, options: ConnectOptions = {}): PostgresPool {
  const { database, ...limits } = { ...DEFAULTS, ...options };
  const named = parseAddress(connectionString);
  const address = database === undefined ? named : { ...named, database };
  const inUse = new Set<pg.PoolClient>();
  let pool = makePool(address, address.tls, limits, inUse);

  const connectPlain = async (refused: pg.Pool) => {
    // Several first callers may be refused at once: the first of them changes the pool for all.
    if (pool === refused) {
      pool = makePool(address, 'disable', limits, inUse);
      await refused.end();
    }
    return pool.connect();
  };
  return {
    async connect() {
      const current = pool;
      try {
        return await current.connect();
      } catch (error) {
        if (address.tls !== 'prefer' || !offersNoTls(error)) throw error;
        return connectPlain(current);
      }
    },
    async end() {
      for (const client of inUse) socketOf(client).destroy();
      if (!pool.ending) await pool.end();
    },
  };
}

/** From now on the connection may be silent for `ms`, until it is given back. */
export function limitSilence(client: pg.ClientBase, ms: number): void {
  const stream = socketOf(client);
  stream.removeAllListeners('timeout');
  stream.setTimeout(ms, () => stream.destroy(new Error(SILENT)));
}

/** The text of the error that `limitSilence` ends a connection with. */
export const SILENT = 'The server has been silent for too long';

function makePool(address: PostgresAddress, tls: TlsMode, limits: Limits, inUse: Set<pg.PoolClient>): pg.Pool {
  const pool = new pg.Pool({
    host: address.host,
    port: address.port,
    database: address.database,
    user: address.user,
    // A function, lest an empty password be replaced with one from this machine's environment.
    password: () => address.password,
    ssl: tlsOptions(tls),
    application_name: 'freshet',
    max: limits.maxConnections,
    connectionTimeoutMillis: limits.connectTimeoutMs,
    idleTimeoutMillis: IDLE_MS,
    keepAlive: true,
    keepAliveInitialDelayMillis: KEEP_ALIVE_MS,
    onConnect: (client) => prepareSession(client, limits),
  });
  pool.on('error', () => undefined); // an idle connection ended: the pool has dropped it already
  pool.on('acquire', (client) => {
    inUse.add(client);
    limitSilence(client, limits.silenceMs);
  });
  pool.on('release', (_error, client) => {
    inUse.delete(client);
    socketOf(client).setTimeout(0);
  });
  return pool;
}

/** As statements and not as start-up parameters, which connection poolers refuse. */
async function prepareSession(client: pg.ClientBase, limits: Limits): Promise<void> {
  limitSilence(client, limits.connectTimeoutMs);
  await client.query(
    `SET statement_timeout = ${limits.statementTimeoutMs}; SET lock_timeout = ${limits.lockTimeoutMs};
     SET idle_in_transaction_session_timeout = ${ABANDONED_MS};
     SET tcp_keepalives_idle = 30; SET tcp_keepalives_interval = 10; SET tcp_keepalives_count = 3`,
  );
}

function tlsOptions(mode: TlsMode): pg.ClientConfig['ssl'] {
  switch (mode) {
    case 'disable':
      return false;
    case 'verify-full':
      return true;
    case 'verify-ca':
      return { rejectUnauthorized: true, checkServerIdentity: () => undefined };
    default:
      return { rejectUnauthorized: false };
  }
}

/** The type of `stream` allows for other runtimes; on Node it is a socket, of TCP or TLS. */
function socketOf(client: pg.ClientBase): Socket {
  return (client as pg.Client).connection.stream as Socket;
}

function offersNoTls(error: unknown): boolean {
  return error instanceof Error && error.message === 'The server does not support SSL connections';
}
