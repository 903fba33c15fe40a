import { between, pick } from '../../local/dataverse/model/random.ts';
import { FreshetError } from '../../shared/errors/error.ts';
import type { ExportPorts } from '../../shared/export/ports.ts';
import type { Connections, Faults } from './faults.ts';
import { type Scene, strikes } from './scene.ts';
import { Worker } from './workers.ts';

type Work = (ports: ExportPorts) => Promise<void>;

interface Member {
  /** In the order of their begins. */
  readonly number: number;
  readonly worker: Worker;
  /** Told when the worker did not come to its end: it was killed, or its work was refused. */
  readonly broken: (error: FreshetError | null) => void;
  /** Its process stands still until then; neither its work nor its clock goes on. */
  frozenUntil: number;
}

/** Longer than a lease. */
const FREEZE_MS = [35_000, 120_000] as const;

/** All that is at work: each worker with ports of its own, as a process has them, and let go on one operation at a time. */
export class Crew {
  readonly #scene: Scene;
  readonly #faults: Faults;
  readonly #members: Member[] = [];
  #started = 0;
  #acting: number | null = null;

  constructor(scene: Scene, faults: Faults) {
    this.#scene = scene;
    this.#faults = faults;
  }

  /** How many are at work. */
  get awake(): number {
    return this.#awake().length;
  }

  /** How many have begun. */
  get started(): number {
    return this.#started;
  }

  /** The number of the one who does something now; whoever is none of the crew came after all of them. */
  get acting(): number {
    return this.#acting ?? this.#started + 1;
  }

  start(name: string, work: Work, broken: Member['broken'] = () => {}): void {
    const { world, trace } = this.#scene;
    const number = ++this.#started;
    const label = `${name}-${number}`;
    const connections: Connections = new Map();
    const worker = new Worker(
      label,
      () => world.clock.now(),
      (gate, clock) => work(world.makePorts(gate, clock)),
      (operation, moment) => {
        const fate = this.#faults.fate(operation, moment, connections);
        trace.note(
          `${label} ${moment} ${operation}${fate ? ` FAILS after ${fate.afterMs} ms: ${fate.error.message}` : ''}`,
        );
        return fate;
      },
    );
    this.#members.push({ number, worker, broken, frozenUntil: 0 });
  }

  /** Work that is wished for: begun again when it is killed or meets what passes, until it is done or refused. */
  insist(name: string, work: Work, ended: (done: boolean) => void = () => {}): void {
    const whole: Work = async (ports) => {
      await work(ports);
      ended(true);
    };
    this.start(name, whole, (error) => {
      if (error === null || error.class === 'retry') this.insist(name, work, ended);
      else ended(false);
    });
  }

  /** One operation of somebody. */
  async advance(): Promise<void> {
    const { random, swarm, trace, world } = this.#scene;
    const now = world.clock.now();
    const awake = this.#awake();
    if (awake.length === 0) return;
    const member = pick(random, awake);
    const { worker } = member;
    if (strikes(this.#scene, swarm.frozen)) {
      trace.note(`${worker.name} freezes`);
      member.frozenUntil = now + between(random, ...FREEZE_MS);
      return;
    }
    if (strikes(this.#scene, swarm.killed)) {
      trace.note(`${worker.name} is killed`);
      this.#remove(member);
      member.broken(null);
      return;
    }
    this.#acting = member.number;
    await worker.advance(random);
    this.#acting = null;
    if (!worker.over) return;
    this.#remove(member);
    if (worker.error === null) return;
    if (!(worker.error instanceof FreshetError)) throw worker.error;
    trace.note(`${worker.name} ends with ${worker.error.code}`);
    member.broken(worker.error);
  }

  /** Everybody to the end; time passes when all wait for it. */
  async finish(): Promise<void> {
    const { clock } = this.#scene.world;
    while (this.#members.length > 0) {
      const next = Math.min(
        ...this.#members.map(({ worker, frozenUntil }) =>
          Math.max(frozenUntil, worker.nextAt ?? Number.POSITIVE_INFINITY),
        ),
      );
      if (Number.isFinite(next)) await clock.advanceTo(next);
      await this.advance();
    }
  }

  /** Their connections are gone: nobody ends his work. */
  dismiss(): void {
    for (const { broken } of this.#members.splice(0)) broken(null);
  }

  #awake(): readonly Member[] {
    const now = this.#scene.world.clock.now();
    return this.#members.filter(({ frozenUntil }) => frozenUntil <= now);
  }

  #remove(member: Member): void {
    this.#members.splice(this.#members.indexOf(member), 1);
  }
}
