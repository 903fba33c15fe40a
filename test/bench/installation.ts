import { createHash } from 'node:crypto';
import pg from 'pg';
import { FreshetClient } from '../../local/client/freshet-client.ts';
import { OrganizationClient } from '../../local/client/organization-client.ts';
import { statuses, troubleOf } from '../../local/client/sync-progress.ts';
import { PART_NAMES, type PartName } from '../../local/supervisor/addresses.ts';
import { startScratch } from '../../local/supervisor/scratch.ts';
import { type Installation, startAll } from '../../local/supervisor/start-all.ts';
import { until } from '../../local/support/until.ts';

const REST_WITHIN_MS = 120_000;

/** All parts for real, each a process of its own, in a folder that goes with them. */
export interface Bench {
  readonly installation: Installation;
  readonly client: FreshetClient;
  readonly organization: OrganizationClient;
  readonly destination: pg.Pool;
  /** The process of a part. */
  pid(part: PartName): number;
}

export async function withInstallation<T>(
  work: (bench: Bench) => Promise<T>,
  parts: readonly PartName[] = PART_NAMES,
): Promise<T> {
  const embedded = { FRESHET_CONTROL: '', FRESHET_DESTINATION: '' };
  const installation = await startScratch({ name: 'bench', parts, settings: embedded, prepare: keepCommitTimes });
  const { addresses } = installation;
  const destination = new pg.Pool({ connectionString: addresses.postgres.destination, max: 2 });
  try {
    return await work({
      installation,
      client: new FreshetClient({ app: addresses.functions, issuer: addresses.identity }),
      organization: new OrganizationClient(addresses.dataverse),
      destination,
      pid: (part) => installation.states().find(({ name }) => name === part)?.pid ?? 0,
    });
  } finally {
    await destination.end();
    await installation.stop();
  }
}

/** The server notes when each transaction was committed: a setting that only a new start takes over. */
async function keepCommitTimes(place: { readonly port: number; readonly folder: string }): Promise<object> {
  const { addresses, stop } = await startAll({ ...place, parts: ['postgres'] });
  const client = new pg.Client({ connectionString: addresses.postgres.control });
  await client.connect();
  await client.query('ALTER SYSTEM SET track_commit_timestamp = on');
  await client.end();
  await stop();
  return {};
}

/** An active profile of these entities that writes to the local destination, not yet synchronized. */
export async function activeProfile(
  { installation, client }: Bench,
  entities: readonly string[],
  schema = 'dbo',
): Promise<string> {
  const { Id } = await client.createProfile({
    Name: `bench ${schema}`,
    OrganizationId: installation.organizations[0]?.id,
    Entities: entities.map((Type) => ({ Type })),
    DestinationKeyVaultUri: installation.addresses.keyVault.destinationSecret,
    DestinationSchemaName: schema,
  });
  await client.activate(Id);
  return Id;
}

/**
 * Waits for the initial synchronization; rejects when it is not complete within the time. What the setting up of a measure
 * costs the organization is forgiven: the definitions of many entities alone would have to be paid off for minutes.
 */
export async function synchronized(bench: Bench, profileId: string, withinMs: number): Promise<void> {
  const control = new pg.Client({ connectionString: bench.installation.addresses.postgres.control });
  await control.connect();
  let over = false;
  const forgiving = until(async () => {
    await control.query('UPDATE freshet.organizations SET requests_paid_at = 0, execution_paid_at = 0');
    return over;
  }, withinMs);
  try {
    await complete(bench, profileId, withinMs);
  } finally {
    over = true;
    await forgiving;
    await control.end();
  }
}

/** Waits for the initial synchronization as it is. */
export async function complete({ client }: Bench, profileId: string, withinMs: number): Promise<void> {
  let profile = await client.status(profileId);
  const isComplete = async () => {
    profile = await client.status(profileId);
    return statuses(profile).every(({ InitialSyncState }) => InitialSyncState === 'Completed');
  };
  if (!(await until(isComplete, withinMs))) throw new Error(`not synchronized: ${troubleOf(profile)}`);
}

/** Waits until the tables hold what the organization holds; a wrong table is not fast. */
export async function verify(bench: Bench, entities: readonly string[], schema = 'dbo'): Promise<void> {
  for (const entity of entities) {
    const { hash } = (await bench.organization.command('checksum', { entity })) as { hash: string };
    let found = '';
    const equal = async () => {
      found = await checksum(bench.destination, schema, entity);
      return found === hash;
    };
    if (!(await until(equal, REST_WITHIN_MS))) throw new Error(`${entity} is not what the organization holds`);
  }
}

/** As the organization counts it: a line of id and version for each row, in the order of ids. */
async function checksum(destination: pg.Pool, schema: string, entity: string): Promise<string> {
  const hash = createHash('sha256');
  const { rows } = await destination.query<{ line: string }>(
    `SELECT id || ' ' || versionnumber || E'\\n' AS line FROM ${schema}.${entity} ORDER BY id`,
  );
  for (const { line } of rows) hash.update(line);
  return hash.digest('hex');
}
