import { between, pick, type Random, seededRandom } from '../../local/dataverse/model/random.ts';
import type { Transaction } from '../../local/dataverse/model/transaction.ts';
import { drawVariants } from '../../local/dataverse/model/variants.ts';
import type { OwnTables } from '../../shared/destination/memory/database.ts';
import { FreshetError } from '../../shared/errors/error.ts';
import { applyProfile } from '../../shared/export/apply/apply-profile.ts';
import type { ApplyMessage, ReadMessage } from '../../shared/export/bells.ts';
import type { ExportPorts } from '../../shared/export/ports.ts';
import { deactivateProfile } from '../../shared/export/profiles/profiles.ts';
import { readFeed } from '../../shared/export/read/read-feed.ts';
import { makeReaches } from '../../shared/export/ring/reaches.ts';
import { ringFeeds } from '../../shared/export/ring/ring-feeds.ts';
import { sweep } from '../../shared/export/sweep.ts';
import { ORGANIZATION_ID, World } from '../support/world.ts';
import { failureOf } from './failures.ts';
import { Witness } from './witness.ts';
import { Worker } from './workers.ts';

const STEPS = 700;
const WORKERS_MAX = 5;
const PROFILES_MAX = 3;
const ENTITIES = ['parent', 'child'] as const;
const QUIET_MS = 8 * 60_000;

/** Which faults a history knows, and how often: each seed has its own, for all faults always would hide some. */
interface Swarm {
  readonly lost: number;
  readonly doubled: number;
  readonly killed: number;
  readonly failed: number;
  readonly refused: number;
  readonly restored: number;
  readonly expired: number;
  readonly paused: number;
  readonly slow: number;
}

function drawSwarm(random: Random): Swarm {
  const maybe = (rate: number) => (random() < 0.6 ? rate * random() : 0);
  return {
    lost: maybe(0.4),
    doubled: maybe(0.4),
    killed: maybe(0.03),
    failed: maybe(0.04),
    refused: maybe(0.3),
    restored: maybe(0.01),
    expired: maybe(0.01),
    paused: maybe(0.01),
    slow: maybe(0.03),
  };
}

type Kind = 'upsert' | 'delete' | 'recreate' | 'hide' | 'commit';

