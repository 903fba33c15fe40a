import { type ChildProcess, spawn } from 'node:child_process';
import { StartFailure } from '../support/failure.ts';
import { markProcess, type ProcessMark } from '../support/processes.ts';
import { until } from '../support/until.ts';
import type { PartDefinition, PartState } from './part.ts';
import type { PartOutput } from './part-output.ts';

const LEASH = new URL('./leash.ts', import.meta.url).href;
const READY_MS = 60_000;
/** The Functions host lets invocations end for 10 s, PostgreSQL writes a checkpoint for 20 s at most. */
const STOP_MS = 30_000;
/** The last lines may arrive after the news of the end. */
const LAST_WORDS_MS = 500;

/** One run of a part's process, from its start to its end. */
export class PartRun {
  readonly #part: PartDefinition;
  readonly #output: PartOutput;
  readonly #child: ChildProcess;
  readonly #started = new Date();
  /** Settles with the reason when the process has ended. */
  readonly ended: Promise<string>;
  #end: string | null = null;

  constructor(part: PartDefinition, output: PartOutput) {
    this.#part = part;
    this.#output = output;
    this.#child = spawn(process.execPath, ['--import', LEASH, part.entry, ...part.args], {
      env: { ...process.env, ...part.environment },
      // A group of its own: Ctrl-C goes to the supervisor alone, which stops the parts in order.
      detached: process.platform !== 'win32',
      windowsHide: true,
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    });
    output.follow(this.#child);
    this.ended = new Promise((resolve) => {
      this.#child.once('error', (error) => resolve(error.message));
      this.#child.once('exit', (code, signal) => resolve(signal ? `ended by ${signal}` : `ended with code ${code}`));
    });
    this.ended.then((reason) => {
      this.#end = reason;
    });
  }

  state(): PartState {
    const { name, port } = this.#part;
    return { name, pid: this.#child.pid ?? 0, port, started: this.#started.toISOString() };
  }

  /** Null when it has ended. */
  mark(): Promise<ProcessMark | null> {
    return markProcess(this.#child.pid ?? 0);
  }

  /** Resolves when it serves; otherwise it has ended, or is ended. StartFailure tells why. */
  async serving(): Promise<void> {
    const { serves, readyWithinMs = READY_MS } = this.#part;
    const serving = async () => this.#end !== null || (this.#output.ready && (await (serves?.() ?? true)));
    const inTime = await until(serving, readyWithinMs);
    if (inTime && this.#end === null) return;
    if (!inTime) await this.stop();
    await until(() => this.#output.last.length > 0, LAST_WORDS_MS);
    throw this.#failure(inTime ? (this.#end ?? '') : `did not answer within ${readyWithinMs / 1000} s`);
  }

  /** Asks it to stop, and ends it when it does not. */
  async stop(): Promise<void> {
    if (this.#end !== null) return;
    // Windows has no signal that a program could hear; there the leash tells it.
    if (process.platform === 'win32') this.#child.disconnect();
    else this.#child.kill('SIGTERM');
    if (await until(() => this.#end !== null, STOP_MS)) return;
    this.kill();
    await this.ended;
  }

  kill(): void {
    this.#child.kill('SIGKILL');
  }

  /** A part that cannot start says why in its last line, with the cure. */
  #failure(reason: string): StartFailure {
    const { name, port } = this.#part;
    const said = this.#output.last
      .map((line) => / cannot start: (.+)\. ([^.]+\.?)$/.exec(line))
      .findLast((match) => match);
    const [, what, cure] = said ?? [];
    if (what && cure) return new StartFailure(`${name} (port ${port}) cannot start: ${what}`, cure);
    const lines = this.#output.last.join(' / ') || 'nothing was said';
    return new StartFailure(`${name} (port ${port}) ${reason} before it served: ${lines}`, `See logs/${name}.log`);
  }
}
