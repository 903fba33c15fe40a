import { z } from 'zod';
import { FreshetError } from '../../errors/error.ts';
import type { LogLevel } from '../log/port.ts';
import type { SecretText } from './secret-text.ts';
import {
  azureSqlServers,
  databaseAddress,
  flag,
  hostName,
  hostsWithPort,
  list,
  oneOf,
  organizations,
  secret,
  serviceUrl,
  wholeNumber,
} from './settings.ts';

/** What an installation is set up with. Deeply frozen; secrets do not print. */
export interface Configuration {
  /** A PostgreSQL URL, or a connection string of SQL Server. */
  readonly controlDatabase: SecretText;
  readonly storage: { readonly connectionString: SecretText } | { readonly accountUrl: string };
  readonly serviceBus: { readonly connectionString: SecretText } | { readonly host: string };
  /** With the key that Dataverse itself signs its notifications with: it has no identity there. */
  readonly notificationsConnection: SecretText;
  readonly organizations: readonly OrganizationSetting[];
  /** Vaults that are not Azure's, each as `host:port`. */
  readonly vaultHosts: readonly string[];
  /** Addresses of the secrets that pages and retries are encrypted with; the first for what is new. Empty: by the storage alone. */
  readonly dataKeys: readonly string[];
  readonly issuer: string;
  /** Accepted values of `aud`; the first is the resource that clients ask tokens for. */
  readonly audiences: readonly string[];
  /** Null: the identity that Azure gives. */
  readonly tokenEndpoint: string | null;
  readonly roles: 'token' | 'dataverse';
  /** A profile that stands still longer is resynchronized. */
  readonly retentionDays: number;
  /** Per organization. */
  readonly sweepRequestsPerDay: number;
  /** Between two refreshes of values that change without a version; null: never. */
  readonly refreshIntervalMs: number | null;
  /** Between two reconciliations of a profile by schedule; null: only on demand. */
  readonly reconcileIntervalMs: number | null;
  /** Between two full reads of an entity without change tracking. */
  readonly wholeReadIntervalMs: number;
  /** Between two probes of a destination that cannot be used. */
  readonly probeIntervalMs: number;
  /** What reads and applies of one instance may hold. */
  readonly memoryBudgetBytes: number;
  readonly refresh: RefreshSettings;
  readonly logLevel: LogLevel;
  readonly logFormat: 'json' | 'text';
}

/** What the refresh of environments is set up with. */
export interface RefreshSettings {
  /** Triggering calls within 24 hours, over all projects. */
  readonly limit: number;
  readonly allowOtherTenant: boolean;
  readonly unavailableThroughout: boolean;
  readonly secondPersonSignsOff: boolean;
  readonly synchronizationMaxMs: number;
  /** Resource ids. */
  readonly azureSqlServers: readonly string[];
  /** Null: that of the server's own backups. */
  readonly backupFolder: string | null;
  /** A file with the customer's own scrub rules; null: the default ones alone. */
  readonly rulesFile: string | null;
}

export interface OrganizationSetting {
  /** Lower-case GUID. */
  readonly id: string;
  /** Origin without a slash at its end. */
  readonly url: string;
  /** Lower-case GUID. */
  readonly tenantId: string;
}

