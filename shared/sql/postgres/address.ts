import { FreshetError } from '../../errors/error.ts';

/**
 * How far the connection is protected, in the words of libpq and Npgsql. `prefer` takes TLS if the server offers it;
 * `require` insists but trusts any certificate; `verify-ca` checks the chain, `verify-full` the host name as well.
 */
export type TlsMode = 'disable' | 'prefer' | 'require' | 'verify-ca' | 'verify-full';

export interface PostgresAddress {
  readonly host: string;
  readonly port: number;
  readonly database: string;
  readonly user: string;
  readonly password: string;
  readonly tls: TlsMode;
}

const DEFAULT_PORT = 5432;

/** Spellings of keys, without spaces and in lower case, that .NET and libpq users know. */
const KEYS: Readonly<Record<string, 'host' | 'port' | 'database' | 'user' | 'password' | 'tls' | 'trust'>> = {
  host: 'host',
  server: 'host',
  address: 'host',
  datasource: 'host',
  port: 'port',
  database: 'database',
  db: 'database',
  dbname: 'database',
  initialcatalog: 'database',
  username: 'user',
  userid: 'user',
  user: 'user',
  uid: 'user',
  password: 'password',
  pwd: 'password',
  sslmode: 'tls',
  trustservercertificate: 'trust',
};

const TLS_MODES: Readonly<Record<string, TlsMode>> = {
  disable: 'disable',
  allow: 'prefer',
  prefer: 'prefer',
  require: 'require',
  verifyca: 'verify-ca',
  verifyfull: 'verify-full',
};

/** False where the connection may go unencrypted over a network: TLS is refused, or left to the server. */
export function isProtected({ host, tls }: Pick<PostgresAddress, 'host' | 'tls'>): boolean {
  return (tls !== 'disable' && tls !== 'prefer') || /^(?:localhost|127(?:\.\d{1,3}){3}|::1)$/i.test(host);
}

type Part = (typeof KEYS)[string];
type Parts = Partial<Record<Part, string>>;

/**
 * Reads `postgres://user:password@host:port/database?sslmode=…` or `Host=…;Port=…;Database=…;Username=…;Password=…`.
 * DESTINATION_ADDRESS_INVALID says what is wrong and never quotes the text, for it holds a password.
 */
export function parseAddress(text: string): PostgresAddress {
  const trimmed = text.trim();
  const parts = /^postgres(ql)?:\/\//i.test(trimmed) ? partsOfUrl(trimmed) : partsOfPairs(trimmed);
  return {
    host: hostOf(parts.host),
    port: portOf(parts.port),
    database: parts.database || refuse('it names no database'),
    user: parts.user || refuse('it names no user'),
    password: parts.password ?? '',
    tls: tlsOf(parts),
  };
}

function partsOfUrl(text: string): Parts {
  try {
    const url = new URL(text);
    const query = [...url.searchParams].map(([key, value]): [string, string] => [normalKey(key), value]);
    return {
      host: url.hostname.replace(/^\[(.*)\]$/, '$1'),
      port: url.port,
      database: decodeURIComponent(url.pathname.slice(1)),
      user: decodeURIComponent(url.username),
      password: decodeURIComponent(url.password),
      ...partsOf(query.filter(([key]) => KEYS[key] === 'tls' || KEYS[key] === 'trust')),
    };
  } catch {
    return refuse('its URL cannot be read');
  }
}

/** One `key=value`; the value may be quoted, the quote inside it is doubled then. */
const PAIR = /\s*([^=;]+?)\s*=\s*(?:"((?:[^"]|"")*)"|'((?:[^']|'')*)'|([^;]*?))\s*(?:;|$)/y;

function partsOfPairs(text: string): Parts {
  const pairs: [string, string][] = [];
  PAIR.lastIndex = 0;
  while (PAIR.lastIndex < text.length) {
    if (/^[\s;]*$/.test(text.slice(PAIR.lastIndex))) break;
    const match = PAIR.exec(text);
    if (!match?.[1]) return refuse('it is neither a PostgreSQL URL nor a list of keys and values');
    const value = match[2]?.replaceAll('""', '"') ?? match[3]?.replaceAll("''", "'") ?? match[4] ?? '';
    pairs.push([normalKey(match[1]), value]);
  }
  return partsOf(pairs);
}

function partsOf(pairs: readonly (readonly [string, string])[]): Parts {
  return Object.fromEntries(pairs.flatMap(([key, value]) => (Object.hasOwn(KEYS, key) ? [[KEYS[key], value]] : [])));
}

function normalKey(key: string): string {
  return key.toLowerCase().replace(/[\s_]/g, '');
}

/** Only a network address: a socket of this machine is nothing that a customer's secret may open. */
function hostOf(host: string | undefined): string {
  if (!host) return refuse('it names no server');
  if (host.startsWith('/') || host.startsWith('@')) return refuse('its server is not a network address');
  if (host.includes(',')) return refuse('it names more than one server');
  return host;
}

function portOf(port: string | undefined): number {
  if (!port) return DEFAULT_PORT;
  const number = Number(port);
  return Number.isInteger(number) && number > 0 && number < 65_536 ? number : refuse('its port is not a port number');
}

function tlsOf({ tls, trust }: Parts): TlsMode {
  const mode = TLS_MODES[(tls || 'prefer').toLowerCase().replace(/[-\s]/g, '')] ?? refuse('its SSL mode is not known');
  const trusting = trust !== undefined && /^(true|yes|1)$/i.test(trust.trim());
  return trusting && mode.startsWith('verify') ? 'require' : mode;
}

function refuse(reason: string): never {
  throw new FreshetError('DESTINATION_ADDRESS_INVALID', { reason });
}
