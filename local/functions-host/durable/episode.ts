import { messageOf } from '../log.ts';
import { type Action, ActionType, type OrchestratorState, stateOfFailure } from './actions.ts';
import { type Command, ReplayError } from './commands.ts';
import { EventType, type HistoryEvent, newEvent } from './history.ts';
import type { EpisodeEnd, EpisodeInput, EpisodeOutcome, Instance } from './model.ts';
import { type Plan, planEpisode } from './protocol.ts';

export interface EpisodeDependencies {
  /** Runs the orchestrator with its trigger's JSON; rejects with what it threw. */
  readonly orchestrate: (name: string, trigger: string) => Promise<OrchestratorState>;
  /** Why an activity or orchestrator of this name cannot be called; undefined if it can. */
  readonly refusal: (kind: 'activity' | 'subOrchestration', name: string) => string | undefined;
  readonly now: number;
}

/** Runs the orchestrator over its whole history and what has arrived, and decides what follows. Writes nothing. */
export async function runEpisode(input: EpisodeInput, needs: EpisodeDependencies): Promise<EpisodeOutcome> {
  const time = episodeTime(input, needs.now);
  const began = newEvent({ EventType: EventType.OrchestratorStarted }, time);
  const history = [...input.past.map((event) => ({ ...event, IsPlayed: true })), began, ...input.arrived];
  const state = await callOrchestrator(input, history, needs);
  const actions = state.actions[0] ?? [];
  const seen = [began, ...input.arrived];
  try {
    if (state.error !== undefined) return failure(input, seen, state, time, state.error);
    const plan = planEpisode(actions, history);
    refuseUnknown(plan, needs);
    return toOutcome(input, seen, state, plan, time);
  } catch (error) {
    if (!(error instanceof ReplayError)) throw error;
    return failure(input, seen, state, time, error.message);
  }
}

/**
 * The time the orchestrator will see. Never before a timer that has fired: if it were a millisecond early, the SDK
 * would wait for another timer that never comes. Never before the last episode's.
 */
function episodeTime({ past, arrived }: EpisodeInput, now: number): number {
  let time = now;
  for (const event of arrived) {
    if (event.EventType === EventType.TimerFired) time = Math.max(time, Date.parse(event.FireAt));
  }
  const last = past.findLast((event) => event.EventType === EventType.OrchestratorStarted);
  return last === undefined ? time : Math.max(time, Date.parse(last.Timestamp));
}

async function callOrchestrator(
  { instance, past }: EpisodeInput,
  history: readonly HistoryEvent[],
  needs: EpisodeDependencies,
): Promise<OrchestratorState> {
  const trigger = {
    history,
    input: instance.input === null ? null : JSON.parse(instance.input),
    instanceId: instance.id,
    isReplaying: past.length > 0,
    parentInstanceId: instance.parent?.id ?? null,
    upperSchemaVersion: 1,
    // "V3": the SDK itself follows timers that are longer than the real host can set at once.
    upperSchemaVersionNew: 2,
    longRunningTimerIntervalDuration: '3.00:00:00',
    maximumShortTimerDuration: '6.00:00:00',
    defaultHttpAsyncRequestSleepTimeMillseconds: 30_000,
  };
  try {
    return await needs.orchestrate(instance.name, JSON.stringify(trigger));
  } catch (error) {
    return stateOfFailure(messageOf(error));
  }
}

function refuseUnknown({ newCommands }: Plan, { refusal }: EpisodeDependencies): void {
  for (const command of newCommands) {
    if (command.kind === 'timer') continue;
    const reason = refusal(command.kind, command.name);
    if (reason !== undefined) throw new ReplayError(reason);
  }
}

