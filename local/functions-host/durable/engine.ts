import { randomUUID } from 'node:crypto';
import { type AppFunction, hasTrigger } from '../app-function.ts';
import type { HostClock } from '../clock.ts';
import type { RpcTypedData } from '../core-types.ts';
import type { DurableOptions } from '../host-json.ts';
import { detailsOf, type HostLog } from '../log.ts';
import { toPlainValue } from '../typed-data.ts';
import type { Invocation } from '../worker.ts';
import type { OrchestratorState } from './actions.ts';
import { activityFailed, activitySucceeded, activityTrigger } from './activity-data.ts';
import type { Database } from './database.ts';
import { runEpisode } from './episode.ts';
import type { EventFacts } from './history.ts';
import { Limiter } from './limiter.ts';
import { type ActivityItem, type EpisodeInput, type Instance, isOver } from './model.ts';
import { DurableStore, type Woken } from './store.ts';

export interface EngineDependencies {
  readonly functions: ReadonlyMap<string, AppFunction>;
  readonly invoke: (fn: AppFunction, invocation: Invocation) => Promise<RpcTypedData | null | undefined>;
  readonly database: Database;
  readonly options: DurableOptions;
  readonly clock: HostClock;
  readonly log: HostLog;
}

export type StartResult = { readonly id: string } | { readonly refused: 'unknown' | 'running'; readonly why: string };
export type OperationResult = 'accepted' | 'over' | 'unknown';

/**
 * Keeps orchestrations going: an episode whenever an instance has messages, activities as far as the limit allows,
 * durable timers when they are due. All of it is read from the store, so a new process goes on where the last one fell.
 */
export class DurableEngine {
  readonly store: DurableStore;
  readonly #needs: EngineDependencies;
  readonly #episodes: Limiter;
  readonly #activities: Limiter;
  /** Instances with an episode that waits or runs; true if messages came meanwhile. */
  readonly #busy = new Map<string, boolean>();
  #cancelTimer: () => void = () => {};
  #stopped = false;

  constructor(needs: EngineDependencies) {
    this.#needs = needs;
    this.store = new DurableStore(needs.database);
    this.#episodes = new Limiter(needs.options.maxConcurrentOrchestratorFunctions);
    this.#activities = new Limiter(needs.options.maxConcurrentActivityFunctions);
  }

  /** Takes up everything the last process left. */
  start(): void {
    for (const item of this.store.openActivities()) this.#addActivity(item);
    this.#wake(this.store.instancesWithMessages());
    this.#armTimer();
  }

  /** Begins nothing more. Activities that run may still store their result until the database is closed. */
  stop(): void {
    this.#stopped = true;
    this.#episodes.stop();
    this.#activities.stop();
    this.#cancelTimer();
  }

  /** An id that is over may be used again; one that runs is refused, as the real host does by default. */
  startInstance(name: string, id: string | undefined, input: string | null, version: string | null): StartResult {
    const why = this.#refusal('subOrchestration', name);
    if (why !== undefined) return { refused: 'unknown', why };
    const instance = { id: id ?? randomUUID().replaceAll('-', ''), name, version, input };
    if (!this.store.create(instance, this.#now())) {
      const status = this.store.find(instance.id)?.status;
      return { refused: 'running', why: `An Orchestration instance with the status ${status} already exists.` };
    }
    this.#wake([instance.id]);
    return { id: instance.id };
  }

  raiseEvent(id: string, name: string, input: string): OperationResult {
    return this.#operate(id, () => {
      this.store.raiseEvent(id, name, input, this.#now());
      this.#wake([id]);
    });
  }

  terminate(id: string, reason: string): OperationResult {
    return this.#operate(id, (instance) => this.#wake(this.store.terminate(instance, reason, this.#now())));
  }

