import type { EnvironmentKey } from './environment.ts';
import type { Operation } from './operation.ts';

/** An operation as it is kept. `revision` counts its changes. */
export type Kept = Operation & { readonly revision: number };

/** What came of beginning an operation. */
export type Begun =
  | { readonly begun: Kept }
  /** Another operation has the source or the target. */
  | { readonly lockedBy: Kept }
  /** As many as allowed began since then. */
  | { readonly limitedSince: number };

export interface TriggerLimit {
  /** Operations that may begin within the window, over all projects. */
  readonly max: number;
  readonly windowMs: number;
}

/**
 * Operations. Their state is their lock: while it says so, the target belongs to one alone, and the source may be read by
 * several but is nobody's target (rules/locks.ts). Errors: CONTROL_UNAVAILABLE (retry).
 */
export interface Operations {
  /** Locks and counts in one transaction: of two that meet, one begins. A lock is told before the limit. */
  begin(operation: Operation, limit: TriggerLimit): Promise<Begun>;
  /** Takes back one that was refused: as if it had never been, so it does not count. False: somebody changed it meanwhile. */
  withdraw(known: Pick<Kept, 'id' | 'revision'>): Promise<boolean>;
  get(id: string): Promise<Kept | null>;
  /** Keeps a change of the operation as it was known; null: somebody else was first. Ids, people and `createdAt` stay. */
  save(known: Kept, change: Partial<Operation>): Promise<Kept | null>;
  /** Those whose state locks the environment, as source or target. */
  locking(environment: EnvironmentKey): Promise<Kept[]>;
  /** Those whose target it is, the newest first. */
  history(environment: EnvironmentKey, offset: number, limit: number): Promise<Kept[]>;
  /** Those with something to do of which no worker gave a sign since `before`, the oldest first. */
  stray(before: number, limit: number): Promise<Kept[]>;
}
