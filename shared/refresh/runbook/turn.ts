import type { Operation, StepProgress } from '../../control/operation.ts';
import type { Kept } from '../../control/operations.port.ts';
import type { RefreshPorts } from '../ports.ts';
import { RunbookLog } from './log.ts';
import { isRunbookStep, RUNBOOK, type RunbookStep } from './plan.ts';

/** A worker gives a sign so often while a step lasts … */
export const HEARTBEAT_MS = 3_000;
/** … and counts as dead when it gave none for so long; then another takes the step. */
export const TURN_MS = 20_000;

/** Somebody else has taken the step: this worker writes nothing more. */
export class Superseded extends Error {
  constructor() {
    super('another worker has taken the step');
    this.name = 'Superseded';
  }
}

/** A step that waits for somebody else: it is taken again later, and holds nobody meanwhile. */
export interface Waiting {
  readonly waitMs: number;
}

/** The operation may have changed since it was read: what a change is made of is what it gets. */
export type Change = (operation: Kept) => Partial<Operation>;

/** One worker's hold of an operation's step, until it ends or another one takes it. */
export class Turn {
  readonly ports: RefreshPorts;
  readonly step: RunbookStep;
  readonly log: RunbookLog;
  /** Aborted when somebody aborts the operation, or another worker has taken the step. */
  readonly cancelled: AbortSignal;
  readonly #cancel = new AbortController();
  #known: Kept;
  #progress: StepProgress | null = null;
  /** Changes of the row, one after the other. */
  #last: Promise<unknown> = Promise.resolve();

  private constructor(ports: RefreshPorts, known: Kept, step: RunbookStep, id: string) {
    this.ports = ports;
    this.step = step;
    this.#known = known;
    this.cancelled = this.#cancel.signal;
    this.log = new RunbookLog(ports, known, step, id);
  }

  /** Takes the step unless a worker is at it (then ms until it counts as dead) or there is none (null). */
  static async take(ports: RefreshPorts, operationId: string): Promise<Turn | { readonly waitMs: number } | null> {
    for (;;) {
      const known = await ports.control.operations.get(operationId);
      if (known === null || known.step === null || !isRunbookStep(known.step)) return null;
      const now = ports.clock.now();
      const waitMs = known.touchedAt + TURN_MS - now;
      if (known.turn !== null && waitMs > 0) return { waitMs };
      const id = ports.newId();
      const taken = { turn: id, attempts: known.attempts + 1, touchedAt: now, progress: null };
      const kept = await ports.control.operations.save(known, taken);
      if (kept) return new Turn(ports, kept, known.step, id);
    }
  }

  /** The hold of whoever has just begun the operation: the request, for its checks. */
  static ofRequest(ports: RefreshPorts, begun: Kept): Turn {
    return new Turn(ports, begun, 'preflight', begun.turn ?? '');
  }

  get operation(): Kept {
    return this.#known;
  }

  /** Keeps a change. Superseded when the step is another worker's by now. */
  change(change: Change): Promise<void> {
    const changed = this.#last.then(() => this.#change(change));
    this.#last = changed.catch(() => undefined);
    return changed;
  }

  /** Asked before each change of a database's name or access: a worker that stood still must not go on as if nothing had happened. */
  mustHold(): Promise<void> {
    return this.change(() => ({}));
  }

  /** What the next sign tells. */
  report(text: string, part: number, whole: number): void {
    const percent = whole > 0 ? Math.min(100, Math.floor((part / whole) * 100)) : 100;
    this.#progress = { text, percent };
  }

  /** Gives signs beside the work, and looks whether somebody aborts. */
  async beside<T>(work: () => Promise<T>): Promise<T> {
    const stop = this.ports.clock.every(HEARTBEAT_MS, () => {
      this.change(() => ({ progress: this.#progress }))
        .then(() => this.log.flush())
        .catch((error: unknown) => {
          if (error instanceof Superseded) this.#cancel.abort(error);
        });
    });
    try {
      return await work();
    } finally {
      stop();
    }
  }

  async #change(change: Change): Promise<void> {
    for (;;) {
      const made = { touchedAt: this.ports.clock.now(), ...change(this.#known) };
      const kept = await this.ports.control.operations.save(this.#known, made);
      if (kept) {
        this.#know(kept);
        return;
      }
      const now = await this.ports.control.operations.get(this.#known.id);
      if (now?.turn !== this.#known.turn || now.step !== this.step) throw new Superseded();
      this.#know(now);
    }
  }

  #know(kept: Kept): void {
    this.#known = kept;
    if (kept.abortedBy && RUNBOOK[this.step].abortable) this.#cancel.abort(new Error('the operation is aborted'));
  }
}
