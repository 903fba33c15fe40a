import { type Action, ActionType, type RetryOptions } from './actions.ts';
import { EventType, type ScheduledEvent } from './history.ts';

/** Something the orchestrator started; `id` is its sequence number. */
export type Command =
  | { readonly kind: 'activity'; readonly id: number; readonly name: string; readonly input: unknown }
  | { readonly kind: 'timer'; readonly id: number; readonly fireAt: number }
  | {
      readonly kind: 'subOrchestration';
      readonly id: number;
      readonly name: string;
      readonly input: unknown;
      readonly instanceId: string | undefined;
      readonly version: string | undefined;
    };

/** A command before it has its number. */
export type Draft<C = Command> = C extends Command ? Omit<C, 'id'> : never;

/** The orchestrator does something this host cannot do, or something else than its history says. */
export class ReplayError extends Error {}

type Call = Extract<Action, { functionName: string } | { fireAt: string }>;

export function toDraft(action: Call): Draft {
  switch (action.actionType) {
    case ActionType.CreateTimer:
      return { kind: 'timer', fireAt: Date.parse(action.fireAt) };
    case ActionType.CallActivity:
    case ActionType.CallActivityWithRetry:
      return { kind: 'activity', name: action.functionName, input: action.input };
    default: {
      const { functionName: name, input, instanceId, version } = action;
      return { kind: 'subOrchestration', name, input, instanceId, version };
    }
  }
}

/** The item that would get the next number if this action began now; none for events and continue-as-new. */
export function firstCommand(action: Action): Draft | undefined {
  if ('compoundActions' in action) {
    for (const child of action.compoundActions) {
      const first = firstCommand(child);
      if (first) return first;
    }
    return undefined;
  }
  return 'functionName' in action || 'fireAt' in action ? toDraft(action) : undefined;
}

/** Milliseconds between a failure and the next attempt. */
export function retryDelay(options: RetryOptions, failures: number): number {
  const delay = options.firstRetryIntervalInMilliseconds * (options.backoffCoefficient ?? 1) ** (failures - 1);
  return Math.min(delay, options.maxRetryIntervalInMilliseconds ?? Number.POSITIVE_INFINITY);
}

/** True if the history's item is what the orchestrator does now. */
export function isSame(command: Draft, event: ScheduledEvent): boolean {
  switch (event.EventType) {
    case EventType.TimerCreated:
      return command.kind === 'timer';
    case EventType.TaskScheduled:
      return command.kind === 'activity' && command.name === event.Name;
    default:
      return command.kind === 'subOrchestration' && command.name === event.Name;
  }
}

export function nonDeterministic(event: ScheduledEvent, command: Command | undefined): ReplayError {
  const recorded = 'Name' in event ? `a call of '${event.Name}'` : 'a timer';
  const replayed = command === undefined ? 'nothing' : 'name' in command ? `a call of '${command.name}'` : 'a timer';
  return new ReplayError(
    `Non-deterministic orchestration: item ${event.EventId} is ${recorded} in the history and ${replayed} on replay`,
  );
}
