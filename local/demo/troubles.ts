import { FreshetClient } from '../client/freshet-client.ts';
import { OrganizationClient } from '../client/organization-client.ts';
import { OrganizationRows } from '../client/organization-rows.ts';
import { watchInitialSync } from '../client/sync-progress.ts';
import { trustedVault } from '../client/trusted-vault.ts';
import { type Onlooker, onlookerOf } from '../databases/onlooker.ts';
import { placeOf, reachedThrough } from '../databases/server.ts';
import { TcpProxy } from '../support/tcp-proxy.ts';
import { ProgressDisplay, table } from '../terminal/progress.ts';
import type { Target, Troubles } from './play.ts';
import type { Stage } from './stage.ts';
import { addColumn, deletionsLogged, equalToOrganization, outage, poison } from './trouble-scenes.ts';

/** A destination that came back is noticed sooner than after a minute, so that the demo is short. */
export const SETTINGS = { FRESHET_PROBE_INTERVAL_S: '10' };

export const ENTITIES = ['account', 'contact', 'lead', 'contactleads'];
/** The stream leaves accounts alone: those are the demo's own to poison, delete and count. */
const STREAM = { rate: 20, entities: ['contact', 'lead'] };
const ROWS = 6_000;
const SYNC_WITHIN_MS = 90_000;

/** What goes wrong in the life of an export, and how it is mended: true when everything was. About five minutes. */
export async function troubles(stage: Stage): Promise<boolean> {
  const { databases } = stage.installation;
  const proxy = await TcpProxy.before(placeOf(databases.destination));
  const second = await stage.installation.createDatabase('second');
  const onlooker = onlookerOf(second);
  try {
    const first = await target(stage, 'First', reachedThrough(databases.destination, proxy.port), stage.destination);
    return await troublesOf(stage, { proxy, first, second: await target(stage, 'Second', second, onlooker) });
  } finally {
    await proxy.close();
    await onlooker.end();
  }
}

async function troublesOf(stage: Stage, cast: Pick<Troubles, 'proxy' | 'first' | 'second'>): Promise<boolean> {
  const { addresses } = stage.installation;
  const organization = new OrganizationClient(addresses.dataverse);
  const seen: { what: string; good: boolean }[] = [];
  await organization.command('seed', { rows: ROWS });
  const play: Troubles = {
    ...cast,
    client: clientOf(stage),
    organization,
    rows: new OrganizationRows(addresses),
    display: new ProgressDisplay(),
    seen(what, good) {
      seen.push({ what, good });
      console.log(`  ${good ? '✓' : '✗'} ${what}`);
    },
  };
  await firstCopies(play);
  await organization.command('startStream', STREAM);
  console.log(`\nFrom now on the organization changes ${STREAM.rate} times a second.`);
  for (const scene of [addColumn, poison, deletionsLogged, outage]) await scene(play);
  await organization.command('stopStream');
  await equalToOrganization(play);
  console.log(
    `\n${table(
      ['seen', ''],
      seen.map(({ what, good }) => [what, good ? 'good' : 'BAD']),
    )}`,
  );
  return seen.every(({ good }) => good);
}

function clientOf({ installation: { addresses } }: Stage): FreshetClient {
  return new FreshetClient({ app: addresses.functions, issuer: addresses.identity });
}

/** An active profile with a delete log. `address`: how it reaches its database. */
async function target(stage: Stage, name: string, address: string, onlooker: Onlooker): Promise<Target> {
  const { addresses, organizations } = stage.installation;
  const [organization] = organizations;
  const secret = await trustedVault(addresses).setSecret(name.toLowerCase(), address, {
    tags: { [organization?.id ?? '']: organization?.tenantId ?? '' },
  });
  const client = clientOf(stage);
  const { Id } = await client.createProfile({
    Name: name,
    OrganizationId: organization?.id,
    Entities: ENTITIES.map((Type) => ({ Type })),
    DestinationKeyVaultUri: secret.properties.id ?? '',
    RetryPolicy: { MaxRetryCount: 1, IntervalInSeconds: 1 },
    WriteDeleteLog: true,
  });
  await client.activate(Id);
  return { name, profileId: Id, onlooker };
}

async function firstCopies({ client, organization, display, first, second, seen }: Troubles): Promise<void> {
  console.log('\nTwo profiles of one organization, to two databases; their first copies:');
  const { rows } = await organization.status();
  await watchInitialSync(client, first.profileId, rows, display, SYNC_WITHIN_MS);
  await watchInitialSync(client, second.profileId, rows, display, SYNC_WITHIN_MS);
  const percents = await Promise.all([first, second].map(({ profileId }) => client.statistics(profileId)));
  seen(
    'both profiles have copied all rows',
    percents.every(({ InitialSyncPercent }) => InitialSyncPercent === 100),
  );
}
