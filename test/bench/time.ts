import { PART_NAMES } from '../../local/supervisor/addresses.ts';
import { feedBell } from '../../shared/control/model.ts';
import { createSqlControl } from '../../shared/control/sql/control.ts';
import { WebApiSource } from '../../shared/dataverse/web-api/source.ts';
import { PostgresDestination } from '../../shared/destination/postgres/destination.ts';
import { applyProfile } from '../../shared/export/apply/apply-profile.ts';
import { ringBells } from '../../shared/export/bells.ts';
import { Definitions } from '../../shared/export/definitions.ts';
import { makeDestinations } from '../../shared/export/destinations.ts';
import { parseApplyMessage, parseReadMessage } from '../../shared/export/messages.ts';
import { PAGES_CONTAINER } from '../../shared/export/pages.ts';
import { PagesAtHand } from '../../shared/export/pages-at-hand.ts';
import type { ExportPorts } from '../../shared/export/ports.ts';
import { ACTIVATION_STEPS, requestActivation, runActivationStep } from '../../shared/export/profiles/activation.ts';
import { createProfile } from '../../shared/export/profiles/profiles.ts';
import { readFeed } from '../../shared/export/read/read-feed.ts';
import { AzureBlobs } from '../../shared/platform/blobs/azure.ts';
import { randomId } from '../../shared/platform/clock/ids.ts';
import { systemClock } from '../../shared/platform/clock/system.ts';
import { noEncryption } from '../../shared/platform/encryption/none.ts';
import { endpointCredential } from '../../shared/platform/identity/endpoint-credential.ts';
import { MemoryLog } from '../../shared/platform/log/memory.ts';
import { MemoryBudget } from '../../shared/platform/memory/budget.ts';
import { MemoryQueues } from '../../shared/platform/queues/memory.ts';
import { MemorySecrets } from '../../shared/platform/secrets/memory.ts';
import { connect } from '../../shared/sql/postgres/connect.ts';
import { type Figures, median, round, timed } from './figures.ts';
import { type Bench, verify, withInstallation } from './installation.ts';
import type { Part } from './part.ts';
import { Stopwatches, timedPool, timedPort } from './stopwatches.ts';
import { definitionOf } from './tables.ts';

const ENTITY = 'fre_benchtime';
const ROWS = 5_000;
const WARMING_UP = 2;
const REPETITIONS = 20;
const MEMORY_BYTES = 256 * 1024 * 1024;
const SECRET = 'https://freshet.vault.azure.net/secrets/bench';

/**
 * Where the time of one batch of 5,000 new rows goes, from its read to its commit, one thing after the other in this
 * process on the real parts, in ms: `read` (the request, its answer parsed), `blob` (written), `control` (the control
 * database), in the destination `stage`, `upsert`, `commit` and `position`; `rest` is what is left of `total`.
 */
export const time: Part = {
  names: ['time'],
  run: (figures) =>
    withInstallation(
      (bench) => measure(bench, figures),
      PART_NAMES.filter((name) => name !== 'functions'),
    ),
};

async function measure(bench: Bench, figures: Figures): Promise<void> {
  const watches = new Stopwatches();
  await bench.organization.command('define', { definitions: [definitionOf(ENTITY)] });
  const ports = portsOf(bench, watches);
  const key = { organizationId: organizationOf(bench).id, entity: ENTITY };
  const profileId = await activate(ports, key.organizationId);
  await workOff(ports);
  const totals: number[] = [];
  const parts: Record<string, number>[] = [];
  for (let repetition = -WARMING_UP; repetition < REPETITIONS; repetition++) {
    figures.progress('time', repetition + WARMING_UP, REPETITIONS + WARMING_UP);
    await bench.organization.command('seed', { entity: ENTITY, rows: ROWS });
    watches.reset();
    const total = await timed(async () => {
      await ringBells(ports, [{ key: feedBell(key) }]);
      await workOff(ports);
    });
    if (repetition < 0) continue;
    totals.push(total);
    parts.push(watches.times());
  }
  await verify(bench, [ENTITY]);
  await ports.destinations.forget(profileId);
  await ports.control.close();
  const medians = NAMES.map((name): [string, number] => [name, median(parts.map((times) => times[name] ?? 0))]);
  const known = medians.reduce((sum, [, ms]) => sum + ms, 0);
  const totalMs = median(totals);
  const named = Object.fromEntries(medians.map(([name, ms]) => [`${name}Ms`, round(ms)]));
  figures.report('time', { ...named, restMs: round(totalMs - known), totalMs });
}

