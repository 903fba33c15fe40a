import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { FreshetClient } from '../../local/client/freshet-client.ts';
import { OrganizationClient } from '../../local/client/organization-client.ts';
import { type Onlooker, onlookerOf } from '../../local/databases/onlooker.ts';
import { type Reconciliation, reconcile } from '../../local/demo/reconcile.ts';
import { PRODUCT_QUEUES } from '../../local/service-bus/queues.ts';
import { type ScratchInstallation, startScratch } from '../../local/supervisor/scratch.ts';
import type { StartOptions } from '../../local/supervisor/start-all.ts';
import { until } from '../../local/support/until.ts';
import { WebApiSource } from '../../shared/dataverse/web-api/source.ts';
import { systemClock } from '../../shared/platform/clock/system.ts';
import { endpointCredential } from '../../shared/platform/identity/endpoint-credential.ts';

/** A quarter of the product's: so long a message waits that a killed process held. The host renews those it holds. */
const LOCK_MS = 15_000;

/** All parts for real, on free ports, in a folder that goes with them. */
export interface TestInstallation {
  readonly installation: ScratchInstallation;
  readonly client: FreshetClient;
  readonly organization: OrganizationClient;
  readonly organizationId: string;
  readonly tenantId: string;
  readonly destination: Onlooker;
  /** Waits until these tables equal the organization; answers with what still differs at the end of the time. */
  reconciled(entities: readonly string[], withinMs: number, destination?: Onlooker): Promise<Reconciliation[]>;
  stop(): Promise<void>;
}

/** On the embedded databases, whatever the machine's settings name. */
const EMBEDDED = { FRESHET_CONTROL: '', FRESHET_DESTINATION: '' };

/** `patient`: with the product's own locks of messages. */
export async function startInstallation(
  settings: Record<string, string> = {},
  { patient = false, ...options }: Pick<StartOptions, 'restarts' | 'report'> & { readonly patient?: boolean } = {},
): Promise<TestInstallation> {
  const installation = await startScratch({
    ...options,
    name: 'e2e',
    settings: { ...EMBEDDED, ...settings },
    ...(patient ? {} : { prepare: impatientQueues }),
  });
  const { addresses, organizations, databases } = installation;
  const destination = onlookerOf(databases.destination);
  const credential = endpointCredential({
    url: `${addresses.identity}/token`,
    fetch: globalThis.fetch,
    clock: systemClock,
  });
  const source = new WebApiSource({ url: addresses.dataverse, credential, clock: systemClock });
  return {
    installation,
    client: new FreshetClient({ app: addresses.functions, issuer: addresses.identity }),
    organization: new OrganizationClient(addresses.dataverse),
    organizationId: organizations[0]?.id ?? '',
    tenantId: organizations[0]?.tenantId ?? '',
    destination,
    async reconciled(entities, withinMs, onlooker = destination) {
      let open: Reconciliation[] = [];
      await until(async () => {
        const results = await Promise.all(
          entities.map((entity) =>
            reconcile(source, onlooker, entity).catch((error: unknown) => unread(entity, error)),
          ),
        );
        open = results.filter(({ differences }) => differences.length > 0);
        return open.length === 0;
      }, withinMs);
      return open;
    },
    async stop() {
      await destination.end();
      await installation.stop();
    },
  };
}

/** The product's queues with short locks. */
async function impatientQueues({ folder }: { readonly folder: string }): Promise<Pick<StartOptions, 'partArguments'>> {
  const file = path.join(folder, 'queues.json');
  const queues = Object.entries(PRODUCT_QUEUES).map(([name, settings]) => [name, { ...settings, lockMs: LOCK_MS }]);
  await writeFile(file, JSON.stringify(Object.fromEntries(queues)));
  return { partArguments: { 'service-bus': ['--queues', file] } };
}

/** A profile of these entities that writes to the local destination, active. */
export async function activeProfile(
  test: TestInstallation,
  entities: readonly string[],
  more: object = {},
): Promise<string> {
  const { Id } = await test.client.createProfile({
    Name: `of ${entities.join(', ')}`,
    OrganizationId: test.organizationId,
    Entities: entities.map((Type) => ({ Type })),
    DestinationKeyVaultUri: test.installation.addresses.keyVault.destinationSecret,
    ...more,
  });
  await test.client.activate(Id);
  return Id;
}

/** A table that is not there yet, or a part that is down just now: not equal so far. */
function unread(entity: string, error: unknown): Reconciliation {
  return { entity, rows: 0, checksum: '', differences: [String(error)] };
}
