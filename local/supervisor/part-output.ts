import type { ChildProcess } from 'node:child_process';
import { createInterface } from 'node:readline';
import type { LogFile } from './log-file.ts';
import type { Report } from './part.ts';

/** A stack trace with what was said before it. */
const LAST_LINES = 20;
const TELLING_LINES = 5;
/** Where the reason stands: an error's first line, with the trace below it. */
const REASON = /^\s*(\w*Error\b|.* cannot start: |.*\b(FATAL|PANIC): )/;
const SHOWN_CHARACTERS = 400;
/** A part that complains without end must not hide what the others say. */
const SHOWN_LINES = 10;
const SHOWN_PERIOD_MS = 10_000;

/** Levels as the parts write them: JSON, `<time> <level> …`, and PostgreSQL's. */
const TROUBLE = /"level":\s*"(warn|error)"|^\S+ (warn|warning|error|critical)\s|\b(WARNING|ERROR|FATAL|PANIC):/;
const READY = / ready on 127\.0\.0\.1:\d+$/;

/** Where the output of all runs of one part goes: into its log, and warnings and errors to people, too. */
export class PartOutput {
  readonly #name: string;
  readonly #log: LogFile;
  readonly #report: Report;
  #last: string[] = [];
  #ready = false;
  #shown = 0;
  #periodEnds = 0;

  constructor(name: string, log: LogFile, report: Report) {
    this.#name = name;
    this.#log = log;
    this.#report = report;
  }

  /** Follows a new run of the part. */
  follow(child: ChildProcess): void {
    this.#last = [];
    this.#ready = false;
    for (const stream of [child.stdout, child.stderr]) {
      if (stream) createInterface({ input: stream }).on('line', (line) => this.#take(line, stream === child.stderr));
    }
  }

  /** Whether the run has said that it serves. */
  get ready(): boolean {
    return this.#ready;
  }

  /** The run's last lines that tell most about its end. */
  get last(): readonly string[] {
    const lines = this.#last.filter((line) => line.trim() !== '');
    const reason = lines.findLastIndex((line) => REASON.test(line));
    return reason === -1 ? lines.slice(-TELLING_LINES) : lines.slice(reason, reason + TELLING_LINES);
  }

  close(): void {
    this.#log.close();
  }

  #take(line: string, isError: boolean): void {
    this.#log.write(line);
    this.#last = [...this.#last, line].slice(-LAST_LINES);
    // Until it serves, its last lines are shown if it fails; twice would be once too often.
    if (this.#ready && (isError || TROUBLE.test(line))) this.#show(line);
    this.#ready ||= READY.test(line);
  }

  #show(line: string): void {
    const now = performance.now();
    if (now > this.#periodEnds) {
      this.#periodEnds = now + SHOWN_PERIOD_MS;
      this.#shown = 0;
    }
    this.#shown += 1;
    if (this.#shown <= SHOWN_LINES) this.#report(`[${this.#name}] ${line.slice(0, SHOWN_CHARACTERS)}`);
    if (this.#shown === SHOWN_LINES + 1) this.#report(`[${this.#name}] … and more, see its log`);
  }
}
