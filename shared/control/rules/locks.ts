import type { OperationState } from '../operation.ts';

/** What an operation keeps for itself. `both`: the source, shared, and the target. */
export type Locks = 'both' | 'target' | 'none';

const LOCKS: Readonly<Record<OperationState, Locks>> = {
  NotStarted: 'both',
  InProgress: 'both',
  Completed: 'target',
  Failed: 'target',
  RollbackInProgress: 'target',
  RollbackFailed: 'target',
  RollbackCompleted: 'none',
  SignedOff: 'none',
  Aborted: 'none',
};

export const locksOf = (state: OperationState): Locks => LOCKS[state];

const states = (locks: readonly Locks[]) =>
  (Object.keys(LOCKS) as OperationState[]).filter((state) => locks.includes(LOCKS[state]));

/** States in which an operation keeps its target, or its source. */
export const LOCKING_TARGET = states(['both', 'target']);
export const LOCKING_SOURCE = states(['both']);
