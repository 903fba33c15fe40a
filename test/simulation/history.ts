import { between, pick, type Random, seededRandom } from '../../local/dataverse/model/random.ts';
import { drawVariants } from '../../local/dataverse/model/variants.ts';
import { applyProfile } from '../../shared/export/apply/apply-profile.ts';
import type { ApplyMessage, ReadMessage } from '../../shared/export/bells.ts';
import { readFeed } from '../../shared/export/read/read-feed.ts';
import { reconcileDue } from '../../shared/export/reconcile/reconcile.ts';
import { makeReaches } from '../../shared/export/ring/reaches.ts';
import { ringFeeds } from '../../shared/export/ring/ring-feeds.ts';
import { cleanUp, sweep } from '../../shared/export/sweep.ts';
import { readWholeBySchedule } from '../../shared/export/whole-reads.ts';
import { World } from '../support/world.ts';
import { Administrators } from './administrators.ts';
import { Backups } from './backups.ts';
import { Changes } from './changes.ts';
import { Crew } from './crew.ts';
import { EXPORTED } from './definitions.ts';
import { Faults } from './faults.ts';
import { Hands } from './hands.ts';
import { Requests } from './requests.ts';
import { arriveWithoutSweep, BrokenPromise, comeToRest } from './rest.ts';
import { type Scene, strikes } from './scene.ts';
import { Standstill } from './standstill.ts';
import { drawSwarm } from './swarm.ts';
import { Trace } from './trace.ts';
import { LOCK_MS, Traffic } from './traffic.ts';
import { Witness } from './witness.ts';

const STEPS = 600;
/** A calm history is looked at so often: only the last change before a look can be seen to wait. */
const CALM_CHAPTERS = 6;
const WORKERS_MAX = 5;
const SWEEP_EVERY_STEPS = 40;
const WHOLE_READS_EVERY_STEPS = 50;
const RECONCILE_EVERY_STEPS = 15;
/** Histories last some minutes. */
const SCHEDULES = { wholeReadMs: 60_000, refreshMs: 90_000 };
/** Why a resync was queued that heals, in the log. */
const HEALED = 'a reconciliation found differences';
const HOUR_MS = 3_600_000;
/** Longer than a message lasts, a page that was passed, one that was not, a failure. */
const STANDSTILLS_MS = [HOUR_MS, 25 * HOUR_MS, 8 * 24 * HOUR_MS, 31 * 24 * HOUR_MS];

/** One random history of an organization and its profiles, from a seed; in the end the system must come to rest. */
export class History {
  readonly #random: Random;
  readonly #scene: Scene;
  readonly #world: World;
  readonly #witness: Witness;
  readonly #crew: Crew;
  readonly #faults: Faults;
  readonly #standstill = new Standstill();
  readonly #administrators: Administrators;
  readonly #requests: Requests;
  readonly #hands: Hands;
  readonly #backups: Backups;
  readonly #traffic: Traffic;
  readonly #changes: Changes;

