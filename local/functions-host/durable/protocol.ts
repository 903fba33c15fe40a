import { type Action, ActionType, nameOfAction, type RetryOptions } from './actions.ts';
import {
  type Command,
  type Draft,
  firstCommand,
  isSame,
  nonDeterministic,
  ReplayError,
  retryDelay,
  toDraft,
} from './commands.ts';
import { type EventRaised, EventType, type HistoryEvent, isScheduled, type ScheduledEvent } from './history.ts';

/** What an episode has brought, seen from the host. */
export interface Plan {
  /** Not yet in the history, in the order of their numbers. */
  readonly newCommands: readonly Command[];
  /** Timers the orchestrator has cancelled; those that never got into the history need not be set at all. */
  readonly cancelledTimers: readonly number[];
  /** Activities, sub-orchestrations and timers without a result: while there are any, the instance is not over. */
  readonly openItems: number;
  /** Raised events nobody has waited for; continue-as-new hands them on. */
  readonly unconsumedEvents: readonly EventRaised[];
}

/**
 * Walks through all actions of an orchestrator along its history and finds out what is new. Pure. Numbers items exactly
 * as the SDK does (TaskOrchestrationExecutor of durable-functions 3.5.0): in the order in which they are waited for,
 * retries and their timers at the moment of the failure, external events not at all.
 */
export function planEpisode(actions: readonly Action[], history: readonly HistoryEvent[]): Plan {
  const replay = new Replay(actions, history);
  for (const event of history) replay.feed(event);
  return replay.finish();
}

type WhenDone = (succeeded: boolean) => void;
interface Item {
  readonly whenDone: WhenDone;
  readonly cancelled: boolean;
}

class Replay {
  readonly #actions: readonly Action[];
  readonly #scheduled = new Map<number, ScheduledEvent>();
  readonly #commands: Command[] = [];
  readonly #cancelled: number[] = [];
  readonly #open = new Map<number, Item>();
  /** Results that came before their item was started. */
  readonly #early = new Map<number, boolean>();
  readonly #waiters = new Map<string, WhenDone[]>();
  readonly #unconsumed: EventRaised[] = [];
  #position = 0;
  #waiting = false;
  #over = false;
  #started = false;
  #now = 0;

  constructor(actions: readonly Action[], history: readonly HistoryEvent[]) {
    this.#actions = actions;
    for (const event of history) if (isScheduled(event)) this.#scheduled.set(event.EventId, event);
  }

  feed(event: HistoryEvent): void {
    switch (event.EventType) {
      case EventType.OrchestratorStarted:
        this.#now = Math.max(this.#now, Date.parse(event.Timestamp));
        return;
      case EventType.ExecutionStarted:
        this.#started = true;
        break;
      case EventType.TaskCompleted:
      case EventType.SubOrchestrationInstanceCompleted:
        this.#settle(event.TaskScheduledId, true);
        break;
      case EventType.TaskFailed:
      case EventType.SubOrchestrationInstanceFailed:
        this.#settle(event.TaskScheduledId, false);
        break;
      case EventType.TimerFired:
        this.#settle(event.TimerId, true);
        break;
      case EventType.EventRaised:
        this.#raise(event);
        break;
      default:
        return;
    }
    this.#advance();
  }

  finish(): Plan {
    for (const [id, event] of this.#scheduled) {
      const command = this.#commands[id];
      if (command === undefined || !isSame(command, event)) throw nonDeterministic(event, command);
    }
    const cancelled = new Set(this.#cancelled);
    return {
      newCommands: this.#commands.filter(({ id }) => !this.#scheduled.has(id) && !cancelled.has(id)),
      cancelledTimers: this.#cancelled,
      openItems: [...this.#open.values()].filter((item) => !item.cancelled).length,
      unconsumedEvents: this.#unconsumed,
    };
  }

  /** Goes on to the next action whenever the one waited for is done. */
  #advance(): void {
    while (this.#started && !this.#waiting && !this.#over) {
      const action = this.#actions[this.#position];
      if (action === undefined || this.#comesLater(action)) return;
      this.#position += 1;
      this.#waiting = true;
      this.#start(action, () => {
        this.#waiting = false;
      });
    }
  }