  suspend(id: string, reason: string): OperationResult {
    return this.#operate(id, ({ status }) => {
      if (status !== 'Suspended') this.store.setSuspended(id, true, reason, this.#now());
    });
  }

  resume(id: string, reason: string): OperationResult {
    return this.#operate(id, ({ status }) => {
      if (status !== 'Suspended') return;
      this.store.setSuspended(id, false, reason, this.#now());
      this.#wake([id]);
    });
  }

  #operate(id: string, operation: (instance: Instance) => void): OperationResult {
    const instance = this.store.find(id);
    if (instance === undefined) return 'unknown';
    if (isOver(instance.status)) return 'over';
    operation(instance);
    return 'accepted';
  }

  #wake(ids: Woken): void {
    for (const id of ids) {
      if (this.#busy.has(id)) {
        this.#busy.set(id, true);
        continue;
      }
      this.#busy.set(id, false);
      this.#episodes.add(() => this.#runEpisodes(id));
    }
  }

  /** One instance's episodes never overlap. */
  async #runEpisodes(id: string): Promise<void> {
    do {
      this.#busy.set(id, false);
      try {
        await this.#runEpisode(id);
      } catch (error) {
        this.#needs.log('error', `Orchestration ${id} cannot go on: ${detailsOf(error)}`);
      }
    } while (this.#busy.get(id) === true && !this.#stopped);
    this.#busy.delete(id);
  }

  async #runEpisode(id: string): Promise<void> {
    const input = this.#stopped ? undefined : this.store.readEpisode(id);
    if (input === undefined) return;
    const outcome = await runEpisode(input, {
      now: this.#now(),
      orchestrate: (name, trigger) => this.#orchestrate(name, trigger),
      refusal: (kind, name) => this.#refusal(kind, name),
    });
    if (!this.#needs.database.isOpen) return;
    const woken = this.store.commitEpisode(input, outcome);
    if (woken === undefined) return;
    if (outcome.end?.kind === 'failed') this.#reportFailure(input, outcome.end.reason);
    const tasks = outcome.activities.map(({ task }) => task);
    for (const item of this.store.activitiesOf(id, tasks)) this.#addActivity(item);
    if (outcome.timers.length > 0) this.#armTimer();
    this.#wake(woken);
  }

  async #orchestrate(name: string, trigger: string): Promise<OrchestratorState> {
    const fn = this.#needs.functions.get(name);
    if (fn === undefined) throw new Error(this.#refusal('subOrchestration', name));
    // A throw carries the orchestrator's state; the engine reports the failure itself, once.
    const result = await this.#needs.invoke(fn, { data: { string: trigger }, logFailure: false });
    if (result?.json === undefined) throw new Error('The orchestrator returned no state.');
    return JSON.parse(result.json);
  }

  #addActivity(item: ActivityItem): void {
    this.#activities.add(() => this.#runActivity(item));
  }

  /** At least once: an activity that runs while the process dies runs again. */
  async #runActivity(item: ActivityItem): Promise<void> {
    const result = await this.#callActivity(item);
    if (!this.#needs.database.isOpen) return;
    if (this.store.completeActivity(item, result, this.#now())) this.#wake([item.instance]);
  }

  async #callActivity(item: ActivityItem): Promise<EventFacts> {
    try {
      const fn = this.#needs.functions.get(item.name);
      if (fn === undefined) throw new Error(this.#refusal('activity', item.name));
      const triggerMetadata = { InstanceId: { string: item.instance } };
      const result = await this.#needs.invoke(fn, { data: activityTrigger(item.input), triggerMetadata });
      return activitySucceeded(item, toPlainValue(result));
    } catch (error) {
      return activityFailed(item, error);
    }
  }

  #armTimer(): void {
    this.#cancelTimer();
    const next = this.#stopped ? undefined : this.store.nextTimer();
    if (next === undefined) return;
    this.#cancelTimer = this.#needs.clock.at(next, () => {
      this.#wake(this.store.fireTimers(this.#now()));
      this.#armTimer();
    });
  }

  #refusal(kind: 'activity' | 'subOrchestration', name: string): string | undefined {
    const fn = this.#needs.functions.get(name);
    const trigger = kind === 'activity' ? 'activityTrigger' : 'orchestrationTrigger';
    if (fn && hasTrigger(fn, trigger)) return undefined;
    const what = kind === 'activity' ? 'an activity' : 'an orchestrator';
    return `The function '${name}' doesn't exist, is disabled, or is not ${what} function.`;
  }

  #reportFailure({ instance }: EpisodeInput, reason: string): void {
    this.#needs.log('error', `Orchestration ${instance.id}: ${reason}`, { functionName: instance.name });
  }

  #now(): number {
    return this.#needs.clock.now();
  }
}
