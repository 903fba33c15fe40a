import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { Outcome } from './run-seed.ts';

const SEED_PROCESS = fileURLToPath(new URL('seed-process.ts', import.meta.url));
/** A history takes a fraction of a second; one that takes so long goes round in circles. */
const SEED_MAX_MS = 60_000;

/** A process that runs seeds, one at a time. */
export class Runner {
  readonly #mutant: string | null;
  #child: ChildProcess | null = null;

  constructor(mutant: string | null = null) {
    this.#mutant = mutant;
  }

  async run(seed: number): Promise<Outcome> {
    const child = await this.#started();
    return new Promise((resolve) => {
      const end = (outcome: Outcome) => {
        clearTimeout(timer);
        child.removeAllListeners('message').removeAllListeners('exit');
        resolve(outcome);
      };
      const fail = (check: string, text: string) => {
        this.close();
        end({ seed, hash: '', broken: { check, text }, trace: [] });
      };
      const timer = setTimeout(() => fail('histories end', `no end within ${SEED_MAX_MS / 1000} s`), SEED_MAX_MS);
      child.once('message', (outcome: Outcome) => end(outcome));
      child.once('exit', (code) => fail('no error of our own', `the process ended with code ${code}`));
      child.send(seed);
    });
  }

  close(): void {
    this.#child?.removeAllListeners('exit').kill('SIGKILL');
    this.#child = null;
  }

  async #started(): Promise<ChildProcess> {
    if (this.#child) return this.#child;
    const child = fork(SEED_PROCESS, this.#mutant === null ? [] : [this.#mutant]);
    this.#child = child;
    const ended = once(child, 'exit').then(() => {
      throw new Error('A process that runs seeds did not start; its words are above.');
    });
    await Promise.race([once(child, 'message'), ended]);
    ended.catch(() => {});
    return child;
  }
}

/** Works the items off with so many runners side by side, each item by the next that is free. */
export async function sideBySide<Item>(
  items: Iterable<Item>,
  jobs: number,
  work: (item: Item, runner: Runner) => Promise<void>,
): Promise<void> {
  const queue = items[Symbol.iterator]();
  const workers = Array.from({ length: jobs }, async () => {
    const runner = new Runner();
    for (let next = queue.next(); !next.done; next = queue.next()) await work(next.value, runner);
    runner.close();
  });
  await Promise.all(workers);
}
