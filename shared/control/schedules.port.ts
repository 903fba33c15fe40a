import type { Person } from './operation.ts';

/** Refreshes that are to begin by themselves. Errors: CONTROL_UNAVAILABLE (retry). */
export interface Schedules {
  /** Replaces the one of that id. */
  save(schedule: Schedule): Promise<void>;
  /** Of a project, by the next moment. */
  list(projectId: number): Promise<Schedule[]>;
  /** False when there is none. */
  remove(projectId: number, id: string): Promise<boolean>;
  /** Takes those whose moment has come by `now`: each is handed out once, and moved to its next moment or, without one, kept as done. */
  take(now: number): Promise<Schedule[]>;
}

export interface Schedule {
  readonly projectId: number;
  readonly id: string;
  readonly sourceId: string;
  readonly targetId: string;
  readonly by: Person;
  /** Ms since 1970 UTC; null: it is done. */
  readonly nextAt: number | null;
  /** Between two refreshes; null: once. */
  readonly everyMs: number | null;
  /** What came of the last one: an operation's id, or why there is none. */
  readonly last: { readonly at: number; readonly operationId: string | null; readonly refused: string | null } | null;
}
