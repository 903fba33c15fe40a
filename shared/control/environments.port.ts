import type { Environment, EnvironmentKey } from './environment.ts';

/** The registry of Finance & Operations environments. Errors: CONTROL_UNAVAILABLE (retry). */
export interface Environments {
  /**
   * Registers an environment, or replaces what is registered of it; whether it is started and held stays as it is. `taken`:
   * another one of its project has that name (letter case does not count); `busy`: an operation concerns it that could not go on
   * with these settings (`isSameToOperations`).
   */
  register(environment: Pick<Environment, 'projectId' | 'id' | 'settings'>): Promise<'done' | 'taken' | 'busy'>;
  get(key: EnvironmentKey): Promise<Environment | null>;
  /** All environments of a project, by name. */
  list(projectId: number): Promise<Environment[]>;
  /** Takes it out of the registry. `busy` while an operation concerns it. */
  remove(key: EnvironmentKey): Promise<'done' | 'busy' | 'unknown'>;
  /** Starts or stops it. `already`: it was so; `busy`: an operation concerns it. */
  setStarted(key: EnvironmentKey, started: boolean): Promise<'done' | 'already' | 'busy' | 'unknown'>;
  /** Marks it as unavailable for an operation. Safe to repeat. */
  hold(key: EnvironmentKey, operationId: string): Promise<void>;
  /** Ends that operation's hold; another's stays. Safe to repeat. */
  release(key: EnvironmentKey, operationId: string): Promise<void>;
}
