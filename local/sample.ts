import { setTimeout as pause } from 'node:timers/promises';
import { FreshetClient } from './client/freshet-client.ts';
import { OrganizationClient } from './client/organization-client.ts';
import { statuses, watchInitialSync } from './client/sync-progress.ts';
import { PRODUCTION_ID, PROJECT_ID, SANDBOX_ID } from './environments/definitions.ts';
import { ensureEnvironments } from './environments/ensure.ts';
import type { Installation } from './supervisor/start-all.ts';
import { format, ProgressDisplay } from './terminal/progress.ts';

/** The profile that a first start makes. */
const NAME = 'Sample';
export const SAMPLE_ENTITIES = [
  'account',
  'contact',
  'lead',
  'opportunity',
  'phonecall',
  'activityparty',
  'systemuser',
  'fre_sample',
  'contactleads',
];
const ROWS = 5_000;
const CHANGES_PER_S = 5;
const SYNC_WITHIN_MS = 120_000;
const REPORT_EVERY_MS = 10_000;

/** Environments for the refresh; rows, a profile that exports them all, and a stream of changes; then says now and then what arrives. Safe on every start. */
export default async function startSample(installation: Installation): Promise<void> {
  const { addresses, organizations } = installation;
  await ensureEnvironments(installation);
  console.log(
    `Project ${PROJECT_ID} has the environments PROD (${PRODUCTION_ID}) and UAT (${SANDBOX_ID}), to be refreshed.`,
  );
  const [organization] = organizations;
  if (!organization) return;
  const client = new FreshetClient({ app: addresses.functions, issuer: addresses.identity });
  const source = new OrganizationClient(addresses.dataverse);
  if (((await source.status()).rows.account ?? 0) === 0) await source.command('seed', { rows: ROWS });
  const id = await sampleProfile(client, organization.id, addresses.keyVault.destinationSecret);
  console.log(
    `\nThe profile ${NAME} copies ${SAMPLE_ENTITIES.length} entities to the database destination, schema dbo:`,
  );
  await watchInitialSync(client, id, (await source.status()).rows, new ProgressDisplay(), SYNC_WITHIN_MS);
  await source.command('startStream', { rate: CHANGES_PER_S });
  console.log(`\nThe organization now changes ${CHANGES_PER_S} times a second; each change follows at once:`);
  void reportArrivals(client, source, id);
}

async function sampleProfile(client: FreshetClient, organizationId: string, secret: string): Promise<string> {
  const known = (await client.listProfiles()).find(({ Name }) => Name === NAME);
  const profile =
    known ??
    (await client.createProfile({
      Name: NAME,
      OrganizationId: organizationId,
      Entities: SAMPLE_ENTITIES.map((Type) => ({ Type })),
      DestinationKeyVaultUri: secret,
      WriteDeleteLog: true,
    }));
  if (profile.State !== 1) await client.activate(profile.Id);
  return profile.Id;
}

/** One line every few seconds, overwritten on a terminal; ends with the process. */
async function reportArrivals(client: FreshetClient, source: OrganizationClient, id: string): Promise<void> {
  const everyMs = process.stdout.isTTY ? 1_000 : REPORT_EVERY_MS;
  for (;;) {
    try {
      const [profile, { stream }] = await Promise.all([client.status(id), source.status()]);
      const lags = statuses(profile).flatMap(({ LagInMilliseconds }) => LagInMilliseconds ?? []);
      const text = `${format(stream.issued)} changes made · ${format(profile.Status?.SuccessNotifications ?? 0)} rows and deletions applied · ${format(profile.Status?.FailureNotifications ?? 0)} failed · lag ${format(Math.round(Math.max(0, ...lags)))} ms`;
      process.stdout.write(process.stdout.isTTY ? `\u001b[2K\r  ${text}` : `  ${text}\n`);
    } catch {
      // A part is down or the installation stops: the supervisor tells.
    }
    await pause(everyMs, undefined, { ref: false });
  }
}