  /**
   * True when the history gives the next number to something else. Happens after a `Task.all` that failed early: the
   * SDK may wait for one of its other tasks once more, which is no action of its own, and goes on later than we could.
   */
  #comesLater(action: Action): boolean {
    const event = this.#scheduled.get(this.#commands.length);
    const first = firstCommand(action);
    return event !== undefined && first !== undefined && !isSame(first, event);
  }

  #start(action: Action, whenDone: WhenDone): void {
    switch (action.actionType) {
      case ActionType.CallActivity:
      case ActionType.CallSubOrchestrator:
        this.#item(toDraft(action), whenDone);
        break;
      case ActionType.CallActivityWithRetry:
      case ActionType.CallSubOrchestratorWithRetry:
        this.#attempt(toDraft(action), action.retryOptions, whenDone, { failures: 0, began: this.#now });
        break;
      case ActionType.CreateTimer:
        this.#item(toDraft(action), whenDone, action.isCanceled);
        break;
      case ActionType.WaitForExternalEvent:
        this.#waitForEvent(action.externalEventName, whenDone);
        break;
      case ActionType.WhenAll:
        this.#startAll(action.compoundActions, whenDone);
        break;
      case ActionType.WhenAny:
        this.#startAny(action.compoundActions, whenDone);
        break;
      case ActionType.ContinueAsNew:
        this.#over = true;
        break;
      default:
        throw new ReplayError(`${nameOfAction(action.actionType)} is not supported by the local host`);
    }
  }

  /** A cancelled timer keeps its number, is no longer open and never completes: so it is in the SDK. */
  #item(draft: Draft, whenDone: WhenDone, cancelled = false): void {
    const id = this.#commands.length;
    this.#commands.push({ ...draft, id });
    if (cancelled) this.#cancelled.push(id);
    this.#open.set(id, { whenDone, cancelled });
    const early = this.#early.get(id);
    if (early !== undefined) this.#settle(id, early);
  }

  #settle(id: number, succeeded: boolean): void {
    const item = this.#open.get(id);
    if (item === undefined) {
      this.#early.set(id, succeeded);
      return;
    }
    this.#open.delete(id);
    item.whenDone(succeeded);
  }

  /** Attempt, failure, timer, attempt …: after the last failure comes one more timer, due at once, then the failure. */
  #attempt(draft: Draft, options: RetryOptions, whenDone: WhenDone, so: { failures: number; began: number }): void {
    this.#item(draft, (succeeded) => {
      if (succeeded) return whenDone(true);
      const failures = so.failures + 1;
      const last = failures >= options.maxNumberOfAttempts;
      const fireAt = this.#now + (last ? 0 : retryDelay(options, failures));
      if (!last && this.#now - so.began >= (options.retryTimeoutInMilliseconds ?? Number.POSITIVE_INFINITY)) {
        // The SDK knows no such limit: it would wait for ever for an attempt that never comes.
        throw new ReplayError('retryTimeoutInMilliseconds has passed, which durable-functions 3.5.0 cannot follow');
      }
      this.#item({ kind: 'timer', fireAt }, () =>
        last ? whenDone(false) : this.#attempt(draft, options, whenDone, { ...so, failures }),
      );
    });
  }

  /** Done with the first failure, as in the SDK; the others stay open and keep their results to themselves. */
  #startAll(actions: readonly Action[], whenDone: WhenDone): void {
    let left = actions.length;
    let settled = false;
    const settle = (succeeded: boolean) => {
      settled = true;
      whenDone(succeeded);
    };
    for (const action of actions) {
      this.#start(action, (succeeded) => {
        left -= 1;
        if (!settled && (!succeeded || left === 0)) settle(succeeded);
      });
    }
  }

  #startAny(actions: readonly Action[], whenDone: WhenDone): void {
    let settled = false;
    for (const action of actions) {
      this.#start(action, () => {
        if (settled) return;
        settled = true;
        whenDone(true);
      });
    }
  }

  /** Early events are served in the order they came; of several waiters the last one is served first (SDK). */
  #waitForEvent(name: string, whenDone: WhenDone): void {
    const early = this.#unconsumed.findIndex((event) => event.Name === name);
    if (early >= 0) {
      this.#unconsumed.splice(early, 1);
      whenDone(true);
    } else {
      this.#waiters.set(name, [...(this.#waiters.get(name) ?? []), whenDone]);
    }
  }

  #raise(event: EventRaised): void {
    const waiter = this.#over ? undefined : this.#waiters.get(event.Name)?.pop();
    if (waiter) waiter(true);
    else this.#unconsumed.push(event);
  }
}
