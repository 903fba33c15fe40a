import type * as df from 'durable-functions';
import { expect } from 'vitest';
import type { Command } from '../../../local/functions-host/durable/commands.ts';
import {
  type EventFacts,
  EventType,
  type HistoryEvent,
  newEvent,
} from '../../../local/functions-host/durable/history.ts';
import { type Plan, planEpisode } from '../../../local/functions-host/durable/protocol.ts';
import { replayBySdk } from './sdk-replay.ts';

export const START = Date.parse('2026-01-01T00:00:00Z');

/** An orchestrator with its history, to which a test adds what happens. */
export class World {
  readonly #fn: df.OrchestrationHandler;
  readonly history: HistoryEvent[] = [];
  now = START;

  constructor(fn: df.OrchestrationHandler) {
    this.#fn = fn;
    this.add({ EventType: EventType.OrchestratorStarted });
    this.add({ EventType: EventType.ExecutionStarted, Name: 'test', Input: null, Version: null });
  }

  add(facts: EventFacts, id = -1): void {
    this.history.push(newEvent(facts, this.now, id));
  }

  /** Runs the orchestrator in the SDK and plans; what is new goes into the history, as the host does it. */
  async episode(...facts: EventFacts[]): Promise<Plan & { isDone: boolean; output: unknown }> {
    if (facts.length > 0) {
      this.add({ EventType: EventType.OrchestratorStarted });
      for (const one of facts) this.add(one);
    }
    const { state, open } = await replayBySdk(this.#fn, this.history);
    if (state.error !== undefined) throw new Error(state.error);
    const plan = planEpisode(state.actions[0] ?? [], this.history);
    for (const command of plan.newCommands) this.add(scheduled(command), command.id);
    for (const { id, name } of state.isDone ? [] : open) {
      if (!plan.cancelledTimers.includes(id)) expect({ id, name }).toEqual({ id, name: this.#nameOf(id, name) });
    }
    return { ...plan, isDone: state.isDone, output: state.output };
  }

  /** The name the host knows an item of this number by; undefined where the SDK keeps none either. */
  #nameOf(id: number, sdkName: string | undefined): string | undefined {
    const event = this.history.find(({ EventId }) => EventId === id);
    if (event === undefined) throw new Error(`the SDK waits for item ${id}, which the host does not know`);
    return sdkName === undefined || !('Name' in event) ? sdkName : event.Name;
  }
}

function scheduled(command: Command): EventFacts {
  switch (command.kind) {
    case 'activity':
      return { EventType: EventType.TaskScheduled, Name: command.name, Input: JSON.stringify([command.input ?? null]) };
    case 'timer':
      return { EventType: EventType.TimerCreated, FireAt: new Date(command.fireAt).toISOString() };
    default: {
      const kind = EventType.SubOrchestrationInstanceCreated;
      return { EventType: kind, Name: command.name, InstanceId: 'x', Input: JSON.stringify(command.input ?? null) };
    }
  }
}

export const completed = (id: number, result: unknown = null): EventFacts => ({
  EventType: EventType.TaskCompleted,
  TaskScheduledId: id,
  Result: JSON.stringify(result),
});
export const failed = (id: number): EventFacts => ({
  EventType: EventType.TaskFailed,
  TaskScheduledId: id,
  Reason: 'no',
  Details: '',
});
export const fired = (id: number): EventFacts => ({ EventType: EventType.TimerFired, TimerId: id, FireAt: '' });
export const raised = (name: string, input: unknown = null): EventFacts => ({
  EventType: EventType.EventRaised,
  Name: name,
  Input: JSON.stringify(input),
});
