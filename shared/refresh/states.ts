import type { OperationState } from '../control/operation.ts';

/** What can happen to an operation. The runbook says how its steps ended; people ask for the others. */
export const OPERATION_EVENTS = [
  'begin',
  'complete',
  'fail',
  'abort',
  'roll back',
  'rolled back',
  'rollback fails',
  'sign off',
] as const;
export type OperationEvent = (typeof OPERATION_EVENTS)[number];

/** State × event; what is not here does not happen. docs/refresh-states.md is made from it. */
export const STATE_TABLE: Readonly<Record<OperationState, Partial<Record<OperationEvent, OperationState>>>> = {
  NotStarted: { begin: 'InProgress', fail: 'Failed', abort: 'Aborted' },
  InProgress: { complete: 'Completed', fail: 'Failed', abort: 'Aborted' },
  Completed: { 'sign off': 'SignedOff', 'roll back': 'RollbackInProgress' },
  Failed: { 'roll back': 'RollbackInProgress' },
  RollbackInProgress: { 'rolled back': 'RollbackCompleted', 'rollback fails': 'RollbackFailed' },
  RollbackFailed: { 'roll back': 'RollbackInProgress' },
  RollbackCompleted: {},
  SignedOff: {},
  Aborted: {},
};

/** The state after the event; null when it cannot happen in this state. */
export function stateAfter(state: OperationState, event: OperationEvent): OperationState | null {
  return STATE_TABLE[state][event] ?? null;
}
