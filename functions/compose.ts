import { createSqlControl } from '../shared/control/sql/control.ts';
import { WebApiRegistration } from '../shared/dataverse/web-api/registration.ts';
import { WebApiSource } from '../shared/dataverse/web-api/source.ts';
import { openDestination } from '../shared/destination/open.ts';
import { blobOperations } from '../shared/environment-databases/azuresql/kept-operations.ts';
import { openDatabases } from '../shared/environment-databases/open.ts';
import { Definitions } from '../shared/export/definitions.ts';
import { makeDestinations } from '../shared/export/destinations.ts';
import { PagesAtHand } from '../shared/export/pages-at-hand.ts';
import type { ExportPorts, Organization } from '../shared/export/ports.ts';
import { makeReaches } from '../shared/export/ring/reaches.ts';
import { AzureBlobs } from '../shared/platform/blobs/azure.ts';
import { randomId } from '../shared/platform/clock/ids.ts';
import { systemClock } from '../shared/platform/clock/system.ts';
import { type Configuration, readConfiguration } from '../shared/platform/configuration/configuration.ts';
import { noEncryption } from '../shared/platform/encryption/none.ts';
import { VaultKeys } from '../shared/platform/encryption/vault-keys.ts';
import { azureCredential } from '../shared/platform/identity/azure-credential.ts';
import type { Credential } from '../shared/platform/identity/credential.port.ts';
import { DataverseRoles } from '../shared/platform/identity/dataverse-roles.ts';
import { endpointCredential } from '../shared/platform/identity/endpoint-credential.ts';
import { JwtIdentity } from '../shared/platform/identity/jwt.ts';
import type { Identity, ProjectRoles, Roles } from '../shared/platform/identity/port.ts';
import { tokenProjectRoles, tokenRoles } from '../shared/platform/identity/token-roles.ts';
import { consoleLog } from '../shared/platform/log/console.ts';
import { MemoryBudget } from '../shared/platform/memory/budget.ts';
import { ServiceBusQueues } from '../shared/platform/queues/service-bus.ts';
import { KeyVaultSecrets } from '../shared/platform/secrets/key-vault.ts';
import type { Secrets } from '../shared/platform/secrets/port.ts';
import { HttpSynchronization } from '../shared/platform/synchronization/http.ts';
import type { RefreshPorts } from '../shared/refresh/ports.ts';
import { notificationQueueOf } from './notification-queue.ts';
import { scrubRules } from './scrub-rules.ts';

/** Everything that the functions of this process share. The only file that names adapters. */
export interface App {
  readonly ports: ExportPorts;
  readonly refresh: RefreshPorts;
  readonly identity: Identity;
  readonly roles: Roles;
  readonly projectRoles: ProjectRoles;
  readonly reachOf: ReturnType<typeof makeReaches>;
}

const DAY_MS = 86_400_000;
/** Of the memory budget's size, and beside it: contents at hand wait for no one, and nobody waits for them. */
const SHARE_AT_HAND = 1 / 16;

/** Wires the app from its settings. SETTING_INVALID names every wrong one. Connects to nothing yet. */
export function compose(environment: NodeJS.ProcessEnv): App {
  const configuration = readConfiguration(environment);
  const http = { fetch: globalThis.fetch, clock: systemClock };
  const log = consoleLog({ clock: systemClock, level: configuration.logLevel, format: configuration.logFormat });
  const credential = credentialOf(configuration, http);
  const secrets = new KeyVaultSecrets({ credential, allowed: configuration.vaultHosts, clock: systemClock });
  const ports = portsOf(configuration, environment, { credential, log, secrets });
  const organizations = [...configuration.organizations];
  return {
    ports,
    refresh: refreshPortsOf(configuration, ports, secrets, credential),
    identity: new JwtIdentity({ ...http, issuer: configuration.issuer, audiences: configuration.audiences }),
    roles:
      configuration.roles === 'token' ? tokenRoles : new DataverseRoles({ ...http, organizations, credential, log }),
    projectRoles: tokenProjectRoles,
    reachOf: makeReaches(ports),
  };
}

/** The refresh uses the export's control database, storage and clock. */
function refreshPortsOf(
  { refresh }: Configuration,
  { control, blobs, clock, newId, log }: ExportPorts,
  secrets: Secrets,
  credential: Credential,
): RefreshPorts {
  const { rulesFile, azureSqlServers: servers, backupFolder, ...options } = refresh;
  const backups = backupFolder === null ? {} : { backups: backupFolder };
  return {
    ...{ control, blobs, clock, newId, log, secrets, options },
    open: openDatabases({ clock, newId, credential, servers, operations: blobOperations(blobs), ...backups }),
    synchronization: new HttpSynchronization({ fetch: globalThis.fetch, clock }),
    rules: scrubRules(rulesFile),
  };
}

function credentialOf(
  configuration: Configuration,
  http: { fetch: typeof fetch; clock: typeof systemClock },
): Credential {
  const { tokenEndpoint } = configuration;
  return tokenEndpoint === null ? azureCredential() : endpointCredential({ ...http, url: tokenEndpoint });
}

function portsOf(
  configuration: Configuration,
  environment: NodeJS.ProcessEnv,
  { credential, log, secrets }: { credential: Credential; log: ExportPorts['log']; secrets: Secrets },
): ExportPorts {
  const { storage, serviceBus } = configuration;
  const clock = systemClock;
  const control = createSqlControl({ connectionString: configuration.controlDatabase.reveal() });
  const organizations = new Map(
    configuration.organizations.map((one): [string, Organization] => [one.id, { ...one, url: `${one.url}/` }]),
  );
  const urlOf = (organizationId: string) => organizations.get(organizationId)?.url ?? '';
  const sourceOf = cached((organizationId) => new WebApiSource({ url: urlOf(organizationId), credential, clock }));
  return {
    control,
    organizations,
    clock,
    log,
    newId: randomId,
    sourceOf,
    definitions: new Definitions({ sourceOf, control }),
    registrationOf: cached(
      (organizationId) =>
        new WebApiRegistration({
          url: urlOf(organizationId),
          credential,
          clock,
          ...notificationQueueOf(configuration.notificationsConnection.reveal(), environment.WEBSITE_SITE_NAME),
        }),
    ),
    destinations: makeDestinations({ secrets, organizations, open: openDestination }),
    blobs: new AzureBlobs(
      'connectionString' in storage
        ? { connectionString: storage.connectionString.reveal() }
        : { ...storage, credential },
      clock,
    ),
    encryption:
      configuration.dataKeys.length > 0
        ? new VaultKeys({ urls: configuration.dataKeys, secrets, clock })
        : noEncryption,
    queues: new ServiceBusQueues(
      'connectionString' in serviceBus
        ? { connectionString: serviceBus.connectionString.reveal() }
        : { ...serviceBus, credential },
    ),
    memory: new MemoryBudget(configuration.memoryBudgetBytes),
    atHand: new PagesAtHand(configuration.memoryBudgetBytes * SHARE_AT_HAND),
    options: {
      probeMs: configuration.probeIntervalMs,
      retentionMs: configuration.retentionDays * DAY_MS,
      sweepRequestsPerDay: configuration.sweepRequestsPerDay,
      refreshMs: configuration.refreshIntervalMs,
      reconcileMs: configuration.reconcileIntervalMs,
      wholeReadMs: configuration.wholeReadIntervalMs,
    },
  };
}

function cached<T>(make: (key: string) => T): (key: string) => T {
  const made = new Map<string, T>();
  return (key) => {
    const known = made.get(key) ?? make(key);
    made.set(key, known);
    return known;
  };
}
