import { setTimeout as pause } from 'node:timers/promises';
import type { Source } from '../../shared/dataverse/port.ts';
import { FreshetClient } from '../client/freshet-client.ts';
import { OrganizationClient } from '../client/organization-client.ts';
import { watchInitialSync } from '../client/sync-progress.ts';
import type { Onlooker } from '../databases/onlooker.ts';
import { SAMPLE_ENTITIES } from '../sample.ts';
import { format, ProgressDisplay, table } from '../terminal/progress.ts';
import { LagSampler } from './lags.ts';
import { type Reconciliation, reconcile } from './reconcile.ts';
import { type Stage, sourceOf } from './stage.ts';

const ROWS = 22_000;
const CHANGES = 5_000;
const CHANGES_PER_S = 400;
const SYNC_WITHIN_MS = 90_000;
/** After the last change, for the quietest feed (one that only the sweep reads) to follow. */
const REST_WITHIN_MS = 90_000;
const MIX = { create: 25, update: 50, delete: 10, recreate: 10, associate: 5 };

/** The main job from start to end: true when every table equals the organization. */
export async function mainJob({ installation, destination }: Stage): Promise<boolean> {
  const { addresses, organizations } = installation;
  const client = new FreshetClient({ app: addresses.functions, issuer: addresses.identity });
  const organization = new OrganizationClient(addresses.dataverse);
  const display = new ProgressDisplay();

  console.log(`\nMaking about ${format(ROWS)} rows in the organization …`);
  await organization.command('seed', { rows: ROWS });
  const { Id } = await client.createProfile({
    Name: 'Demo',
    OrganizationId: organizations[0]?.id,
    Entities: SAMPLE_ENTITIES.map((Type) => ({ Type })),
    DestinationKeyVaultUri: addresses.keyVault.destinationSecret,
    WriteDeleteLog: true,
  });
  await client.activate(Id);

  console.log('\nThe initial synchronization:');
  const syncBegan = performance.now();
  const { rows } = await organization.status();
  await watchInitialSync(client, Id, rows, display, SYNC_WITHIN_MS);
  const synced = SAMPLE_ENTITIES.reduce((sum, entity) => sum + (rows[entity] ?? 0), 0);
  const syncMs = performance.now() - syncBegan;

  console.log(
    `\n${format(CHANGES)} mixed changes (creates, updates, deletes, re-creates with the same id, associations):`,
  );
  const lags = new LagSampler(client, Id);
  const changesMs = await streamChanges(organization, display, lags);
  const source = sourceOf(addresses);
  const results = await reconcileUntilEqual(source, destination, lags);

  console.log(
    `\n${table(
      ['table', 'rows', 'checksum', ''],
      results.map(({ entity, rows: count, checksum, differences }) => [
        entity,
        count,
        checksum,
        differences.length === 0 ? 'equal' : 'DIFFERS',
      ]),
    )}`,
  );
  for (const { entity, differences } of results) for (const line of differences) console.log(`  ${entity} ${line}`);
  console.log(`\n${format(synced)} rows copied at first: ${format(Math.round(synced / (syncMs / 1000)))} rows/s`);
  console.log(
    `${format(CHANGES)} changes: ${format(Math.round(CHANGES / (changesMs / 1000)))} changes/s, lag p50 ${format(lags.percentile(0.5))} ms, p99 ${format(lags.percentile(0.99))} ms`,
  );
  return results.every(({ differences }) => differences.length === 0);
}

async function streamChanges(
  organization: OrganizationClient,
  display: ProgressDisplay,
  lags: LagSampler,
): Promise<number> {
  const began = performance.now();
  await organization.command('startStream', { rate: CHANGES_PER_S, count: CHANGES, mix: MIX });
  for (;;) {
    const { stream } = await organization.status();
    display.show([{ label: 'changes made', done: stream.issued, of: CHANGES }]);
    await lags.sample();
    if (stream.done) break;
    await pause(100);
  }
  display.end();
  return performance.now() - began;
}

/** What has only the sweep to find it may take some seconds more. */
async function reconcileUntilEqual(source: Source, destination: Onlooker, lags: LagSampler): Promise<Reconciliation[]> {
  console.log('\nReconciling every table by count and checksum …');
  const deadline = performance.now() + REST_WITHIN_MS;
  const equal = new Map<string, Reconciliation>();
  for (;;) {
    const open: Reconciliation[] = [];
    for (const entity of SAMPLE_ENTITIES.filter((name) => !equal.has(name))) {
      await lags.sample();
      const result = await reconcile(source, destination, entity);
      if (result.differences.length === 0) equal.set(entity, result);
      else open.push(result);
    }
    if (open.length === 0 || performance.now() > deadline) return [...equal.values(), ...open];
    await pause(1_000);
  }
}
