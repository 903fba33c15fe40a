import type { RpcTypedData } from '../core-types.ts';
import { type EventFacts, EventType } from './history.ts';
import type { ActivityItem } from './model.ts';

/**
 * An activity's input as the durable extension hands it to the worker (DurableActivityContext.GetInput as a string):
 * texts as they are, so that the SDK's own quotes survive; booleans as .NET spells them; nothing as no value.
 */
export function activityTrigger(input: string | null): RpcTypedData {
  const list: unknown = input === null ? [] : JSON.parse(input);
  const value: unknown = Array.isArray(list) ? list[0] : undefined;
  if (value === null || value === undefined) return {};
  if (typeof value === 'string') return { string: value };
  if (typeof value === 'boolean') return { string: value ? 'True' : 'False' };
  return { string: JSON.stringify(value) };
}

export function activitySucceeded({ task }: ActivityItem, result: unknown): EventFacts {
  return { EventType: EventType.TaskCompleted, TaskScheduledId: task, Result: JSON.stringify(result ?? null) };
}

export function activityFailed({ task, name }: ActivityItem, error: unknown): EventFacts {
  const message = error instanceof Error ? error.message : String(error);
  return {
    EventType: EventType.TaskFailed,
    TaskScheduledId: task,
    Reason: `Activity function '${name}' failed: ${message}`,
    Details: error instanceof Error ? (error.stack ?? '') : '',
  };
}
