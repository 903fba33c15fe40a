import type { Change } from '../../local/dataverse/model/changes.ts';
import { Organization } from '../../local/dataverse/model/organization.ts';
import { readDefinition } from '../../local/dataverse/model/read-definition.ts';
import { modelSource } from '../../local/dataverse/model/source.ts';
import type { Variants } from '../../local/dataverse/model/variants.ts';
import { createMemoryControl, type MemoryControl } from '../../shared/control/memory/control.ts';
import type { Control } from '../../shared/control/port.ts';
import type { Source } from '../../shared/dataverse/port.ts';
import { MemoryDatabase } from '../../shared/destination/memory/database.ts';
import { MemoryDestination } from '../../shared/destination/memory/destination.ts';
import type { DestinationAddress } from '../../shared/destination/model.ts';
import type { Destination } from '../../shared/destination/port.ts';
import { applyProfile } from '../../shared/export/apply/apply-profile.ts';
import { Definitions } from '../../shared/export/definitions.ts';
import { makeDestinations } from '../../shared/export/destinations.ts';
import { parseApplyMessage, parseReadMessage } from '../../shared/export/messages.ts';
import { PagesAtHand } from '../../shared/export/pages-at-hand.ts';
import type { ExportOptions, ExportPorts } from '../../shared/export/ports.ts';
import { ACTIVATION_STEPS, requestActivation, runActivationStep } from '../../shared/export/profiles/activation.ts';
import { createProfile } from '../../shared/export/profiles/profiles.ts';
import { readFeed } from '../../shared/export/read/read-feed.ts';
import { reconcileDue } from '../../shared/export/reconcile/reconcile.ts';
import { makeReaches } from '../../shared/export/ring/reaches.ts';
import { ringFeeds } from '../../shared/export/ring/ring-feeds.ts';
import { SWEEP_INTERVAL_S, sweep } from '../../shared/export/sweep.ts';
import { readWholeBySchedule } from '../../shared/export/whole-reads.ts';
import { MemoryBlobs } from '../../shared/platform/blobs/memory.ts';
import { seededIds } from '../../shared/platform/clock/ids.ts';
import type { Clock } from '../../shared/platform/clock/port.ts';
import { settled, VirtualClock } from '../../shared/platform/clock/virtual.ts';
import { noEncryption } from '../../shared/platform/encryption/none.ts';
import type { Encryption } from '../../shared/platform/encryption/port.ts';
import { MemoryLog } from '../../shared/platform/log/memory.ts';
import type { Log } from '../../shared/platform/log/port.ts';
import { MemoryBudget } from '../../shared/platform/memory/budget.ts';
import { MemoryQueues } from '../../shared/platform/queues/memory.ts';
import { MemorySecrets } from '../../shared/platform/secrets/memory.ts';
import { type Gate, gated } from './gate.ts';
import { DEFINITIONS } from './world-entities.ts';

export const ORGANIZATION_ID = '11111111-1111-4111-8111-111111111111';
export const TENANT_ID = '22222222-2222-4222-8222-222222222222';
const VAULT = 'https://freshet.vault.azure.net';

/** How a world differs from a quiet one. */
export interface WorldOptions {
  readonly variants?: Partial<Variants>;
  /** False: changes notify nobody, only the sweep finds them. */
  readonly notifications?: boolean;
  /** Rows of a page, so that a few rows make several pages. */
  readonly pageRows?: number;
  readonly options?: Partial<ExportOptions>;
  /** Between the world's own process and its ports. */
  readonly gate?: Gate;
  /** Of pages and retries; none by default. */
  readonly encryption?: Encryption;
  /** Takes what the pipeline logs instead of the world's own. */
  readonly log?: Log;
  /** Called when a transaction of a destination has written or removed rows. */
  readonly written?: (database: string) => void;
}

/**
 * The whole pipeline in one process on memory parts and a virtual clock: the real use cases, run by messages as the
 * Functions host would run them, one after the other.
 */
export class World {
  readonly clock = new VirtualClock();
  readonly newId = seededIds(1);
  readonly log = new MemoryLog();
  readonly #log: Log;
  readonly #encryption: Encryption;
  readonly queues = new MemoryQueues(this.clock);
  readonly blobs = new MemoryBlobs(this.clock);
  readonly secrets = new MemorySecrets();
  readonly databases = new Map<string, MemoryDatabase>();
  readonly organization: Organization;
  readonly control: MemoryControl;
  readonly ports: ExportPorts;
  /** Replaces what a profile's destination does; for faults. */
  wrapDestination: (destination: Destination, database: string) => Destination = (destination) => destination;
  /** Replaces what the source does; for faults and for what happens between two reads. */
  wrapSource: (source: Source) => Source = (source) => source;
  readonly #pageRows: number | undefined;
  readonly #options: Partial<ExportOptions>;
  readonly #written: (database: string) => void;
  readonly #reachOf: ReturnType<typeof makeReaches>;
  /** False: the timers stand still. */
  sweeping = true;
  /** False: nothing is read as a whole by schedule. */
  readingWhole = true;
  #nextSweepAt: number;