function toOutcome(
  { instance }: EpisodeInput,
  seen: readonly HistoryEvent[],
  state: OrchestratorState,
  plan: Plan,
  time: number,
): EpisodeOutcome {
  const end = endOf(state, plan);
  const commands = end?.kind === 'continuedAsNew' ? [] : plan.newCommands;
  const scheduled = commands.map((command) => toScheduledEvent(command, instance, time));
  return {
    ...itemsOf(commands, instance),
    time,
    events: [...seen, ...scheduled, newEvent({ EventType: EventType.OrchestratorCompleted }, time)],
    cancelledTimers: plan.cancelledTimers,
    customStatus: jsonText(state.customStatus) ?? undefined,
    end,
  };
}

type SubOrchestrationCommand = Extract<Command, { kind: 'subOrchestration' }>;
type Items = { -readonly [K in 'activities' | 'timers' | 'subOrchestrations']: EpisodeOutcome[K][number][] };

function itemsOf(commands: readonly Command[], instance: Instance): Items {
  const items: Items = { activities: [], timers: [], subOrchestrations: [] };
  for (const command of commands) {
    const { id: task } = command;
    if (command.kind === 'timer') {
      items.timers.push({ task, fireAt: Math.ceil(command.fireAt) });
    } else if (command.kind === 'activity') {
      items.activities.push({ task, name: command.name, input: activityInput(command.input) });
    } else {
      const { name, version = null, input } = command;
      items.subOrchestrations.push({ task, id: childId(command, instance), name, version, input: jsonText(input) });
    }
  }
  return items;
}

/** A child without a name of its own gets one that is the same on every replay. */
function childId({ instanceId, id }: SubOrchestrationCommand, { execution }: Instance): string {
  return instanceId || `${execution}:${id}`;
}

/** The orchestrator's return alone does not end the instance: what it started has to end as well. */
function endOf(state: OrchestratorState, plan: Plan): EpisodeEnd | undefined {
  if (!state.isDone) return undefined;
  const last = state.actions[0]?.at(-1);
  if (last?.actionType === ActionType.ContinueAsNew) {
    return { kind: 'continuedAsNew', input: nextInput(last), keep: plan.unconsumedEvents };
  }
  return plan.openItems > 0 ? undefined : { kind: 'completed', output: jsonText(state.output) ?? 'null' };
}

function failure(
  { instance }: EpisodeInput,
  seen: readonly HistoryEvent[],
  state: OrchestratorState,
  time: number,
  error: string,
): EpisodeOutcome {
  const reason = `Orchestrator function '${instance.name}' failed: ${error}`;
  return {
    time,
    events: [...seen, newEvent({ EventType: EventType.OrchestratorCompleted }, time)],
    activities: [],
    timers: [],
    cancelledTimers: [],
    subOrchestrations: [],
    customStatus: jsonText(state.customStatus) ?? undefined,
    end: { kind: 'failed', output: JSON.stringify(reason), reason },
  };
}

function toScheduledEvent(command: Command, instance: Instance, time: number): HistoryEvent {
  switch (command.kind) {
    case 'activity': {
      const facts = { EventType: EventType.TaskScheduled, Name: command.name, Input: activityInput(command.input) };
      return newEvent(facts, time, command.id);
    }
    case 'timer': {
      const facts = { EventType: EventType.TimerCreated, FireAt: new Date(command.fireAt).toISOString() };
      return newEvent(facts, time, command.id);
    }
    default: {
      const { name: Name, input } = command;
      const created = EventType.SubOrchestrationInstanceCreated;
      const InstanceId = childId(command, instance);
      return newEvent({ EventType: created, Name, InstanceId, Input: jsonText(input) }, time, command.id);
    }
  }
}

/** The framework keeps an activity's input as a list of one. */
function activityInput(input: unknown): string {
  return JSON.stringify([input ?? null]);
}

/** A text is JSON already: the SDK quotes texts of continue-as-new. */
function nextInput({ input }: Extract<Action, { actionType: typeof ActionType.ContinueAsNew }>): string | null {
  return typeof input === 'string' ? input : jsonText(input);
}

function jsonText(value: unknown): string | null {
  return value === undefined ? null : JSON.stringify(value);
}
