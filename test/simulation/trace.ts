import { createHash } from 'node:crypto';

/** What happened in a history, line by line, each with the virtual time since its begin. */
export class Trace {
  readonly #now: () => number;
  #beganAt: number | null = null;
  readonly #lines: string[] = [];

  constructor(now: () => number) {
    this.#now = now;
  }

  note(line: string): void {
    const now = this.#now();
    this.#beganAt ??= now;
    this.#lines.push(`${((now - this.#beganAt) / 1000).toFixed(3).padStart(12)}  ${line}`);
  }

  get lines(): readonly string[] {
    return this.#lines;
  }

  /** The same seed gives the same. */
  get hash(): string {
    return createHash('sha256').update(this.#lines.join('\n')).digest('hex').slice(0, 16);
  }
}