  constructor(options: WorldOptions = {}) {
    this.organization = this.#makeOrganization(options);
    this.control = createMemoryControl({ clock: this.clock });
    this.#pageRows = options.pageRows;
    this.#options = options.options ?? {};
    this.#written = options.written ?? (() => {});
    this.#log = options.log ?? this.log;
    this.#encryption = options.encryption ?? noEncryption;
    this.ports = this.makePorts(options.gate);
    this.#reachOf = makeReaches(this.ports);
    this.#nextSweepAt = this.clock.now() + SWEEP_INTERVAL_S * 1000;
  }

  #makeOrganization({ variants, notifications = true }: WorldOptions): Organization {
    const organization = new Organization({
      identity: {
        organizationId: ORGANIZATION_ID,
        environmentId: ORGANIZATION_ID,
        tenantId: TENANT_ID,
        url: 'https://contoso.crm.dynamics.com',
        uniqueName: 'contoso',
        geo: 'EMEA',
        callerId: '33333333-3333-4333-8333-333333333333',
        businessUnitId: '44444444-4444-4444-8444-444444444444',
        currencyId: '55555555-5555-4555-8555-555555555555',
      },
      now: () => this.clock.now(),
      ...(variants ? { variants } : {}),
    });
    organization.define(...DEFINITIONS.map(readDefinition));
    if (notifications) organization.observe({ changed: (change) => void this.notify(change) });
    return organization;
  }

  /** Ports as one process has them; through a gate, they stand for a process of their own. */
  makePorts(gate?: Gate, clock: Clock = this.clock): ExportPorts {
    const through = <T extends object>(port: T, name: string): T => (gate ? gated(port, name, gate) : port);
    const organizations = new Map([
      [ORGANIZATION_ID, { id: ORGANIZATION_ID, url: 'https://contoso.crm.dynamics.com/', tenantId: TENANT_ID }],
    ]);
    const control: Control = {
      ...this.control,
      bells: through(this.control.bells, 'bells'),
      feeds: through(this.control.feeds, 'feeds'),
      profiles: through(this.control.profiles, 'profiles'),
      organizations: through(this.control.organizations, 'organizations'),
      retention: through(this.control.retention, 'retention'),
      wholeReads: through(this.control.wholeReads, 'wholeReads'),
      history: through(this.control.history, 'history'),
      reconciliations: through(this.control.reconciliations, 'reconciliations'),
    };
    const sourceOf = () => through(this.wrapSource(this.#source()), 'source');
    const open = (name: string, address: DestinationAddress) =>
      through(this.wrapDestination(new MemoryDestination(this.database(name), address), name), `destination ${name}`);
    return {
      control,
      organizations,
      sourceOf,
      definitions: new Definitions({ sourceOf, control }),
      registrationOf: () => ({ ensure: async () => ({ unregistered: [] }), remove: async () => {} }),
      destinations: makeDestinations({ secrets: this.secrets, organizations, open }),
      blobs: through(this.blobs, 'blobs'),
      encryption: this.#encryption,
      queues: through(this.queues, 'queues'),
      clock,
      newId: this.newId,
      log: this.#log,
      memory: new MemoryBudget(2 ** 30),
      // Tests remove blobs to lose pages.
      atHand: new PagesAtHand(0),
      options: {
        probeMs: 60_000,
        retentionMs: 7 * 86_400_000,
        sweepRequestsPerDay: 20_000,
        refreshMs: 86_400_000,
        reconcileMs: null,
        wholeReadMs: 15 * 60_000,
        ...this.#options,
      },
    };
  }

  #source(): Source {
    const source = modelSource(this.organization);
    return { ...source, read: (entity, from, maxRows) => source.read(entity, from, this.#pageRows ?? maxRows) };
  }

  database(name: string): MemoryDatabase {
    const known = this.databases.get(name);
    if (known) return known;
    const step = (when: 'before' | 'after', operation: string) => {
      if (when === 'after' && WRITES.has(operation)) this.#written(name);
    };
    const database = new MemoryDatabase({ step });
    this.databases.set(name, database);
    return database;
  }

  /** Sends what Dataverse would send. */
  async notify(change: Change): Promise<void> {
    await this.queues.send('notifications', [{ body: notificationOf(change) }]);
  }

  /** A new active profile, writing to a database of its own name. */
  async addProfile(name: string, settings: Record<string, unknown> = {}): Promise<string> {
    const id = await this.createProfile(name, settings);
    await this.activate(id);
    return id;
  }

  async createProfile(name: string, settings: Record<string, unknown> = {}): Promise<string> {
    const body = profileBody(name);
    this.secrets.set(body.DestinationKeyVaultUri, { value: name, tags: { [ORGANIZATION_ID]: TENANT_ID } });
    const { Id } = await createProfile(this.ports, [ORGANIZATION_ID], { ...body, ...settings });
    return Id;
  }

  /** What POST activate does and then the orchestration, step by step. Rejects when it is not active in the end. */
  async activate(profileId: string): Promise<void> {
    const profile = await this.ports.control.profiles.get(profileId);
    const activation = profile && (await requestActivation(this.ports, profile));
    if (!activation) throw new Error('nothing to activate');
    for (const step of ACTIVATION_STEPS) {
      const ended = await runActivationStep(this.ports, activation, step);
      if (ended.outcome !== 'done') throw new Error(`activation ended at ${step}: ${JSON.stringify(ended)}`);
    }
  }

  /** Lets `ms` pass: every message that falls due is worked off, and the sweep runs by its timer. */
  async run(ms: number): Promise<void> {
    const end = this.clock.now() + ms;
    for (;;) {
      await this.#workOff();
      const next = Math.min(this.#nextSweepAt, ...this.#deliveries());
      if (next > end) break;
      await this.clock.advanceTo(next);
      if (next >= this.#nextSweepAt) {
        this.#nextSweepAt = this.clock.now() + SWEEP_INTERVAL_S * 1000;
        if (this.sweeping) await this.awake(this.#timers());
      }
    }
    await this.clock.advanceTo(end);
  }

  async #timers(): Promise<void> {
    await sweep(this.ports);
    if (this.readingWhole) await readWholeBySchedule(this.ports);
    await reconcileDue(this.ports);
  }

  #deliveries(): number[] {
    return (['notifications', 'reads', 'applies'] as const).flatMap((queue) => this.queues.nextDeliveryAt(queue) ?? []);
  }

  async #workOff(): Promise<void> {
    for (;;) {
      const notifications = this.queues.takeDue('notifications');
      const [read] = this.queues.takeDue('reads', 1);
      const [apply] = this.queues.takeDue('applies', 1);
      if (notifications.length === 0 && !read && !apply) return;
      if (notifications.length > 0)
        await this.awake(
          ringFeeds(
            this.ports,
            this.#reachOf,
            notifications.map(({ body }) => body),
          ),
        );
      const readMessage = read && parseReadMessage(this.log, read.body);
      const applyMessage = apply && parseApplyMessage(this.log, apply.body);
      if (readMessage) await this.awake(readFeed(this.ports, readMessage));
      if (applyMessage) await this.awake(applyProfile(this.ports, applyMessage));
    }
  }

  /** Waits for work that may sleep: time goes on for it. */
  async awake<T>(work: Promise<T>): Promise<T> {
    const state = { over: false };
    const watched = work.finally(() => {
      state.over = true;
    });
    watched.catch(() => {});
    while (!state.over) {
      await settled();
      if (!state.over && this.clock.nextWakeAt !== null) await this.clock.advanceTo(this.clock.nextWakeAt);
    }
    return watched;
  }

  /** The rows of an entity in the organization: id → name. */
  source(entity = 'parent'): Map<string, unknown> {
    const table = this.organization.table(entity);
    return new Map([...table.rows.values()].map((row) => [row.self.id, table.cell(row, 'name')]));
  }

  /** The rows of an entity's table in a destination: id → name. */
  destination(name: string, entity = 'parent'): Map<string, unknown> {
    const table = this.database(name).area({ schema: 'dbo', prefix: '' }).tables.get(entity);
    return new Map([...(table?.rows.values() ?? [])].map((row) => [row.id, row.cells.name]));
  }
}

/** What a client sends for a profile that writes to a database of its own name. */
export function profileBody(name: string) {
  return {
    Name: name,
    OrganizationId: ORGANIZATION_ID,
    Entities: [{ Type: 'parent' }],
    DestinationKeyVaultUri: `${VAULT}/secrets/${name}`,
    RetryPolicy: { MaxRetryCount: 2, IntervalInSeconds: 5 },
  };
}

/** The least of a notification that tells where to look. */
export function notificationOf({ message, entity, id, atSeconds, relationship }: Change) {
  return {
    OrganizationId: ORGANIZATION_ID,
    MessageName: message,
    PrimaryEntityName: relationship ? 'none' : entity,
    PrimaryEntityId: id,
    OperationCreatedOn: `/Date(${atSeconds * 1000})/`,
    InputParameters: relationship ? [{ key: 'Relationship', value: { SchemaName: relationship.schemaName } }] : [],
  };
}

const WRITES: ReadonlySet<string> = new Set(['apply', 'settleRetries']);
