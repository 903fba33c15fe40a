import type pg from 'pg';
import { FreshetClient } from '../client/freshet-client.ts';
import { OrganizationClient } from '../client/organization-client.ts';
import { OrganizationRows } from '../client/organization-rows.ts';
import { watchInitialSync } from '../client/sync-progress.ts';
import { trustedVault } from '../client/trusted-vault.ts';
import { ProgressDisplay, table } from '../terminal/progress.ts';
import type { Target, Troubles } from './play.ts';
import { poolOf, type Stage } from './stage.ts';
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
  const { addresses } = stage.installation;
  const organization = new OrganizationClient(addresses.dataverse);
  const seen: { what: string; good: boolean }[] = [];
  const admin = poolOf(addresses.postgres.control);
  await organization.command('seed', { rows: ROWS });
  const [first, second] = await twoProfiles(stage, admin);
  const play: Troubles = {
    client: clientOf(stage),
    organization,
    rows: new OrganizationRows(addresses),
    display: new ProgressDisplay(),
    first,
    second,
    admin,
    seen(what, good) {
      seen.push({ what, good });
      console.log(`  ${good ? '✓' : '✗'} ${what}`);
    },
  };
  try {
    await firstCopies(play);
    await organization.command('startStream', STREAM);
    console.log(`\nFrom now on the organization changes ${STREAM.rate} times a second.`);
    for (const scene of [addColumn, poison, deletionsLogged, outage]) await scene(play);
    await organization.command('stopStream');
    await equalToOrganization(play);
  } finally {
    await Promise.all([admin.end(), second.pool.end()]);
  }
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

/** One to the destination that is there, one to a database of its own, each with a delete log. */
async function twoProfiles(stage: Stage, admin: pg.Pool): Promise<[Target, Target]> {
  const { addresses, organizations } = stage.installation;
  const [organization] = organizations;
  const url = new URL(addresses.postgres.destination);
  const database = url.pathname.slice(1);
  url.pathname = '/second';
  await admin.query('CREATE DATABASE second');
  const secret = await trustedVault(addresses).setSecret('second', url.href, {
    tags: { [organization?.id ?? '']: organization?.tenantId ?? '' },
  });
  const client = clientOf(stage);
  const make = async (name: string, keyVaultUri: string) => {
    const { Id } = await client.createProfile({
      Name: name,
      OrganizationId: organization?.id,
      Entities: ENTITIES.map((Type) => ({ Type })),
      DestinationKeyVaultUri: keyVaultUri,
      RetryPolicy: { MaxRetryCount: 1, IntervalInSeconds: 1 },
      WriteDeleteLog: true,
    });
    await client.activate(Id);
    return Id;
  };
  const first = await make('First', addresses.keyVault.destinationSecret);
  const second = await make('Second', secret.properties.id ?? '');
  return [
    { name: 'First', profileId: first, database, pool: stage.pool },
    { name: 'Second', profileId: second, database: 'second', pool: poolOf(url.href) },
  ];
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
