import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { z } from 'zod';

const Status = z.object({ last: z.number(), next: z.number(), lastUpdated: z.number() });

/** When a timer ran last and is due next, in milliseconds since 1970 UTC; `last` 0 means never. */
export type ScheduleStatus = z.infer<typeof Status>;

/**
 * One small file per timer, replaced at once, so that a crash leaves the old or the new one. Synchronous, so that a
 * timer's state and its file never differ.
 */
export class ScheduleStatusStore {
  readonly #folder: string;

  constructor(folder: string) {
    this.#folder = folder;
    mkdirSync(folder, { recursive: true });
  }

  /** A file that cannot be understood counts as none: the worst that follows is one missed occurrence. */
  read(functionName: string): ScheduleStatus | undefined {
    const file = this.#file(functionName);
    if (!existsSync(file)) return undefined;
    try {
      return Status.parse(JSON.parse(readFileSync(file, 'utf8')));
    } catch {
      return undefined;
    }
  }

  write(functionName: string, status: ScheduleStatus): void {
    const file = this.#file(functionName);
    writeFileSync(`${file}.new`, JSON.stringify(status));
    renameSync(`${file}.new`, file);
  }

  #file(functionName: string): string {
    return path.join(this.#folder, `${encodeURIComponent(functionName)}.json`);
  }
}
