import { type AppFunction, textOption } from '../app-function.ts';
import { type HostClock, wait } from '../clock.ts';
import type { RpcRetryContext } from '../core-types.ts';
import type { HostLog } from '../log.ts';
import { resolveSetting, type Settings } from '../settings.ts';
import type { Invocation } from '../worker.ts';
import { parseSchedule, type Schedule } from './ncrontab.ts';
import { withRetries } from './retry.ts';
import type { ScheduleStatus, ScheduleStatusStore } from './status-store.ts';

/** Schedules that come more often are not kept on disk unless the app asks for it: missing one does not matter. */
const MONITORED_INTERVAL_MS = 60_000;

export interface TimerDependencies {
  readonly invoke: (fn: AppFunction, invocation: Invocation) => Promise<unknown>;
  readonly clock: HostClock;
  readonly store: ScheduleStatusStore;
  readonly settings: Settings;
  readonly log: HostLog;
}

/**
 * One timer function, as the real TimerListener runs it: one run at a time, the next one counted from the end of the
 * last, occurrences that fall into a run left out; after a start a missed occurrence is made up for once (past due).
 */
export class TimerListener {
  readonly #fn: AppFunction;
  readonly #needs: TimerDependencies;
  readonly #schedule: Schedule;
  readonly #monitored: boolean;
  readonly #stop = new AbortController();
  #status: ScheduleStatus;
  #cancel: () => void = () => {};
  #running = false;

  constructor(fn: AppFunction, needs: TimerDependencies) {
    this.#fn = fn;
    this.#needs = needs;
    this.#schedule = parseSchedule(resolveSetting(textOption(fn.trigger, 'schedule') ?? '', needs.settings));
    this.#monitored = this.#isMonitored();
    const now = needs.clock.now();
    this.#status = { last: 0, next: this.#nextAfter(now), lastUpdated: now };
  }

  /** Runs at once what was missed or wants to run on startup, then waits for the schedule. */
  start(): void {
    const pastDue = this.#monitored && this.#readStatus();
    if (pastDue) this.#needs.log('information', `The timer ${this.#fn.name} is past due and runs now.`);
    if (pastDue || this.#fn.trigger.runOnStartup === true) void this.#run(pastDue);
    else this.#arm();
  }

  /** Runs at once, in place of the next occurrence that falls into the run. Does nothing while a run is under way. */
  runNow(): void {
    if (this.#running || this.#stop.signal.aborted) return;
    this.#cancel();
    void this.#run(false);
  }

  /** No new run; one that runs goes on, without retries. */
  stop(): void {
    this.#stop.abort();
    this.#cancel();
  }

  /** Takes over what the last process knew; tells whether an occurrence was missed since. */
  #readStatus(): boolean {
    const kept = this.#needs.store.read(this.#fn.name);
    const now = this.#needs.clock.now();
    if (kept === undefined) {
      this.#needs.store.write(this.#fn.name, this.#status);
      return false;
    }
    // The schedule may have changed since; then only the new one counts.
    const expected = this.#nextAfter(kept.lastUpdated);
    this.#status = expected === kept.next ? kept : { last: 0, next: expected, lastUpdated: now };
    return now > this.#status.next;
  }

  #arm(): void {
    if (this.#stop.signal.aborted) return;
    const due = this.#nextAfter(this.#needs.clock.now());
    this.#status = { ...this.#status, next: due };
    if (due === Number.POSITIVE_INFINITY) return;
    this.#cancel = this.#needs.clock.at(due, () => void this.#run(false));
  }

  async #run(isPastDue: boolean): Promise<void> {
    const { clock, invoke, store } = this.#needs;
    const began = clock.now();
    this.#running = true;
    const data = { json: JSON.stringify(timerInfo(this.#status, isPastDue)) };
    const attempt = (retryContext?: RpcRetryContext) =>
      invoke(this.#fn, { data, ...(retryContext && { retryContext }) });
    const pause = async (ms: number) => {
      await wait(clock, ms, this.#stop.signal);
      this.#stop.signal.throwIfAborted();
    };
    try {
      await withRetries(this.#fn.metadata.retryOptions, attempt, pause);
    } catch {
      // The worker has logged it. A failed run counts as a run: the schedule goes on.
    }
    this.#running = false;
    this.#status = { last: began, next: this.#nextAfter(began), lastUpdated: began };
    if (this.#monitored) store.write(this.#fn.name, this.#status);
    this.#arm();
  }

  #nextAfter(time: number): number {
    return this.#schedule.next(time) ?? Number.POSITIVE_INFINITY;
  }

  #isMonitored(): boolean {
    const { useMonitor } = this.#fn.trigger;
    if (typeof useMonitor === 'boolean') return useMonitor;
    const first = this.#nextAfter(this.#needs.clock.now());
    const interval = this.#nextAfter(first) - first;
    return Number.isNaN(interval) || interval >= MONITORED_INTERVAL_MS;
  }
}

/** The real host's TimerInfo; a timer that never ran has the first moment of .NET's calendar as its last. */
function timerInfo(status: ScheduleStatus, isPastDue: boolean): object {
  const iso = (time: number) => (time > 0 && Number.isFinite(time) ? toIso(time) : '0001-01-01T00:00:00+00:00');
  return {
    Schedule: { AdjustForDST: true },
    ScheduleStatus: { Last: iso(status.last), Next: iso(status.next), LastUpdated: iso(status.lastUpdated) },
    IsPastDue: isPastDue,
  };
}

function toIso(time: number): string {
  return new Date(time).toISOString().replace('Z', '+00:00');
}
