import { DATABASE_ROLES, type DatabaseRole, type EnvironmentKey, type PerRole } from './environment.ts';

/** The states of the original (reference: finance-operations.md, section 1.4). */
export const OPERATION_STATES = [
  'NotStarted',
  'InProgress',
  'Completed',
  'Failed',
  'SignedOff',
  'Aborted',
  'RollbackInProgress',
  'RollbackFailed',
  'RollbackCompleted',
] as const;
export type OperationState = (typeof OPERATION_STATES)[number];

/** Who did something, as a verified token says. */
export interface Person {
  readonly id: string;
  readonly name: string;
}

/** Something that a preflight found. Only errors keep an operation from its beginning. */
export interface PreflightFinding {
  readonly code: string;
  readonly severity: 'error' | 'warning';
  readonly message: string;
  readonly remedy: string;
}

export interface OperationFailure {
  readonly step: string;
  readonly code: string;
  readonly message: string;
  readonly remedy: string;
}

/** A database of the target by its id: its name in service, and the one under which it is put aside. */
export interface OperationDatabase {
  readonly id: string | null;
  readonly name: string;
}

/** The two databases of one role that an operation exchanges. */
export interface OperationPair {
  /** The name in service, whichever of the two has it. */
  readonly name: string;
  /** The one that was there before. `name`: what it is called when it is not in service. */
  readonly old: OperationDatabase;
  /** The copy. `name`: what it is called when it is not in service. */
  readonly copy: OperationDatabase;
}

/** What one rule of the scrub did. */
export interface RuleDone {
  readonly rule: string;
  readonly title: string;
  readonly table: string;
  readonly rows: number;
  /** The table is not in this version. */
  readonly skipped: boolean;
  readonly verified: boolean;
}

/** How far the step under way is. */
export interface StepProgress {
  readonly text: string;
  readonly percent: number;
}

/** One refresh of a target from a source, with what became of it. Moments in ms since 1970 UTC. */
export interface Operation {
  readonly id: string;
  readonly projectId: number;
  readonly sourceId: string;
  readonly targetId: string;
  /** For people: `Refresh from PROD`. */
  readonly name: string;
  readonly state: OperationState;
  /** The runbook's next step; null: there is nothing to do. */
  readonly step: string | null;
  readonly by: Person;
  readonly createdAt: number;
  readonly endedAt: number | null;
  readonly databases: PerRole<OperationPair>;
  /** The rules as they were when it began. */
  readonly rules: unknown;
  readonly warnings: readonly PreflightFinding[];
  readonly done: readonly RuleDone[];
  readonly progress: StepProgress | null;
  readonly failure: OperationFailure | null;
  /** When the target was last in service as it had been. */
  readonly downAt: number | null;
  /** When its database synchronization was begun. */
  readonly synchronizationAt: number | null;
  readonly abortedBy: Person | null;
  readonly rolledBackBy: Person | null;
  readonly signOff: { readonly by: Person; readonly at: number; readonly acknowledged: readonly string[] } | null;
  /** A random name of the worker that took the step last: whoever lost it may write nothing more. */
  readonly turn: string | null;
  /** Turns that the step has taken so far. */
  readonly attempts: number;
  /** When a worker last gave a sign, by its clock. */
  readonly touchedAt: number;
}

export const sourceOf = ({ projectId, sourceId }: Operation): EnvironmentKey => ({ projectId, id: sourceId });
export const targetOf = ({ projectId, targetId }: Operation): EnvironmentKey => ({ projectId, id: targetId });

/** Its pairs of databases, in a fixed order. */
export function pairsOf({ databases }: Operation): (readonly [DatabaseRole, OperationPair])[] {
  return DATABASE_ROLES.map((role) => [role, databases[role]] as const);
}
