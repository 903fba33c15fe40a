import { readIfThere, replaceFile } from '../support/files.ts';

export type RunState = 'InProgress' | 'Completed' | 'Failed';

export interface Run {
  readonly state: RunState;
  /** Why it failed, in the database's words. */
  readonly message: string | null;
}

/** What is kept over a restart. */
interface Kept {
  /** By environment and operation. */
  readonly runs: Record<string, Run>;
  /** By environment: the statements of its customizations. */
  readonly customizations: Record<string, readonly string[]>;
}

/** The synchronizations that were asked for, and the customizations that each has to bring into the database. */
export class Runs {
  readonly #file: string;
  readonly #kept: Kept;
  #written: Promise<void> = Promise.resolve();

  private constructor(file: string, kept: Kept) {
    this.#file = file;
    this.#kept = kept;
  }

  static async load(file: string): Promise<Runs> {
    const text = await readIfThere(file);
    return new Runs(file, text === null ? { runs: {}, customizations: {} } : (JSON.parse(text) as Kept));
  }

  find(environment: string, operation: string): Run | null {
    return this.#kept.runs[keyOf(environment, operation)] ?? null;
  }

  set(environment: string, operation: string, run: Run): Promise<void> {
    this.#kept.runs[keyOf(environment, operation)] = run;
    return this.#write();
  }

  customizationsOf(environment: string): readonly string[] {
    return this.#kept.customizations[environment] ?? [];
  }

  customize(environment: string, statements: readonly string[]): Promise<void> {
    this.#kept.customizations[environment] = statements;
    return this.#write();
  }

  /** Those that a crash broke off: they begin anew. */
  underWay(): { readonly environment: string; readonly operation: string }[] {
    return Object.entries(this.#kept.runs)
      .filter(([, { state }]) => state === 'InProgress')
      .map(([key]) => {
        const [environment = '', operation = ''] = key.split('/');
        return { environment, operation };
      });
  }

  #write(): Promise<void> {
    this.#written = this.#written.then(() => replaceFile(this.#file, JSON.stringify(this.#kept, null, 2)));
    return this.#written;
  }
}

const keyOf = (environment: string, operation: string): string => `${environment}/${operation}`;
