import { parse } from '@tediousjs/connection-string';
import { FreshetError } from '../../errors/error.ts';

/** Who the connection is for: a login of the server, or an identity of Entra. */
export type SqlServerLogin =
  | { readonly kind: 'password'; readonly user: string; readonly password: string }
  | { readonly kind: 'managed identity'; readonly clientId: string | null }
  | {
      readonly kind: 'service principal';
      readonly tenantId: string;
      readonly clientId: string;
      readonly secret: string;
    }
  | { readonly kind: 'default' };

export interface SqlServerAddress {
  readonly host: string;
  readonly port: number;
  readonly database: string;
  readonly login: SqlServerLogin;
  /** `strict`: TLS before the first byte of the protocol (TDS 8). */
  readonly encryption: 'off' | 'on' | 'strict';
  /** The server's certificate is taken for what it says. */
  readonly trusting: boolean;
  /** Another name in the server's certificate than the host's. */
  readonly certificateName: string | null;
  /** Connecting through a listener whose addresses answer at different times. */
  readonly multiSubnet: boolean;
}

const DEFAULT_PORT = 1433;

type Part =
  | 'server'
  | 'database'
  | 'user'
  | 'password'
  | 'encryption'
  | 'trust'
  | 'certificate'
  | 'authentication'
  | 'integrated'
  | 'tenant'
  | 'multiSubnet';

/** Keywords of Microsoft.Data.SqlClient and their synonyms, without spaces and in lower case; `tenantid` is node-mssql's. */
const KEYS: Readonly<Record<string, Part>> = {
  server: 'server',
  datasource: 'server',
  addr: 'server',
  address: 'server',
  networkaddress: 'server',
  database: 'database',
  initialcatalog: 'database',
  user: 'user',
  userid: 'user',
  uid: 'user',
  password: 'password',
  pwd: 'password',
  encrypt: 'encryption',
  trustservercertificate: 'trust',
  hostnameincertificate: 'certificate',
  authentication: 'authentication',
  integratedsecurity: 'integrated',
  trustedconnection: 'integrated',
  tenantid: 'tenant',
  multisubnetfailover: 'multiSubnet',
};

type Parts = Partial<Record<Part, string>>;

/**
 * Reads a connection string as the Azure portal shows it: `Server=tcp:host,1433;Initial Catalog=…;User ID=…;Password=…`, or with
 * `Authentication=Active Directory …`. DESTINATION_ADDRESS_INVALID says what is wrong and never quotes the text.
 */
export function parseAddress(text: string): SqlServerAddress {
  const parts = partsOf(text);
  return {
    ...serverOf(parts.server),
    database: parts.database || refuse('it names no database'),
    login: loginOf(parts),
    encryption: encryptionOf(parts.encryption),
    trusting: isOn(parts.trust),
    certificateName: parts.certificate || null,
    multiSubnet: isOn(parts.multiSubnet),
  };
}

/** False where the connection may go unencrypted, or to whoever answers, over a network. */
export function isProtected({ host, encryption, trusting }: SqlServerAddress): boolean {
  return (encryption !== 'off' && !trusting) || /^(?:localhost|127(?:\.\d{1,3}){3}|::1)$/i.test(host);
}

function partsOf(text: string): Parts {
  try {
    const pairs = [...parse(text.trim())].map(
      ([key, value]) => [key.toLowerCase().replace(/[\s_]/g, ''), value] as const,
    );
    return Object.fromEntries(
      pairs.flatMap(([key, value]) => (Object.hasOwn(KEYS, key) ? [[KEYS[key], String(value ?? '').trim()]] : [])),
    );
  } catch {
    return refuse('it is no list of keys and values');
  }
}

/** `tcp:host`, `host,port`; a named instance is found by its port alone, for nothing else is open in a firewall. */
function serverOf(server: string | undefined): Pick<SqlServerAddress, 'host' | 'port'> {
  if (!server) return refuse('it names no server');
  const address = server.replace(/^tcp:/i, '');
  if (/^(np|lpc|admin):/i.test(address) || address.startsWith('\\\\'))
    return refuse('its server is not a network address');
  const [name = '', port, ...rest] = address.split(',').map((part) => part.trim());
  if (rest.length > 0) return refuse('it names more than one server');
  const [host = '', instance] = name.split('\\');
  if (instance !== undefined && port === undefined) return refuse('it names an instance without its port');
  if (host === '' || host === '.' || /^\((local|localdb|\.)\)$/i.test(host)) return refuse('it names no server');
  const number = port === undefined ? DEFAULT_PORT : Number(port);
  if (!Number.isInteger(number) || number <= 0 || number >= 65_536) return refuse('its port is not a port number');
  return { host: host.replace(/^\[(.*)\]$/, '$1'), port: number };
}

function loginOf({ authentication = '', integrated, user, password, tenant }: Parts): SqlServerLogin {
  const method = authentication.toLowerCase().replace(/[\s_]/g, '');
  switch (method) {
    case '':
    case 'sqlpassword':
      if (isOn(integrated))
        return refuse('it asks for Windows authentication, which no server outside of a domain has');
      return { kind: 'password', user: user || refuse('it names no user'), password: password ?? '' };
    case 'activedirectorymanagedidentity':
    case 'activedirectorymsi':
      return { kind: 'managed identity', clientId: user || null };
    case 'activedirectoryserviceprincipal':
      return servicePrincipal(user, password, tenant);
    case 'activedirectorydefault':
      return { kind: 'default' };
    default:
      return refuse('its Authentication is none that a service can use');
  }
}

/** The tenant stands in a key of its own, or behind the client's id: `User ID=<client>@<tenant>`. */
function servicePrincipal(user = '', secret = '', tenant = ''): SqlServerLogin {
  const [clientId = '', ofUser = ''] = user.split('@');
  if (clientId === '') return refuse('it names no user');
  if (secret === '') return refuse('it holds no password');
  const tenantId = tenant || ofUser || refuse('it names no tenant of the service principal (Tenant ID)');
  return { kind: 'service principal', tenantId, clientId, secret };
}

/** On unless it is switched off, as in Microsoft.Data.SqlClient since version 4. */
function encryptionOf(value: string | undefined): SqlServerAddress['encryption'] {
  const wish = (value || 'true').toLowerCase();
  if (['true', 'yes', 'mandatory'].includes(wish)) return 'on';
  if (['false', 'no', 'optional'].includes(wish)) return 'off';
  return wish === 'strict' ? 'strict' : refuse('its Encrypt is not known');
}

function isOn(value: string | undefined): boolean {
  return /^(true|yes|1|sspi)$/i.test(value ?? '');
}

function refuse(reason: string): never {
  throw new FreshetError('DESTINATION_ADDRESS_INVALID', { reason });
}