const NAMES = ['read', 'blob', 'control', 'position', 'stage', 'upsert', 'commit'];

interface TimedPorts extends ExportPorts {
  readonly queues: MemoryQueues;
}

function organizationOf({ installation }: Bench) {
  const [organization] = installation.organizations;
  if (!organization) throw new Error('no organization');
  return organization;
}

/** The ports of functions/compose.ts, but with queues and secrets in memory, and each with its stopwatch. */
function portsOf(bench: Bench, watches: Stopwatches): TimedPorts {
  const { addresses } = bench.installation;
  const organization = organizationOf(bench);
  const organizations = new Map([[organization.id, organization]]);
  const clock = systemClock;
  const credential = endpointCredential({ url: `${addresses.identity}/token`, fetch: globalThis.fetch, clock });
  const source = timedPort(new WebApiSource({ url: organization.url, credential, clock }), 'read', watches);
  const secrets = new MemorySecrets();
  secrets.set(SECRET, { value: addresses.postgres.destination, tags: { [organization.id]: organization.tenantId } });
  const control = createSqlControl({ connectionString: addresses.postgres.control });
  const stores = ['bells', 'feeds', 'profiles', 'organizations', 'retention'] as const;
  const timedStores = Object.fromEntries(stores.map((name) => [name, timedPort(control[name], 'control', watches)]));
  return {
    control: { ...control, ...timedStores },
    organizations,
    sourceOf: () => source,
    definitions: new Definitions({ sourceOf: () => source, control }),
    registrationOf: () => ({ ensure: async () => ({ unregistered: [] }), remove: async () => {} }),
    destinations: makeDestinations({
      secrets,
      organizations,
      open: (text, address) => new PostgresDestination(timedPool(connect(text), watches), address),
    }),
    blobs: timedPort(new AzureBlobs({ connectionString: addresses.azurite.connectionString }, clock), 'blob', watches),
    queues: new MemoryQueues(clock),
    clock,
    newId: randomId,
    log: new MemoryLog(),
    memory: new MemoryBudget(MEMORY_BYTES),
    atHand: new PagesAtHand(MEMORY_BYTES / 16),
    encryption: noEncryption,
    options: {
      probeMs: 60_000,
      retentionMs: 7 * 86_400_000,
      sweepRequestsPerDay: 20_000,
      refreshMs: null,
      reconcileMs: null,
      wholeReadMs: 900_000,
    },
  };
}

async function activate(ports: ExportPorts, organizationId: string): Promise<string> {
  await ports.control.migrate();
  await ports.blobs.ensureContainer(PAGES_CONTAINER);
  const { Id } = await createProfile(ports, [organizationId], {
    Name: 'bench',
    OrganizationId: organizationId,
    Entities: [{ Type: ENTITY }],
    DestinationKeyVaultUri: SECRET,
  });
  const profile = await ports.control.profiles.get(Id);
  const activation = profile && (await requestActivation(ports, profile));
  for (const step of ACTIVATION_STEPS) if (activation) await runActivationStep(ports, activation, step);
  return Id;
}

/** Works off all messages that are due, and those that follow from them. */
async function workOff(ports: TimedPorts): Promise<void> {
  const { queues, log } = ports;
  for (;;) {
    const [read] = queues.takeDue('reads', 1);
    const [apply] = queues.takeDue('applies', 1);
    if (!read && !apply) return;
    const readMessage = read && parseReadMessage(log, read.body);
    const applyMessage = apply && parseApplyMessage(log, apply.body);
    if (readMessage) await readFeed(ports, readMessage);
    if (applyMessage) await applyProfile(ports, applyMessage);
  }
}
