import type { Random } from '../../local/dataverse/model/random.ts';
import { pick } from '../../local/dataverse/model/random.ts';
import type { Gate } from '../support/world.ts';

/** A worker that does not go on until it is let: each operation of its ports waits at the gate. */
export class Worker {
  readonly name: string;
  readonly #waiting: (() => void)[] = [];
  over = false;
  error: unknown = null;

  constructor(
    name: string,
    work: (gate: Gate) => Promise<void>,
    fault: (operation: string, moment: 'before' | 'after') => void,
  ) {
    this.name = name;
    const gate: Gate = async (operation, moment) => {
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
      fault(operation, moment);
    };
    work(gate).then(
      () => {
        this.over = true;
      },
      (error: unknown) => {
        this.over = true;
        this.error = error;
      },
    );
  }

  /** Lets one operation that waits go on, and resolves when nothing moves any more. */
  async advance(random: Random): Promise<void> {
    const next = this.#waiting.length === 0 ? undefined : pick(random, this.#waiting);
    if (next) this.#waiting.splice(this.#waiting.indexOf(next), 1);
    next?.();
    await new Promise((resolve) => setImmediate(resolve));
  }
}
