import { between, pick } from '../../local/dataverse/model/random.ts';
import { FreshetError } from '../../shared/errors/error.ts';
import type { ExportPorts } from '../../shared/export/ports.ts';
import type { Connections, Faults } from './faults.ts';
import { type Scene, strikes } from './scene.ts';
import { Worker } from './workers.ts';

type Work = (ports: ExportPorts) => Promise<void>;

interface Member {
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

  constructor(scene: Scene, faults: Faults) {
    this.#scene = scene;
    this.#faults = faults;
  }

  /** How many are at work. */
  get awake(): number {
    return this.#awake().length;
  }

  start(name: string, work: Work, broken: Member['broken'] = () => {}): void {
    const { world, trace } = this.#scene;
    const label = `${name}-${++this.#started}`;
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
    this.#members.push({ worker, broken, frozenUntil: 0 });
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
    await worker.advance(random);
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
