import { FreshetError } from '../../errors/error.ts';

/** A secret's address whose host is an allowed vault. */
export interface VaultUrl {
  /** The vault's origin: `https://<host>[:<port>]`. */
  readonly vault: string;
  /** Host, and port where it is not 443. */
  readonly host: string;
  /** As given: names are case-sensitive here. */
  readonly name: string;
  /** Absent: the current version. */
  readonly version?: string;
  /** The host is one of the installation's own list, not of Azure. */
  readonly listed: boolean;
}

/** Azure's public cloud, China and US government. */
const VAULT_DOMAINS = ['vault.azure.net', 'vault.azure.cn', 'vault.usgovcloudapi.net'];

/** Azure's rule for names of vaults; no two hyphens follow each other, so none is punycode (`xn--`). */
const VAULT_NAME = /^(?=.{3,24}$)[a-z](?:-?[a-z0-9])*$/;

const HOST_AND_PORT = /^([a-z0-9.-]+)(?::([1-9][0-9]{0,4}))?$/i;

/** Azure's rule for names of secrets; versions are 32 hexadecimal digits there, and nothing else that could be a path. */
const PATH = /^\/secrets\/([0-9a-zA-Z-]{1,127})(?:\/([0-9a-zA-Z]{1,127}))?\/?$/;

const HTTPS_PORT = '443';

/**
 * Reads `https://<vault>[:443]/secrets/<name>[/<version>][/]`. The text is matched as it stands, before any URL parser
 * mends it: what a parser would decode, trim or resolve is refused. `allowed`: further vaults, each as `host:port`.
 * Errors: VAULT_URL_REFUSED.
 */
export function parseVaultUrl(url: string, allowed: readonly string[] = []): VaultUrl {
  const { authority, path } = split(url);
  const [, givenHost, port = HTTPS_PORT] = HOST_AND_PORT.exec(authority) ?? refuse('the host is not a plain name');
  const host = (givenHost ?? '').toLowerCase();
  const listed = allowed.some((entry) => entry.toLowerCase() === `${host}:${port}`);
  if (!listed) checkAzureVault(host, port);
  const [, name = '', version] =
    PATH.exec(path) ?? refuse('the path is not /secrets/<name> or /secrets/<name>/<version>');
  const hostAndPort = port === HTTPS_PORT ? host : `${host}:${port}`;
  return {
    vault: `https://${hostAndPort}`,
    host: hostAndPort,
    name,
    listed,
    ...(version !== undefined && { version }),
  };
}

function split(url: string): { authority: string; path: string } {
  const scheme = 'https://';
  if (!url.startsWith(scheme)) return refuse('it does not begin with https://');
  const slash = url.indexOf('/', scheme.length);
  if (slash === -1) return refuse('it names no secret');
  const authority = url.slice(scheme.length, slash);
  if (authority.includes('@')) return refuse('it holds user information');
  return { authority, path: url.slice(slash) };
}

function checkAzureVault(host: string, port: string): void {
  const [vaultName = '', ...domain] = host.split('.');
  if (!VAULT_DOMAINS.includes(domain.join('.'))) refuse('the host is not a vault of Azure or of FRESHET_VAULT_HOSTS');
  if (!VAULT_NAME.test(vaultName)) refuse('the host does not name a vault as Azure names them');
  if (port !== HTTPS_PORT) refuse(`the port is not ${HTTPS_PORT}`);
}

/** The URL itself is not repeated: it may hold a password. */
function refuse(reason: string): never {
  throw new FreshetError('VAULT_URL_REFUSED', { reason });
}
