import { setTimeout as pause } from 'node:timers/promises';
import type { PartDefinition, PartState, Report } from './part.ts';
import type { PartOutput } from './part-output.ts';
import { PartRun } from './part-run.ts';

/** When a part that died is started again, and when no more. */
export interface RestartPolicy {
  /** So many deaths within the time are too many. */
  readonly deaths: number;
  readonly withinMs: number;
  /** Before the first restart; doubled with each further death within the time. */
  readonly pauseMs: number;
}

export const RESTARTS: RestartPolicy = { deaths: 5, withinMs: 60_000, pauseMs: 250 };

/** Keeps one part running: starts it, and starts it again when it dies. */
export class SupervisedPart {
  readonly definition: PartDefinition;
  readonly #output: PartOutput;
  readonly #policy: RestartPolicy;
  readonly #report: Report;
  /** Told after each change of the process. */
  readonly #changed: () => void;
  readonly #stopping = new AbortController();
  #run: PartRun | null = null;
  #deaths: number[] = [];

  constructor(
    definition: PartDefinition,
    output: PartOutput,
    policy: RestartPolicy,
    report: Report,
    changed: () => void,
  ) {
    this.definition = definition;
    this.#output = output;
    this.#policy = policy;
    this.#report = report;
    this.#changed = changed;
  }

  /** Null while it does not run. */
  get run(): PartRun | null {
    return this.#run;
  }

  state(): PartState | null {
    return this.#run?.state() ?? null;
  }

  /** The first start. Throws a StartFailure when it does not serve; then it has ended. */
  async start(): Promise<void> {
    const run = await this.#launch();
    await run.serving();
    this.#keepAlive(run);
  }

  async stop(): Promise<void> {
    this.#stopping.abort(new Error('stopped'));
    await this.#run?.stop();
    this.#run = null;
    this.#output.close();
  }

  kill(): void {
    this.#run?.kill();
  }

  async #launch(): Promise<PartRun> {
    await this.definition.prepare?.();
    this.#stopping.signal.throwIfAborted();
    const run = new PartRun(this.definition, this.#output);
    this.#run = run;
    this.#changed();
    return run;
  }

  #keepAlive(run: PartRun): void {
    run.ended.then((reason) => this.#died(reason));
  }

  async #died(reason: string): Promise<void> {
    const { signal } = this.#stopping;
    if (signal.aborted) return;
    this.#run = null;
    this.#changed();
    const waitMs = this.#countDeath();
    if (waitMs === null) return this.#giveUp(reason);
    this.#report(`${this.definition.name} ${reason}; it is started again`);
    const next = await this.#launchAfter(waitMs);
    // Its end before it serves is its next death, of which the other listener hears.
    await next?.serving().then(
      () => this.#report(`${this.definition.name} serves again`),
      () => undefined,
    );
  }

  /** Null when it was stopped meanwhile, or when its process could not even be begun: that counts as a death, too. */
  async #launchAfter(waitMs: number): Promise<PartRun | null> {
    const { signal } = this.#stopping;
    try {
      await pause(waitMs, undefined, { signal });
      const run = await this.#launch();
      this.#keepAlive(run);
      return run;
    } catch (error) {
      if (!signal.aborted) await this.#died(`could not be started (${error instanceof Error ? error.message : error})`);
      return null;
    }
  }

  /** How long to wait before the next start; null when there have been too many deaths. */
  #countDeath(): number | null {
    const now = performance.now();
    const { deaths, withinMs, pauseMs } = this.#policy;
    this.#deaths = [...this.#deaths.filter((at) => at > now - withinMs), now];
    return this.#deaths.length >= deaths ? null : pauseMs * 2 ** (this.#deaths.length - 1);
  }

  #giveUp(reason: string): void {
    const { name, port } = this.definition;
    const { deaths, withinMs } = this.#policy;
    const lines = this.#output.last.map((line) => `\n    ${line}`).join('');
    this.#report(
      `${name} (port ${port}) ${reason}, ${deaths} times within ${withinMs / 1000} s: it is given up. Its last lines:${lines}
  Read logs/${name}.log, put right what it says, and start again; if its data is damaged, npm run reset removes it.`,
    );
  }
}
