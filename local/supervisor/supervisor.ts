import path from 'node:path';
import { LogFile } from './log-file.ts';
import type { PartDefinition, PartState, Report } from './part.ts';
import { PartOutput } from './part-output.ts';
import { writeRecord } from './record.ts';
import { RESTARTS, type RestartPolicy, SupervisedPart } from './supervised-part.ts';

export interface SupervisorOptions {
  readonly parts: readonly PartDefinition[];
  /** For parts.json and logs/. */
  readonly folder: string;
  readonly report: Report;
  readonly restarts?: RestartPolicy | undefined;
}

/** Starts parts in the order of their needs, independent ones side by side, keeps them running, and stops them in reverse. */
export class Supervisor {
  readonly #folder: string;
  readonly #parts: ReadonlyMap<string, SupervisedPart>;
  readonly #report: Report;
  #records: Promise<void> = Promise.resolve();
  #stopped: Promise<void> | null = null;

  constructor({ parts, folder, report, restarts = RESTARTS }: SupervisorOptions) {
    this.#folder = folder;
    this.#report = report;
    const supervise = (definition: PartDefinition) => {
      const log = new LogFile(path.join(folder, 'logs', `${definition.name}.log`));
      const output = new PartOutput(definition.name, log, report);
      return new SupervisedPart(definition, output, restarts, report, () => this.#record());
    };
    this.#parts = new Map(parts.map((definition) => [definition.name, supervise(definition)]));
  }

  /** Resolves when all serve. When one cannot start, the others are stopped, and its StartFailure is thrown. */
  async start(): Promise<void> {
    const startOne = onceEach(
      (part) => part.definition.name,
      async (part: SupervisedPart) => {
        await Promise.all(this.#needsOf(part).map(startOne));
        const begin = performance.now();
        await part.start();
        this.#report(`${part.definition.name} serves (${((performance.now() - begin) / 1000).toFixed(1)} s)`);
      },
    );
    try {
      await Promise.all([...this.#parts.values()].map(startOne));
    } catch (error) {
      await this.stop();
      throw error;
    }
  }

  /** The parts that run now. */
  states(): PartState[] {
    return [...this.#parts.values()].map((part) => part.state()).filter((state) => state !== null);
  }

  /** Safe to call again, and during the start. */
  stop(): Promise<void> {
    this.#stopped ??= this.#stop();
    return this.#stopped;
  }

  /** Without waiting for anybody: for whoever has asked twice. */
  kill(): void {
    for (const part of this.#parts.values()) part.kill();
  }

  async #stop(): Promise<void> {
    const stopOne = onceEach(
      (part) => part.definition.name,
      async (part: SupervisedPart) => {
        await Promise.all(this.#thoseWhoNeed(part).map(stopOne));
        await part.stop();
      },
    );
    await Promise.all([...this.#parts.values()].map(stopOne));
    this.#record();
    await this.#records;
  }

  /** A part that was left out of this start is taken to be there. */
  #needsOf({ definition }: SupervisedPart): SupervisedPart[] {
    return definition.needs.map((name) => this.#parts.get(name)).filter((part) => part !== undefined);
  }

  #thoseWhoNeed({ definition }: SupervisedPart): SupervisedPart[] {
    return [...this.#parts.values()].filter((part) => part.definition.needs.includes(definition.name));
  }

  #record(): void {
    this.#records = this.#records
      .then(async () => {
        const runs = [...this.#parts.values()].flatMap(({ run }) => run ?? []);
        const records = await Promise.all(
          runs.map(async (run) => ({ ...run.state(), began: (await run.mark())?.began ?? '' })),
        );
        await writeRecord(this.#folder, records);
      })
      .catch((error: unknown) => this.#report(`parts.json cannot be written: ${error}`));
  }
}

/** `action`, but for each item once: who asks again gets the same promise. */
function onceEach<T>(key: (item: T) => string, action: (item: T) => Promise<void>): (item: T) => Promise<void> {
  const begun = new Map<string, Promise<void>>();
  return (item) => {
    const running = begun.get(key(item)) ?? action(item);
    begun.set(key(item), running);
    return running;
  };
}
