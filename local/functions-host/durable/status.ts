import { EventType, type HistoryEvent } from './history.ts';
import type { Instance } from './model.ts';

const NAMES = new Map<number, string>(Object.entries(EventType).map(([name, number]) => [number, name]));

export interface StatusOptions {
  readonly showInput: boolean;
  /** Undefined: not asked for. */
  readonly history: readonly HistoryEvent[] | undefined;
  /** Inputs and results in the history too. */
  readonly showHistoryOutput: boolean;
}

/** The body of a status answer. */
export function instanceStatus(instance: Instance, options: StatusOptions): object {
  return {
    name: instance.name,
    instanceId: instance.id,
    runtimeStatus: instance.status,
    input: options.showInput ? parsed(instance.input) : null,
    customStatus: parsed(instance.customStatus),
    output: parsed(instance.output),
    createdTime: new Date(instance.created).toISOString(),
    lastUpdatedTime: new Date(instance.updated).toISOString(),
    historyEvents: options.history ? toHistory(options.history, options.showHistoryOutput) : null,
  };
}

/** Kinds by name; what was started is told with its result, and the frames of the episodes are left out. */
function toHistory(events: readonly HistoryEvent[], showOutput: boolean): object[] {
  const started = new Map(events.filter((event) => event.EventId >= 0).map((event) => [event.EventId, event]));
  return events
    .filter(({ EventType: kind }) => kind !== EventType.OrchestratorStarted && kind !== EventType.OrchestratorCompleted)
    .map((event) => {
      const { EventId, IsPlayed, EventType: kind, ...facts } = event;
      const shown = Object.entries(facts).filter(([name]) => showOutput || (name !== 'Input' && name !== 'Result'));
      const origin = 'TaskScheduledId' in event ? started.get(event.TaskScheduledId) : undefined;
      const call = origin && {
        ScheduledTime: origin.Timestamp,
        ...('Name' in origin && { FunctionName: origin.Name }),
      };
      return { EventType: NAMES.get(kind), ...Object.fromEntries(shown), ...call };
    });
}

function parsed(json: string | null): unknown {
  return json === null ? null : JSON.parse(json);
}
