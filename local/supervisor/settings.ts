import { StartFailure } from '../support/failure.ts';
import type { Addresses } from './addresses.ts';

export type Environment = Readonly<Record<string, string | undefined>>;

export interface LocalOrganization {
  readonly id: string;
  readonly url: string;
  readonly tenantId: string;
}

const DEFAULT_AUDIENCE = 'freshet';

/** Connection strings. */
export interface Databases {
  readonly control: string;
  /** The first value of the secret that profiles name. */
  readonly destination: string;
}

/** What the Functions app is set up with, by the names of its settings. */
export interface AppSettings {
  /** The one that local/dataverse simulates: that of the settings with its address, or else the default. */
  readonly simulated: LocalOrganization;
  readonly organizations: readonly LocalOrganization[];
  /** The resource that callers ask tokens for. */
  readonly audience: string;
  readonly databases: Databases;
  readonly environment: Readonly<Record<string, string>>;
}

/** Settings for the local parts; those of `environment` win. An empty one counts as not given. FRESHET_CONTROL and FRESHET_DESTINATION name other databases than the local ones. */
export function appSettings(addresses: Addresses, environment: Environment): AppSettings {
  const { FRESHET_CONTROL: control, FRESHET_DESTINATION: destination } = givenSettings(environment, []);
  const defaults: Record<string, string> = {
    FRESHET_CONTROL_DATABASE: control ?? addresses.postgres.control,
    AzureWebJobsStorage: addresses.azurite.connectionString,
    ServiceBusConnection: addresses.serviceBus.connectionString,
    FRESHET_ORGANIZATIONS: JSON.stringify([localOrganization(addresses)]),
    FRESHET_VAULT_HOSTS: `${addresses.keyVault.host},${addresses.keyVault.host.replace('127.0.0.1', 'localhost')}`,
    FRESHET_ISSUER: addresses.identity,
    FRESHET_AUDIENCE: DEFAULT_AUDIENCE,
    FRESHET_TOKEN_ENDPOINT: `${addresses.identity}/token`,
  };
  const settings = { ...defaults, ...givenSettings(environment, Object.keys(defaults)) };
  const organizations = readOrganizations(settings.FRESHET_ORGANIZATIONS ?? '');
  return {
    simulated:
      organizations.find(({ url }) => URL.parse(url)?.origin === addresses.dataverse) ?? localOrganization(addresses),
    organizations,
    databases: {
      control: settings.FRESHET_CONTROL_DATABASE ?? '',
      destination: destination ?? addresses.postgres.destination,
    },
    audience: settings.FRESHET_AUDIENCE?.split(',')[0]?.trim() ?? DEFAULT_AUDIENCE,
    environment: settings,
  };
}

/** Settings that were given and not left empty: Freshet's own, and those that stand in for a default. */
function givenSettings(environment: Environment, names: readonly string[]): Record<string, string> {
  const given = Object.entries(environment).flatMap(([name, value]) => {
    const text = value?.trim();
    return text && (name.startsWith('FRESHET_') || names.includes(name)) ? [[name, text] as const] : [];
  });
  return Object.fromEntries(given);
}

const localOrganization = (addresses: Addresses): LocalOrganization => ({
  id: '7f3b8c52-9d1e-4a6b-8c2d-1e5f7a9b3c4d',
  url: `${addresses.dataverse}/`,
  tenantId: '2a4c6e80-1b3d-4f5a-9c7e-8d6b4a2f0e1c',
});

/** Only as far as the local parts need it; the app itself tells exactly what is wrong. */
function readOrganizations(text: string): LocalOrganization[] {
  try {
    const organizations: unknown = JSON.parse(text);
    if (Array.isArray(organizations) && organizations.length > 0 && organizations.every(isOrganization))
      return organizations;
  } catch {
    // The same cure helps.
  }
  const cure = 'Give a JSON array of {"id", "url", "tenantId"}, or remove the setting';
  throw new StartFailure('the setting FRESHET_ORGANIZATIONS cannot be read', cure);
}

const isOrganization = (value: unknown): value is LocalOrganization =>
  typeof value === 'object' &&
  value !== null &&
  ['id', 'url', 'tenantId'].every((key) => typeof (value as Record<string, unknown>)[key] === 'string');

/** Nothing on this machine is asked through a proxy, whatever the proxy's variables say. */
export function withoutProxy(environment: Environment): Record<string, string> {
  const hosts = [environment.NO_PROXY ?? environment.no_proxy, '127.0.0.1', 'localhost'].filter(Boolean).join(',');
  return { NO_PROXY: hosts, no_proxy: hosts };
}
