/** Kinds of history events, numbered as in the Durable Task framework. Those never written here are left out. */
export const EventType = {
  ExecutionStarted: 0,
  TaskScheduled: 4,
  TaskCompleted: 5,
  TaskFailed: 6,
  SubOrchestrationInstanceCreated: 7,
  SubOrchestrationInstanceCompleted: 8,
  SubOrchestrationInstanceFailed: 9,
  TimerCreated: 10,
  TimerFired: 11,
  OrchestratorStarted: 12,
  OrchestratorCompleted: 13,
  EventRaised: 15,
  ExecutionSuspended: 19,
  ExecutionResumed: 20,
} as const;

type Kinds = typeof EventType;

interface Common {
  /** The item's number for what an orchestrator starts, else -1. */
  readonly EventId: number;
  /** True once an earlier episode has seen the event. */
  readonly IsPlayed: boolean;
  /** ISO 8601, UTC. */
  readonly Timestamp: string;
}

interface Failure {
  readonly TaskScheduledId: number;
  readonly Reason: string;
  readonly Details: string;
}

/** What happens to an instance. `Input` and `Result` are JSON texts; null means "no value". */
export type EventFacts =
  | { readonly EventType: Kinds['ExecutionStarted']; Name: string; Input: string | null; Version: string | null }
  | { readonly EventType: Kinds['TaskScheduled']; Name: string; Input: string | null }
  | { readonly EventType: Kinds['TaskCompleted']; TaskScheduledId: number; Result: string | null }
  | ({ readonly EventType: Kinds['TaskFailed'] } & Failure)
  | {
      readonly EventType: Kinds['SubOrchestrationInstanceCreated'];
      Name: string;
      InstanceId: string;
      Input: string | null;
    }
  | { readonly EventType: Kinds['SubOrchestrationInstanceCompleted']; TaskScheduledId: number; Result: string | null }
  | ({ readonly EventType: Kinds['SubOrchestrationInstanceFailed'] } & Failure)
  | { readonly EventType: Kinds['TimerCreated']; FireAt: string }
  | { readonly EventType: Kinds['TimerFired']; TimerId: number; FireAt: string }
  | { readonly EventType: Kinds['OrchestratorStarted'] }
  | { readonly EventType: Kinds['OrchestratorCompleted'] }
  | { readonly EventType: Kinds['EventRaised']; Name: string; Input: string | null }
  | { readonly EventType: Kinds['ExecutionSuspended'] | Kinds['ExecutionResumed']; Reason: string };

export type HistoryEvent = Common & EventFacts;
export type EventRaised = Extract<HistoryEvent, { EventType: Kinds['EventRaised'] }>;
/** The events that give an item of the orchestrator its number. */
export type ScheduledEvent = Extract<
  HistoryEvent,
  { EventType: Kinds['TaskScheduled'] | Kinds['SubOrchestrationInstanceCreated'] | Kinds['TimerCreated'] }
>;

/** A new event; `time` in milliseconds since 1970 UTC. */
export function newEvent<T extends EventFacts>(facts: T, time: number, id = -1): T & Common {
  return { ...facts, EventId: id, IsPlayed: false, Timestamp: new Date(time).toISOString() };
}

export function isScheduled(event: HistoryEvent): event is ScheduledEvent {
  return (
    event.EventType === EventType.TaskScheduled ||
    event.EventType === EventType.SubOrchestrationInstanceCreated ||
    event.EventType === EventType.TimerCreated
  );
}
