import { DATABASE_ROLES, type EnvironmentSettings } from '../../shared/control/environment.ts';
import { createMemoryControl, type MemoryControl } from '../../shared/control/memory/control.ts';
import type { Person } from '../../shared/control/operation.ts';
import type { Kept } from '../../shared/control/operations.port.ts';
import { openMemoryDatabases } from '../../shared/environment-databases/memory/databases.ts';
import {
  type MemoryRow,
  type MemoryServer,
  MemoryServers,
  memoryTable,
} from '../../shared/environment-databases/memory/server.ts';
import type { ScrubRules } from '../../shared/environment-databases/scrub-rules.ts';
import { MemoryBlobs } from '../../shared/platform/blobs/memory.ts';
import { seededIds } from '../../shared/platform/clock/ids.ts';
import { settled, VirtualClock } from '../../shared/platform/clock/virtual.ts';
import { MemoryLog } from '../../shared/platform/log/memory.ts';
import { MemorySecrets } from '../../shared/platform/secrets/memory.ts';
import type { Synchronization, SynchronizationProgress } from '../../shared/platform/synchronization/port.ts';
import type { RefreshOptions, RefreshPorts } from '../../shared/refresh/ports.ts';
import { refresh } from '../../shared/refresh/requests/refresh.ts';
import { runStep } from '../../shared/refresh/runbook/run-step.ts';
import { type Gate, gated } from './gate.ts';
import { PROD_ID, PROJECT, reportingOf, settingsOf, transactionalOf, UAT_ID, WORLD_RULES } from './refresh-data.ts';

export const OWNER: Person = { id: 'owner', name: 'Olga Owner' };
export const MANAGER: Person = { id: 'manager', name: 'Max Manager' };
export const WAY = { projectId: PROJECT, sourceId: PROD_ID, targetId: UAT_ID };
export const PROD = { projectId: PROJECT, id: PROD_ID };
export const UAT = { projectId: PROJECT, id: UAT_ID };

export interface RefreshWorldOptions {
  readonly rules?: ScrubRules;
  readonly options?: Partial<RefreshOptions>;
  /** Called within a copy and a rule, after each table and range. */
  readonly within?: (operation: string) => void | Promise<void>;
  readonly restores?: boolean;
}

/** Databases of environments, the control database and a clock of one's own: the real use cases on memory parts. */
export class RefreshWorld {
  readonly clock = new VirtualClock();
  readonly control: MemoryControl = createMemoryControl({ clock: this.clock });
  readonly blobs = new MemoryBlobs(this.clock);
  readonly log = new MemoryLog();
  readonly secrets = new MemorySecrets();
  readonly servers = new MemoryServers();
  readonly prod: MemoryServer;
  readonly uat: MemoryServer;
  readonly synchronization = new ScriptedSynchronization();
  /** For those who act within an operation. */
  running = '';
  readonly ports: RefreshPorts;
  readonly #newId = seededIds(1);
  readonly #options: RefreshWorldOptions;

  constructor(options: RefreshWorldOptions = {}) {
    this.#options = options;
    const { restores = false, within } = options;
    const step = (when: 'before' | 'after', operation: string) => {
      if (when === 'after' && operation.includes('.')) return within?.(operation);
    };
    this.prod = this.servers.add('prod');
    this.uat = this.servers.add('uat', { restores, step });
    for (const name of ['PROD', 'UAT'] as const) this.#fill(name);
    this.ports = this.makePorts();
  }