  constructor(seed: number) {
    this.#random = seededRandom(seed);
    const swarm = drawSwarm(this.#random);
    const variants = drawVariants(this.#random);
    const trace = new Trace(() => this.#world.clock.now());
    this.#witness = new Witness(trace, this.#standstill);
    this.#world = new World({
      variants,
      pageRows: between(this.#random, 1, 4),
      notifications: false,
      options: SCHEDULES,
      gate: async (operation, moment) => {
        if (moment === 'before') trace.note(`  ${operation}`);
      },
      log: { write: (_level, event, fields) => this.#heard(event, fields) },
      written: (name) => this.#witness.look(name, this.#world.database(name), this.#crew.acting),
    });
    this.#scene = { random: this.#random, swarm, world: this.#world, trace, faulty: true, disturbed: false };
    trace.note(`seed ${seed}: ${JSON.stringify({ ...variants, ...swarm })}`);
    this.#witness.watch(this.#world.organization);
    this.#faults = new Faults(this.#scene);
    this.#crew = new Crew(this.#scene, this.#faults);
    this.#administrators = new Administrators(this.#scene, this.#crew, this.#standstill);
    this.#requests = new Requests(this.#scene, this.#crew, this.#standstill);
    this.#hands = new Hands(this.#scene);
    this.#backups = new Backups(this.#scene, this.#crew, this.#faults, this.#standstill);
    this.#traffic = new Traffic(this.#scene);
    this.#changes = new Changes(this.#scene);
  }

  get trace(): Trace {
    return this.#scene.trace;
  }

  /** Rejects with the first promise that was broken. */
  async run(): Promise<void> {
    await this.#administrators.join();
    const chapters = this.#scene.swarm.calm ? CALM_CHAPTERS : 1;
    for (let chapter = 0; chapter < chapters; chapter++) {
      for (let step = 0; step < STEPS / chapters; step++) await this.#step(step);
      await this.#endFaults();
      if (this.#scene.swarm.calm) await arriveWithoutSweep(this.#world);
      this.#scene.faulty = true;
    }
    this.#scene.faulty = false;
    await this.#administrators.settleRemoved();
    const { swarm, disturbed } = this.#scene;
    const options = { reconciled: swarm.reconciled + swarm.tampered > 0, told: !disturbed };
    // What was broken first explains the rest.
    await comeToRest(this.#world, options).finally(() => this.#look());
    this.#noteRows();
  }

  async #step(step: number): Promise<void> {
    const { swarm } = this.#scene;
    if (this.#random() < 0.15) this.#changes.happen();
    await this.#trouble();
    await this.#administrate();
    await this.#world.clock.advance(this.#passingTime());
    if (!swarm.calm) this.#runTimers(step);
    this.#takeMessages();
    for (let turn = 0; turn < 10; turn++) await this.#crew.advance();
    this.#look();
  }

  async #administrate(): Promise<void> {
    const { swarm } = this.#scene;
    if (strikes(this.#scene, swarm.switched)) await this.#administrators.switch();
    if (strikes(this.#scene, swarm.replaced)) await this.#administrators.replace();
    if (strikes(this.#scene, swarm.left)) await this.#administrators.leave();
    if (strikes(this.#scene, swarm.paused)) await this.#requests.pauseOrResume();
    if (strikes(this.#scene, swarm.resynced)) await this.#requests.resync();
    if (strikes(this.#scene, swarm.retried)) await this.#requests.retryFailed();
    if (strikes(this.#scene, swarm.reconciled)) await this.#requests.reconcile();
    if (this.#random() >= 0.005) return;
    await this.#administrators.join();
    this.#backups.forget();
  }

  #runTimers(step: number): void {
    const { derived, untracked, reconciled } = this.#scene.swarm;
    const isTime = (everySteps: number) => step % everySteps === everySteps - 1;
    if (isTime(SWEEP_EVERY_STEPS)) this.#crew.start('sweep', sweep);
    if ((derived || untracked) && isTime(WHOLE_READS_EVERY_STEPS)) this.#crew.start('whole', readWholeBySchedule);
    if (reconciled > 0 && isTime(RECONCILE_EVERY_STEPS)) this.#crew.start('compare', reconcileDue);
  }

  async #trouble(): Promise<void> {
    const { swarm, world, trace } = this.#scene;
    const { databases } = this.#administrators;
    if (strikes(this.#scene, swarm.restored)) this.#backups.restoreOrBackUp(databases);
    if (strikes(this.#scene, swarm.blobLost)) await this.#backups.loseBlob();
    if (strikes(this.#scene, swarm.tampered)) this.#hands.tamper(databases);
    if (strikes(this.#scene, swarm.outage))
      this.#faults.beginOutage([
        'control',
        'source',
        'blobs',
        'queues',
        ...databases.map((name) => `destination ${name}`),
      ]);
    if (strikes(this.#scene, swarm.expired)) {
      const entity = pick(this.#random, EXPORTED);
      trace.note(`tokens of ${entity} expire`);
      if (world.organization.findTable(entity)) world.organization.expireTokens(entity);
    }
    if (strikes(this.#scene, swarm.standstill)) await this.#standStill();
  }

  async #standStill(): Promise<void> {
    const ms = pick(this.#random, STANDSTILLS_MS);
    this.#scene.trace.note(`nothing happens for ${ms / HOUR_MS} hours`);
    await this.#world.clock.advance(ms);
    this.#crew.start('clean-up', cleanUp);
  }

  #passingTime(): number {
    const drawn = this.#random();
    if (drawn < this.#scene.swarm.slow) return between(this.#random, 20_000, 70_000);
    return drawn < 0.3 ? between(this.#random, 100, 4_000) : between(this.#random, 1, 40);
  }

  #takeMessages(): void {
    if (this.#crew.awake >= WORKERS_MAX) return;
    const bodies = this.#traffic.notifications();
    if (bodies.length > 0)
      this.#crew.start(
        'ring',
        async (ports) => void (await ringFeeds(ports, makeReaches(ports), bodies)),
        (error) => this.#traffic.again('notifications', bodies, error ? 0 : LOCK_MS),
      );
    this.#take('reads', (ports, body) => readFeed(ports, body as ReadMessage));
    this.#take('applies', (ports, body) => applyProfile(ports, body as ApplyMessage));
  }

  #take(queue: 'reads' | 'applies', work: (ports: World['ports'], body: object) => Promise<void>): void {
    for (const body of this.#traffic.take(queue))
      this.#crew.start(
        queue,
        (ports) => work(ports, body),
        (error) => this.#traffic.again(queue, [body], error ? 0 : LOCK_MS),
      );
  }

  async #endFaults(): Promise<void> {
    this.#scene.trace.note('faults end');
    this.#scene.faulty = false;
    this.#changes.complete();
    await this.#crew.finish();
    // All of it goes on.
    this.#standstill.forgetAll();
  }

  /** A reconciliation heals nothing that is well. */
  #heard(event: string, fields: Record<string, unknown> = {}): void {
    const { trace, disturbed } = this.#scene;
    trace.note(`    ${event} ${JSON.stringify(fields)}`);
    // What was backed up before belongs to nobody, and only a person could say who may take it over.
    if (event === 'tables taken over') this.#backups.forget();
    if (event === 'resync queued' && fields.why === HEALED && !disturbed)
      this.#witness.tell('what is well is not healed', JSON.stringify(fields));
  }

  #look(): void {
    const { finding } = this.#witness;
    if (finding) throw new BrokenPromise([finding]);
  }

  /** The end belongs to the trace, too: the same seed ends in the same rows. */
  #noteRows(): void {
    for (const name of this.#administrators.databases)
      for (const entity of EXPORTED) {
        const rows = [...this.#world.destination(name, entity)].toSorted();
        this.#scene.trace.note(`${name}.${entity}: ${JSON.stringify(rows)}`);
      }
  }
}
