import { Pool } from 'tarn';
import { Connection, type ConnectionConfiguration } from 'tedious';
import type { SqlServerAddress, SqlServerLogin } from './address.ts';
import { parseAddress } from './address.ts';

/** What the adapters use of a pool. */
export interface SqlServerPool {
  /** A connection for one unit of work, whatever the one before left in its session. */
  acquire(): Promise<Connection>;
  /** Gives it back, or, with `broken`, ends it. */
  release(connection: Connection, broken: boolean): void;
  /** Ends all connections, those in use included. Safe to repeat. */
  end(): Promise<void>;
}

export interface ConnectOptions {
  /** Another database of the server than the connection string names. */
  readonly database?: string;
  /** Connections at once: four entities side by side, and room for a question between. */
  readonly maxConnections?: number;
  readonly connectTimeoutMs?: number;
}

const MAX_CONNECTIONS = 6;
const CONNECT_TIMEOUT_MS = 15_000;
const IDLE_MS = 30_000;
/** The largest that encrypted connections may have. */
const PACKET_BYTES = 16_383;

/**
 * Connections to the database that the text names; none is made before the first is asked for. Errors: the text
 * DESTINATION_ADDRESS_INVALID at once; everything later as tedious throws it, for `classify`.
 */
export function connect(connectionString: string, options: ConnectOptions = {}): SqlServerPool {
  const { database, maxConnections = MAX_CONNECTIONS, connectTimeoutMs = CONNECT_TIMEOUT_MS } = options;
  const named = parseAddress(connectionString);
  const address = database === undefined ? named : { ...named, database };
  const open = new Set<Connection>();
  const pool = new Pool<Connection>({
    create: () => openConnection(address, connectTimeoutMs, open),
    destroy: closeConnection,
    validate: (connection) => open.has(connection),
    min: 0,
    max: maxConnections,
    idleTimeoutMillis: IDLE_MS,
    // tedious itself gives up in time; who waits for a free connection waits as long as others work.
    createTimeoutMillis: 2 * connectTimeoutMs,
    propagateCreateError: true,
  });
  let ended: Promise<unknown> | undefined;
  return {
    async acquire() {
      if (ended) throw Object.assign(new Error('the pool is closed'), { code: 'ECLOSE' });
      return pool.acquire().promise;
    },
    release(connection, broken) {
      if (broken) {
        // Its end is told later, and nobody may get it until then.
        open.delete(connection);
        connection.close();
      }
      pool.release(connection);
    },
    async end() {
      for (const connection of open) connection.close();
      ended ??= pool.destroy();
      await ended;
    },
  };
}

async function openConnection(
  address: SqlServerAddress,
  connectTimeoutMs: number,
  open: Set<Connection>,
): Promise<Connection> {
  const connection = new Connection(await configurationOf(address, connectTimeoutMs));
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  // A loss is told as an event beside the rejection of the request under way.
  connection.on('error', () => undefined);
  connection.on('end', () => open.delete(connection));
  connection.connect((error) => (error ? reject(error) : resolve()));
  try {
    await promise;
  } catch (error) {
    connection.close();
    throw error;
  }
  open.add(connection);
  return connection;
}

async function configurationOf(address: SqlServerAddress, connectTimeoutMs: number): Promise<ConnectionConfiguration> {
  const { host, port, database, login, encryption, trusting, certificateName, multiSubnet } = address;
  return {
    server: host,
    authentication: await authenticationOf(login),
    options: {
      port,
      database,
      encrypt: encryption === 'strict' ? 'strict' : encryption === 'on',
      trustServerCertificate: trusting,
      ...(certificateName === null ? {} : { serverName: certificateName }),
      multiSubnetFailover: multiSubnet,
      appName: 'freshet',
      packetSize: PACKET_BYTES,
      connectTimeout: connectTimeoutMs,
      // A watch of our own ends what takes too long: a request that is only cancelled may hang on at a server that is gone.
      requestTimeout: 0,
      // Five connections in a row that fail at once are for whoever knows what they are needed for.
      maxRetriesOnTransientErrors: 0,
      abortTransactionOnError: true,
      enableArithAbort: true,
      useUTC: true,
      lowerCaseGuids: true,
      datefirst: 7,
    },
  };
}

/** Identities of Entra are asked for here, so that installations without them never load the library. */
async function authenticationOf(
  login: SqlServerLogin,
): Promise<NonNullable<ConnectionConfiguration['authentication']>> {
  if (login.kind === 'password') {
    return { type: 'default', options: { userName: login.user, password: login.password } };
  }
  const identity = await import('@azure/identity');
  switch (login.kind) {
    case 'managed identity': {
      const options = login.clientId === null ? {} : { clientId: login.clientId };
      return { type: 'token-credential', options: { credential: new identity.ManagedIdentityCredential(options) } };
    }
    case 'service principal': {
      const { tenantId, clientId, secret } = login;
      const credential = new identity.ClientSecretCredential(tenantId, clientId, secret);
      return { type: 'token-credential', options: { credential } };
    }
    case 'default':
      return { type: 'token-credential', options: { credential: new identity.DefaultAzureCredential() } };
  }
}

function closeConnection(connection: Connection): void {
  connection.close();
}