/** One random history of an organization and its profiles, from a seed; then a quiet time, after which all must be equal. */
export class History {
  readonly #random: Random;
  readonly #swarm: Swarm;
  readonly #world: World;
  readonly #witness: Witness;
  readonly #workers: Worker[] = [];
  readonly #profiles = new Map<string, string>();
  readonly #ids: string[];
  readonly #trace: string[] = [];
  readonly #open: Transaction[] = [];
  readonly #changes: Record<Kind, (entity: string, id: string) => unknown> = {
    upsert: (entity, id) => this.#world.organization.upsert(entity, id, { name: this.#name() }),
    delete: (entity, id) => this.#world.organization.delete(entity, id),
    recreate: (entity, id) => {
      this.#world.organization.delete(entity, id);
      this.#world.organization.create(entity, { name: this.#name() }, { id });
    },
    hide: (entity, id) => {
      const transaction = this.#world.organization.begin();
      this.#open.push(transaction);
      transaction.update(entity, id, { name: this.#name() });
    },
    commit: () => this.#open.shift()?.commit(),
  };
  #backup: (() => void) | null = null;
  #faults = true;
  #drawn = 0;

  constructor(seed: number) {
    this.#random = seededRandom(seed);
    this.#swarm = drawSwarm(this.#random);
    this.#world = new World({ variants: drawVariants(this.#random), pageRows: between(this.#random, 1, 4) });
    this.#witness = new Witness(this.#world.organization);
    this.#ids = Array.from({ length: 6 }, (_, index) => `aaaaaaaa-0000-4000-8000-00000000000${index}`);
  }

  /** What happened, line by line. */
  get trace(): readonly string[] {
    return this.#trace;
  }

  async run(): Promise<void> {
    await this.#addProfile();
    for (const id of this.#ids)
      for (const entity of ENTITIES)
        this.#attempt(() => this.#world.organization.create(entity, { name: this.#name() }, { id }));
    for (let step = 0; step < STEPS; step++) await this.#step(step);
    await this.#comeToRest();
    this.#check();
  }

  async #step(step: number): Promise<void> {
    const random = this.#random;
    if (random() < 0.15) this.#change();
    if (random() < this.#swarm.restored) this.#restoreOrBackUp();
    if (random() < this.#swarm.expired)
      this.#note('tokens expire', () => this.#world.organization.expireTokens(pick(random, ENTITIES)));
    if (random() < this.#swarm.paused) await this.#pauseOrResume();
    if (random() < 0.004 && this.#profiles.size < PROFILES_MAX) await this.#addProfile();
    await this.#world.clock.advance(this.#passingTime());
    if (step % 40 === 39) this.#start('sweep', (ports) => sweep(ports));
    this.#takeMessages();
    for (let turn = 0; turn < 4 && this.#workers.length > 0; turn++) await this.#advance(pick(random, this.#workers));
  }

  #passingTime(): number {
    const drawn = this.#random();
    if (drawn < this.#swarm.slow) return between(this.#random, 20_000, 70_000);
    return drawn < 0.3 ? between(this.#random, 100, 4_000) : between(this.#random, 1, 40);
  }

  // ---- the organization

  #change(): void {
    const entity = pick(this.#random, ENTITIES);
    const id = pick(this.#random, this.#ids);
    const kind = this.#drawKind(this.#world.organization.find(entity, id) !== undefined);
    this.#note(`${kind} ${entity} ${id}`, () => this.#changes[kind](entity, id));
  }

  #drawKind(exists: boolean): Kind {
    const drawn = this.#random();
    if (drawn < 0.12 && this.#open.length > 0) return 'commit';
    if (!exists) return 'upsert';
    if (drawn < 0.2) return 'hide';
    if (drawn < 0.4) return 'delete';
    return drawn < 0.5 ? 'recreate' : 'upsert';
  }

  /** Some names the destinations refuse while there are faults. */
  #name(): string {
    this.#drawn++;
    return this.#random() < this.#swarm.refused ? `bad ${this.#drawn}` : `good ${this.#drawn}`;
  }

  /** A row may be locked by an open transaction: then nothing happens. */
  #attempt(change: () => unknown): void {
    try {
      change();
    } catch (error) {
      if ((error as Error).constructor.name !== 'DataverseError') throw error;
    }
  }

  // ---- profiles, backups

  async #addProfile(): Promise<void> {
    const name = `p${this.#profiles.size + 1}`;
    this.#note(`profile ${name} joins`, () => {});
    const id = await this.#world.addProfile(name, { Entities: ENTITIES.map((Type) => ({ Type })) });
    this.#profiles.set(name, id);
    this.#world.database(name).constraint = (_entity, _id, row) =>
      this.#faults && String(row?.name).startsWith('bad') ? 'refused' : null;
    this.#backup = null;
  }

  async #pauseOrResume(): Promise<void> {
    const [name, id] = pick(this.#random, [...this.#profiles]);
    const profile = await this.#world.ports.control.profiles.get(id);
    this.#note(`${profile?.state === 'active' ? 'pause' : 'resume'} ${name}`, () => {});
    if (profile?.state === 'active') await deactivateProfile(this.#world.ports, [ORGANIZATION_ID], id);
    else await this.#world.activate(id);
  }

  #restoreOrBackUp(): void {
    if (this.#backup) {
      this.#backup();
      this.#backup = null;
      return;
    }
    const name = pick(this.#random, ['control', ...this.#profiles.keys()]);
    this.#note(`backup of ${name}`, () => {});
    if (name === 'control') {
      const state = this.#world.control.snapshot();
      this.#backup = () => this.#note('control restored', () => this.#restoreControl(state));
      return;
    }
    const state = this.#world.database(name).snapshot();
    this.#backup = () =>
      this.#note(`${name} restored`, () => {
        this.#world.database(name).restore(state);
        this.#witness.forget(name);
      });
  }

  /** Connections to the old database are gone: whoever works loses them. */
  #restoreControl(state: ReturnType<World['control']['snapshot']>): void {
    this.#world.control.restore(state);
    this.#workers.length = 0;
  }

  // ---- workers

  #takeMessages(): void {
    const { queues } = this.#world;
    if (this.#workers.length >= WORKERS_MAX) return;
    const notifications = queues.takeDue('notifications').filter(() => !this.#chance(this.#swarm.lost));
    if (notifications.length > 0)
      this.#start('ring', (ports) =>
        ringFeeds(
          ports,
          makeReaches(ports),
          notifications.map(({ body }) => body),
        ).then(() => {}),
      );
    for (const message of this.#taken('reads')) this.#start('read', (ports) => readFeed(ports, message as ReadMessage));
    for (const message of this.#taken('applies'))
      this.#start('apply', (ports) => applyProfile(ports, message as ApplyMessage));
  }

  /** At most one message, perhaps lost, perhaps twice. */
  #taken(queue: 'reads' | 'applies'): object[] {
    const [message] = this.#world.queues.takeDue(queue, 1);
    if (!message || this.#chance(this.#swarm.lost / 8)) return [];
    return this.#chance(this.#swarm.doubled) ? [message.body, message.body] : [message.body];
  }

  #start(name: string, work: (ports: ExportPorts) => Promise<void>): void {
    const worker = new Worker(
      `${name}-${this.#trace.length}`,
      (gate) => work(this.#world.makePorts(gate)),
      (operation, moment) => this.#fault(worker.name, operation, moment),
    );
    this.#workers.push(worker);
  }

  async #advance(worker: Worker): Promise<void> {
    if (this.#chance(this.#swarm.killed)) this.#note(`${worker.name} killed`, () => this.#remove(worker));
    else await worker.advance(this.#random);
    for (const name of this.#profiles.keys())
      for (const entity of ENTITIES) this.#witness.look(name, this.#world.database(name), entity);
    if (worker.over) this.#remove(worker);
    if (worker.error !== null && !(worker.error instanceof FreshetError)) throw worker.error;
  }

  #remove(worker: Worker): void {
    const index = this.#workers.indexOf(worker);
    if (index !== -1) this.#workers.splice(index, 1);
  }

  #fault(worker: string, operation: string, moment: 'before' | 'after'): void {
    const fails = this.#faults && this.#chance(this.#swarm.failed);
    this.#trace.push(`${worker} ${moment} ${operation}${fails ? ' FAILS' : ''}`);
    if (fails) throw failureOf(operation);
  }

  // ---- the end

  async #comeToRest(): Promise<void> {
    this.#note('faults end', () => {});
    this.#faults = false;
    for (const transaction of this.#open) transaction.commit();
    while (this.#workers.length > 0) await this.#advance(pick(this.#random, this.#workers));
    for (const id of this.#profiles.values()) {
      const profile = await this.#world.ports.control.profiles.get(id);
      if (profile && profile.state !== 'active') await this.#world.activate(id);
    }
    await this.#world.run(QUIET_MS);
  }

  #check(): void {
    for (const name of this.#profiles.keys()) {
      const { own } = this.#world.database(name).area({ schema: 'dbo', prefix: '' });
      if (!own) throw new Error(`${name} lost its own tables`);
      for (const entity of ENTITIES) this.#checkTable(name, entity, own);
    }
  }

  /** Equal but for failed records, which keep their old copy; and counters that add up. */
  #checkTable(name: string, entity: string, own: OwnTables): void {
    const open = [...own.retries.values()].filter((retry) => retry.entity === entity);
    const failed = new Set(open.filter(({ failedAt }) => failedAt !== null).map(({ id }) => id));
    const [source = '', destination = ''] = [this.#world.source(entity), this.#world.destination(name, entity)].map(
      (rows) => textOf(rows, failed),
    );
    if (source !== destination)
      throw new Error(`${name}.${entity} differs:\n  source      ${source}\n  destination ${destination}`);
    const counters = own.positions.get(entity)?.counters;
    if (!counters) throw new Error(`${name}.${entity} has no position`);
    const sum = counters.applied + counters.replaced + counters.retrying + counters.failed;
    if (counters.read !== sum || counters.retrying !== 0 || counters.failed !== open.length) {
      throw new Error(`${name}.${entity} has counters ${JSON.stringify(counters)} and ${open.length} open retries`);
    }
  }

  #chance(rate: number): boolean {
    return this.#faults && this.#random() < rate;
  }

  #note(event: string, happens: () => unknown): void {
    this.#trace.push(event);
    this.#attempt(happens);
  }
}

function textOf(rows: ReadonlyMap<string, unknown>, without: ReadonlySet<string>): string {
  return [...rows]
    .filter(([id]) => !without.has(id))
    .map(([id, name]) => `${id.at(-1)}=${String(name)}`)
    .toSorted()
    .join(' ');
}