  #fill(name: 'PROD' | 'UAT'): void {
    const server = name === 'PROD' ? this.prod : this.uat;
    server.create('AxDB', transactionalOf(name));
    server.create('MRDB', reportingOf(name));
    const { databases } = settingsOf(name);
    for (const role of DATABASE_ROLES) {
      const value = `memory://${name.toLowerCase()}/${databases[role].name}`;
      this.secrets.set(databases[role].keyVaultUri, { value, tags: {} });
    }
  }

  /** Registers both environments, as they are unless told otherwise. */
  async register(
    more: { prod?: Partial<EnvironmentSettings>; uat?: Partial<EnvironmentSettings> } = {},
  ): Promise<this> {
    await this.control.environments.register({ ...PROD, settings: settingsOf('PROD', more.prod) });
    await this.control.environments.register({ ...UAT, settings: settingsOf('UAT', more.uat) });
    return this;
  }

  /** Ports as one process has them; through a gate, they stand for a process of their own. */
  makePorts(gate?: Gate): RefreshPorts {
    const through = <T extends object>(port: T, name: string): T => (gate ? gated(port, name, gate) : port);
    const { environments, operations, schedules, calls } = this.control;
    const open = openMemoryDatabases(this.servers);
    return {
      control: {
        environments: through(environments, 'environments'),
        operations: through(operations, 'operations'),
        schedules: through(schedules, 'schedules'),
        calls: through(calls, 'calls'),
      },
      open: async (connection) => through(await open(connection), 'databases'),
      secrets: through(this.secrets, 'secrets'),
      synchronization: through(this.synchronization, 'synchronization'),
      blobs: through(this.blobs, 'blobs'),
      clock: this.clock,
      newId: this.#newId,
      log: this.log,
      rules: this.#options.rules ?? WORLD_RULES,
      options: {
        limit: 3,
        allowOtherTenant: false,
        unavailableThroughout: false,
        secondPersonSignsOff: false,
        synchronizationMaxMs: 3_600_000,
        ...this.#options.options,
      },
    };
  }

  /** Waits for it, letting time pass where nothing else moves. */
  async wait<T>(work: Promise<T>): Promise<T> {
    let over = false;
    const ended = () => {
      over = true;
    };
    work.then(ended, ended);
    for (await settled(); !over; await settled()) {
      const next = this.clock.nextWakeAt;
      if (next !== null) await this.clock.advanceTo(next);
    }
    return work;
  }

  /** A refresh from its request to its end, whatever that is. */
  async refreshed(): Promise<Kept> {
    const { id } = await refresh(this.ports, OWNER, WAY);
    return this.driven(id);
  }

  /** Takes the operation's steps until there is nothing to do. */
  async driven(operationId: string, ports = this.ports): Promise<Kept> {
    for (;;) {
      const outcome = await this.wait(runStep(ports, operationId));
      if (outcome.outcome === 'ended') break;
      await this.clock.advance(outcome.afterMs);
    }
    return this.operation(operationId);
  }

  async operation(operationId: string): Promise<Kept> {
    const operation = await this.control.operations.get(operationId);
    if (!operation) throw new Error(`there is no operation ${operationId}`);
    return operation;
  }

  /** What stands under the names in service of the target: contents, users and whether they may enter. */
  target(): unknown {
    return ['AxDB', 'MRDB'].map((name) => contentsOf(this.uat, name));
  }

  source(): unknown {
    return ['AxDB', 'MRDB'].map((name) => contentsOf(this.prod, name));
  }
}

export function contentsOf(server: MemoryServer, name: string): unknown {
  const database = server.byName(name);
  if (!database) return null;
  const { state, users, tables } = database;
  return { state, users, tables: [...tables].map(([table, { rows }]) => [table, [...rows]]) };
}

/** Replaces the rows of a table; null: takes the table away. */
export function alterTable(
  server: MemoryServer,
  database: string,
  table: string,
  rows: readonly MemoryRow[] | null,
): void {
  const { id, tables } = server.byName(database) ?? { id: '', tables: new Map() };
  const altered = new Map(tables);
  if (rows) altered.set(table, memoryTable(rows));
  else altered.delete(table);
  server.change(id, { tables: altered });
}

/** A synchronization that ends as it is told to, after some looks. */
export class ScriptedSynchronization implements Synchronization {
  /** Looks at which it still runs. */
  looks = 1;
  outcome: SynchronizationProgress = { status: 'succeeded', text: '' };
  readonly begun: string[] = [];
  #seen = 0;

  async begin(_url: string, { id }: { id: string }): Promise<void> {
    if (this.begun.at(-1) === id) return;
    this.begun.push(id);
    this.#seen = 0;
  }

  async progress(): Promise<SynchronizationProgress> {
    this.#seen += 1;
    return this.#seen > this.looks ? this.outcome : { status: 'running', text: '' };
  }
}
