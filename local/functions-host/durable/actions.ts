/** Kinds of actions an orchestrator returns, numbered as in durable-functions 3.5.0. */
export const ActionType = {
  CallActivity: 0,
  CallActivityWithRetry: 1,
  CallSubOrchestrator: 2,
  CallSubOrchestratorWithRetry: 3,
  ContinueAsNew: 4,
  CreateTimer: 5,
  WaitForExternalEvent: 6,
  CallEntity: 7,
  CallHttp: 8,
  SignalEntity: 9,
  WhenAny: 11,
  WhenAll: 12,
  LockEntities: 13,
  ReleaseEntities: 14,
} as const;

type Kinds = typeof ActionType;

export interface RetryOptions {
  readonly firstRetryIntervalInMilliseconds: number;
  readonly maxNumberOfAttempts: number;
  readonly backoffCoefficient?: number;
  readonly maxRetryIntervalInMilliseconds?: number;
  readonly retryTimeoutInMilliseconds?: number;
}

interface Call {
  readonly functionName: string;
  readonly input?: unknown;
}

interface SubCall extends Call {
  readonly instanceId?: string;
  readonly version?: string;
}

export type Action =
  | ({ readonly actionType: Kinds['CallActivity'] } & Call)
  | ({ readonly actionType: Kinds['CallActivityWithRetry']; readonly retryOptions: RetryOptions } & Call)
  | ({ readonly actionType: Kinds['CallSubOrchestrator'] } & SubCall)
  | ({ readonly actionType: Kinds['CallSubOrchestratorWithRetry']; readonly retryOptions: RetryOptions } & SubCall)
  | { readonly actionType: Kinds['ContinueAsNew']; readonly input?: unknown }
  | { readonly actionType: Kinds['CreateTimer']; readonly fireAt: string; readonly isCanceled: boolean }
  | { readonly actionType: Kinds['WaitForExternalEvent']; readonly externalEventName: string }
  | { readonly actionType: Kinds['WhenAny'] | Kinds['WhenAll']; readonly compoundActions: readonly Action[] }
  | {
      readonly actionType:
        | Kinds['CallEntity']
        | Kinds['CallHttp']
        | Kinds['SignalEntity']
        | Kinds['LockEntities']
        | Kinds['ReleaseEntities'];
    };

/** What an orchestrator hands back after each episode: everything it has done since its beginning. */
export interface OrchestratorState {
  readonly isDone: boolean;
  /** One outer element under the replay schema this host asks for; none is possible after an early failure. */
  readonly actions: readonly (readonly Action[])[];
  readonly output?: unknown;
  readonly customStatus?: unknown;
  readonly error?: string;
}

/** A failing orchestrator throws an error whose message carries its state behind this marker. */
const STATE_MARKER = '\n\n$OutOfProcData$:';

/** The state of an orchestrator that threw, always with an error: an empty message is left out of the state. */
export function stateOfFailure(message: string): OrchestratorState {
  const marker = message.indexOf(STATE_MARKER);
  if (marker < 0) return { isDone: false, actions: [[]], error: message };
  const state: OrchestratorState = JSON.parse(message.slice(marker + STATE_MARKER.length));
  return { ...state, error: state.error ?? 'the error has no message' };
}

export function nameOfAction(type: number): string {
  return Object.entries(ActionType).find(([, number]) => number === type)?.[0] ?? `number ${type}`;
}