/** Every setting, by its name in the environment. local.settings.sample.json holds an example of each. */
export const SETTINGS = z.object({
  FRESHET_CONTROL_DATABASE: databaseAddress,
  AzureWebJobsStorage: secret.optional(),
  /** Instead of AzureWebJobsStorage, as the Functions host has it: with Freshet's own identity. */
  AzureWebJobsStorage__blobServiceUri: serviceUrl.optional(),
  ServiceBusConnection: secret.optional(),
  /** Instead of ServiceBusConnection, likewise. */
  ServiceBusConnection__fullyQualifiedNamespace: hostName.optional(),
  /** When absent, ServiceBusConnection. Give one that may only send to the queue `notifications`. */
  FRESHET_NOTIFICATIONS_CONNECTION: secret,
  FRESHET_ORGANIZATIONS: organizations,
  FRESHET_VAULT_HOSTS: hostsWithPort.default([]),
  /** Comma-separated. To change the key: add the new one at the end, restart, move it to the front, restart; drop the old one when no page or failed record is that old. */
  FRESHET_DATA_KEYS: list.default([]),
  FRESHET_ISSUER: serviceUrl,
  FRESHET_AUDIENCE: list.refine((items) => items.length > 0 && items.every((item) => !/["\s\\]/.test(item)), {
    error: 'it is not a comma-separated list of audiences',
  }),
  FRESHET_TOKEN_ENDPOINT: serviceUrl.optional(),
  FRESHET_ROLES: oneOf(['token', 'dataverse']).optional(),
  FRESHET_RETENTION_DAYS: wholeNumber(1, 365).default(7),
  FRESHET_SWEEP_REQUESTS_PER_DAY: wholeNumber(100, 1_000_000).default(20_000),
  /** 0: never. */
  FRESHET_REFRESH_HOURS: wholeNumber(0, 8_760).default(24),
  /** 0: only on demand. */
  FRESHET_RECONCILE_HOURS: wholeNumber(0, 8_760).default(168),
  FRESHET_WHOLE_READ_MINUTES: wholeNumber(1, 10_080).default(15),
  FRESHET_PROBE_INTERVAL_S: wholeNumber(1, 3_600).default(60),
  FRESHET_MEMORY_BUDGET_MB: wholeNumber(32, 65_536).default(256),
  FRESHET_REFRESH_LIMIT: wholeNumber(1, 1_000).default(3),
  /** The target of a refresh may have another tenant than its source. */
  FRESHET_REFRESH_ALLOW_OTHER_TENANT: flag.default(false),
  /** The target is unavailable from the first step on, as with the original; else for the swap alone. */
  FRESHET_REFRESH_UNAVAILABLE_THROUGHOUT: flag.default(false),
  /** Whoever began a refresh may not sign it off. */
  FRESHET_REFRESH_SECOND_PERSON: flag.default(false),
  FRESHET_REFRESH_SYNCHRONIZATION_MINUTES: wholeNumber(1, 10_080).default(180),
  /** Resource ids of the logical servers of Azure SQL whose databases may be restored. Comma-separated. */
  FRESHET_AZURE_SQL_SERVERS: azureSqlServers.default([]),
  /** The folder for backups that source and target of a refresh both reach, when both are SQL Servers of one's own. */
  FRESHET_BACKUP_FOLDER: z.string().optional(),
  /** The path of a file with scrub rules that are added to the default ones. */
  FRESHET_SCRUB_RULES: z.string().optional(),
  FRESHET_LOG_LEVEL: oneOf(['debug', 'info', 'warn', 'error']).default('info'),
  FRESHET_LOG_FORMAT: oneOf(['json', 'text']).default('json'),
});

type Settings = z.infer<typeof SETTINGS>;
type Environment = Readonly<Record<string, string | undefined>>;

interface Fault {
  readonly name: string;
  readonly reason: string;
}

/** Reads the environment. Errors: SETTING_INVALID, which names every setting that is wrong. */
export function readConfiguration(environment: Environment): Configuration {
  // Azure keeps a setting that was emptied in the portal as an empty text.
  const given: Environment = Object.fromEntries(Object.entries(environment).filter(([, value]) => value?.trim()));
  const { data, error } = SETTINGS.safeParse({
    FRESHET_NOTIFICATIONS_CONNECTION: given.ServiceBusConnection,
    ...given,
  });
  const faults = [...(error?.issues ?? []).map(faultOf), ...missingConnections(given)];
  if (!data || faults.length > 0) throw invalid(faults);
  return deepFreeze(configurationOf(data));
}

function configurationOf(settings: Settings): Configuration {
  const tokenEndpoint = settings.FRESHET_TOKEN_ENDPOINT ?? null;
  return {
    controlDatabase: settings.FRESHET_CONTROL_DATABASE,
    storage: settings.AzureWebJobsStorage
      ? { connectionString: settings.AzureWebJobsStorage }
      : { accountUrl: settings.AzureWebJobsStorage__blobServiceUri ?? '' },
    serviceBus: settings.ServiceBusConnection
      ? { connectionString: settings.ServiceBusConnection }
      : { host: settings.ServiceBusConnection__fullyQualifiedNamespace ?? '' },
    notificationsConnection: settings.FRESHET_NOTIFICATIONS_CONNECTION,
    organizations: settings.FRESHET_ORGANIZATIONS,
    vaultHosts: settings.FRESHET_VAULT_HOSTS,
    dataKeys: settings.FRESHET_DATA_KEYS,
    issuer: settings.FRESHET_ISSUER,
    audiences: settings.FRESHET_AUDIENCE,
    tokenEndpoint,
    // An issuer that gives Freshet its tokens is the local one, which writes the roles into everybody's.
    roles: settings.FRESHET_ROLES ?? (tokenEndpoint === null ? 'dataverse' : 'token'),
    retentionDays: settings.FRESHET_RETENTION_DAYS,
    sweepRequestsPerDay: settings.FRESHET_SWEEP_REQUESTS_PER_DAY,
    refreshIntervalMs: hoursOrNever(settings.FRESHET_REFRESH_HOURS),
    reconcileIntervalMs: hoursOrNever(settings.FRESHET_RECONCILE_HOURS),
    wholeReadIntervalMs: settings.FRESHET_WHOLE_READ_MINUTES * 60_000,
    probeIntervalMs: settings.FRESHET_PROBE_INTERVAL_S * 1000,
    memoryBudgetBytes: settings.FRESHET_MEMORY_BUDGET_MB * 2 ** 20,
    refresh: {
      limit: settings.FRESHET_REFRESH_LIMIT,
      allowOtherTenant: settings.FRESHET_REFRESH_ALLOW_OTHER_TENANT,
      unavailableThroughout: settings.FRESHET_REFRESH_UNAVAILABLE_THROUGHOUT,
      secondPersonSignsOff: settings.FRESHET_REFRESH_SECOND_PERSON,
      synchronizationMaxMs: settings.FRESHET_REFRESH_SYNCHRONIZATION_MINUTES * 60_000,
      azureSqlServers: settings.FRESHET_AZURE_SQL_SERVERS,
      backupFolder: settings.FRESHET_BACKUP_FOLDER ?? null,
      rulesFile: settings.FRESHET_SCRUB_RULES ?? null,
    },
    logLevel: settings.FRESHET_LOG_LEVEL,
    logFormat: settings.FRESHET_LOG_FORMAT,
  };
}

/** In ms; null for none at all. */
function hoursOrNever(hours: number): number | null {
  return hours === 0 ? null : hours * 3_600_000;
}

/** Each pair: by key, or by Freshet's own identity. One of the two is needed. */
const CONNECTIONS = [
  ['AzureWebJobsStorage', 'AzureWebJobsStorage__blobServiceUri'],
  ['ServiceBusConnection', 'ServiceBusConnection__fullyQualifiedNamespace'],
] as const;

function missingConnections(given: Environment): Fault[] {
  return CONNECTIONS.filter((pair) => pair.every((name) => given[name] === undefined)).map(([name, other]) => ({
    name,
    reason: `it is missing, and so is ${other}`,
  }));
}

/** A fault inside FRESHET_ORGANIZATIONS also says in which entry, counted from 1. */
function faultOf({ path: [name, index, property], message }: z.core.$ZodIssue): Fault {
  const place = typeof index === 'number' ? [`entry ${index + 1}`, property] : [index, property];
  const where = place.filter((part) => part !== undefined).join(', ');
  return { name: String(name), reason: where === '' ? message : `${where}: ${message}` };
}

function invalid(faults: readonly Fault[]): FreshetError {
  const name = [...new Set(faults.map((fault) => fault.name))].join(', ');
  const reasons = faults.map((fault) => (faults.length === 1 ? fault.reason : `${fault.name}: ${fault.reason}`));
  return new FreshetError('SETTING_INVALID', { name, reason: reasons.join('; ') });
}

function deepFreeze<T extends object>(value: T): T {
  for (const part of Object.values(value)) if (typeof part === 'object' && part !== null) deepFreeze(part);
  return Object.freeze(value);
}
