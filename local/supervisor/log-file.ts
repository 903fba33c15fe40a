import { closeSync, mkdirSync, openSync, renameSync, statSync, writeSync } from 'node:fs';
import path from 'node:path';

const FILE_MAX_BYTES = 5 * 1024 * 1024;
const CLOSED = -1;

/** A part's log. When it is full it becomes `<file>.1`, in place of the one before, and a new one begins. */
export class LogFile {
  readonly #file: string;
  readonly #maxBytes: number;
  #descriptor: number;
  #bytes: number;

  constructor(file: string, maxBytes = FILE_MAX_BYTES) {
    mkdirSync(path.dirname(file), { recursive: true });
    this.#file = file;
    this.#maxBytes = maxBytes;
    this.#descriptor = openSync(file, 'a');
    this.#bytes = statSync(file).size;
  }

  /** A log that cannot be written, for lack of space, must not take the parts down. */
  write(line: string): void {
    try {
      if (this.#bytes >= this.#maxBytes) this.#turn();
      this.#bytes += writeSync(this.#descriptor, `${line}\n`);
    } catch {
      // What matters of it is shown, too.
    }
  }

  /** Later lines are dropped: the system may have given the number to another file. */
  close(): void {
    if (this.#descriptor !== CLOSED) closeSync(this.#descriptor);
    this.#descriptor = CLOSED;
  }

  #turn(): void {
    closeSync(this.#descriptor);
    renameSync(this.#file, `${this.#file}.1`);
    this.#descriptor = openSync(this.#file, 'a');
    this.#bytes = 0;
  }
}
