import { randomUUID } from 'node:crypto';
import type { Database } from './database.ts';
import { type EventFacts, EventType, type HistoryEvent, newEvent } from './history.ts';
import {
  type ActivityItem,
  type EpisodeInput,
  type EpisodeOutcome,
  type Instance,
  isOver,
  type NewInstance,
  type Parent,
} from './model.ts';
import { toActivity, toInstance } from './rows.ts';

/** Ids of instances that have something new to look at. */
export type Woken = readonly string[];

/**
 * The durable state of all orchestrations. Every method is one transaction: a crash leaves what was before or after it.
 */
export class DurableStore {
  readonly #db: Database;

  constructor(database: Database) {
    this.#db = database;
  }

  /** False if an instance of this id exists that is not over; one that is over is replaced. */
  create(instance: NewInstance, time: number): boolean {
    return this.#db.transaction(() => this.#create(instance, time));
  }

  find(id: string): Instance | undefined {
    const row = this.#db.first('SELECT * FROM instances WHERE id = ?', id);
    return row && toInstance(row);
  }

  history(id: string): HistoryEvent[] {
    const rows = this.#db.all('SELECT event FROM history WHERE instance = ? ORDER BY position', id);
    return rows.map(({ event }) => JSON.parse(String(event)));
  }

  /** Undefined when there is nothing to do: no messages, over, suspended, unknown. */
  readEpisode(id: string): EpisodeInput | undefined {
    const instance = this.find(id);
    if (!instance || isOver(instance.status) || instance.status === 'Suspended') return undefined;
    const rows = this.#db.all('SELECT message, event FROM inbox WHERE instance = ? ORDER BY message', id);
    const last = rows.at(-1);
    if (last === undefined) return undefined;
    const arrived: HistoryEvent[] = rows.map(({ event }) => JSON.parse(String(event)));
    return { instance, past: this.history(id), arrived, lastMessage: Number(last.message) };
  }

  /** Undefined if the instance was ended or replaced while the episode ran: then nothing of it counts. */
  commitEpisode({ instance, past, lastMessage }: EpisodeInput, outcome: EpisodeOutcome): Woken | undefined {
    return this.#db.transaction(() => {
      const now = this.find(instance.id);
      if (!now || now.execution !== instance.execution || isOver(now.status)) return undefined;
      this.#db.run('DELETE FROM inbox WHERE instance = ? AND message <= ?', instance.id, lastMessage);
      if (outcome.end?.kind === 'continuedAsNew') return this.#continueAsNew(now, outcome, outcome.end);
      this.#appendHistory(instance.id, past.length, outcome.events);
      this.#startItems(now, outcome);
      const woken = this.#startSubOrchestrations(now, outcome);
      this.#update(now, outcome);
      return outcome.end ? [...woken, ...this.#end(now, outcome)] : woken;
    });
  }

  openActivities(): ActivityItem[] {
    return this.#db.all('SELECT * FROM activities ORDER BY item').map(toActivity);
  }

  activitiesOf(instance: string, tasks: readonly number[]): ActivityItem[] {
    return tasks.flatMap((task) => {
      const row = this.#db.first('SELECT * FROM activities WHERE instance = ? AND task = ?', instance, task);
      return row ? [toActivity(row)] : [];
    });
  }

  /** Puts the result into the inbox; false if nobody waits for it any more. */
  completeActivity({ instance, execution, task }: ActivityItem, result: EventFacts, time: number): boolean {
    return this.#db.transaction(() => {
      const found = this.#db.run(
        'DELETE FROM activities WHERE instance = ? AND execution = ? AND task = ?',
        instance,
        execution,
        task,
      );
      if (found > 0) this.#post(instance, result, time);
      return found > 0;
    });
  }

  /** When the next durable timer is due. */
  nextTimer(): number | undefined {
    const row = this.#db.first('SELECT min(fire_at) AS fire_at FROM timers');
    return typeof row?.fire_at === 'number' ? row.fire_at : undefined;
  }

  fireTimers(now: number): Woken {
    return this.#db.transaction(() => {
      const due = this.#db.all('SELECT * FROM timers WHERE fire_at <= ? ORDER BY fire_at', now);
      this.#db.run('DELETE FROM timers WHERE fire_at <= ?', now);
      for (const row of due) {
        const fired = new Date(Number(row.fire_at)).toISOString();
        const facts = { EventType: EventType.TimerFired, TimerId: Number(row.task), FireAt: fired };
        this.#post(String(row.instance), facts, now);
      }
      return [...new Set(due.map((row) => String(row.instance)))];
    });
  }

  instancesWithMessages(): Woken {
    return this.#db.all('SELECT DISTINCT instance FROM inbox').map((row) => String(row.instance));
  }

  raiseEvent(id: string, name: string, input: string, time: number): void {
    this.#db.transaction(() => this.#post(id, { EventType: EventType.EventRaised, Name: name, Input: input }, time));
  }

  /** Ends a running instance from outside. */
  terminate(instance: Instance, reason: string, time: number): Woken {
    return this.#db.transaction(() => {
      const output = JSON.stringify(reason);
      this.#db.run(
        "UPDATE instances SET status = 'Terminated', output = ?, updated = ? WHERE id = ?",
        output,
        time,
        instance.id,
      );
      this.#forgetWork(instance.id);
      return this.#tellParent(instance, failureFacts(instance.parent, `Orchestration was terminated: ${reason}`), time);
    });
  }

  /** A suspended instance keeps its messages and its open work, but no episode runs. */
  setSuspended(id: string, suspended: boolean, reason: string, time: number): void {
    this.#db.transaction(() => {
      const status = suspended ? 'Suspended' : 'Running';
      this.#db.run('UPDATE instances SET status = ?, updated = ? WHERE id = ?', status, time, id);
      const kind = suspended ? EventType.ExecutionSuspended : EventType.ExecutionResumed;
      this.#post(id, { EventType: kind, Reason: reason }, time);
    });
  }

  /** Removes every trace of instances; those that are not over are left alone. Returns how many were removed. */
  purge(ids: readonly string[]): number {
    return this.#db.transaction(() => {
      const over = ids.filter((id) => isOver(this.find(id)?.status ?? 'Running'));
      for (const id of over) this.#remove(id);
      return over.length;
    });
  }

  #create(instance: NewInstance, time: number): boolean {
    const existing = this.find(instance.id);
    if (existing && !isOver(existing.status)) return false;
    this.#remove(instance.id);
    const { parent } = instance;
    this.#db.run(
      `INSERT INTO instances (id, execution, name, version, input, status, created, updated,
         parent_id, parent_execution, parent_task) VALUES (?, ?, ?, ?, ?, 'Pending', ?, ?, ?, ?, ?)`,
      instance.id,
      randomUUID(),
      instance.name,
      instance.version,
      instance.input,
      time,
      time,
      parent?.id ?? null,
      parent?.execution ?? null,
      parent?.task ?? null,
    );
    this.#postStart(instance, time);
    return true;
  }

  #postStart({ id, name, input, version }: NewInstance, time: number): void {
    this.#post(id, { EventType: EventType.ExecutionStarted, Name: name, Input: input, Version: version }, time);
  }

  /** The same instance from its beginning: what was open counts no more, what nobody has taken is handed on. */
  #continueAsNew(
    instance: Instance,
    outcome: EpisodeOutcome,
    end: Extract<EpisodeOutcome['end'], { kind: 'continuedAsNew' }>,
  ): Woken {
    const { id } = instance;
    const late = this.#db.all('SELECT event FROM inbox WHERE instance = ? ORDER BY message', id);
    this.#forgetWork(id);
    this.#db.run('DELETE FROM history WHERE instance = ?', id);
    this.#db.run('UPDATE instances SET execution = ?, input = ? WHERE id = ?', randomUUID(), end.input, id);
    this.#update(instance, outcome);
    this.#postStart({ ...instance, input: end.input }, outcome.time);
    const lateEvents: HistoryEvent[] = late.map(({ event }) => JSON.parse(String(event)));
    const raised = lateEvents.filter((event) => event.EventType === EventType.EventRaised);
    for (const event of [...end.keep, ...raised]) this.#postEvent(id, event);
    return [id];
  }

  #startItems({ id, execution }: Instance, outcome: EpisodeOutcome): void {
    for (const { task, name, input } of outcome.activities) {
      this.#db.run(
        'INSERT INTO activities (instance, execution, task, name, input) VALUES (?, ?, ?, ?, ?)',
        id,
        execution,
        task,
        name,
        input,
      );
    }
    for (const { task, fireAt } of outcome.timers) {
      this.#db.run('INSERT INTO timers (instance, task, fire_at) VALUES (?, ?, ?)', id, task, fireAt);
    }
    for (const task of outcome.cancelledTimers) {
      this.#db.run('DELETE FROM timers WHERE instance = ? AND task = ?', id, task);
    }
  }

  #startSubOrchestrations({ id, execution }: Instance, outcome: EpisodeOutcome): Woken {
    return outcome.subOrchestrations.map(({ task, ...child }) => {
      const parent = { id, execution, task };
      if (this.#create({ ...child, parent }, outcome.time)) return child.id;
      this.#post(id, failureFacts(parent, `An instance with the id '${child.id}' is running already.`), outcome.time);
      return id;
    });
  }

  #update({ id, customStatus, status }: Instance, outcome: EpisodeOutcome): void {
    // A suspension that came while the episode ran stays.
    const next = status === 'Suspended' ? status : 'Running';
    this.#db.run(
      'UPDATE instances SET status = ?, custom_status = ?, updated = ? WHERE id = ?',
      next,
      outcome.customStatus ?? customStatus,
      outcome.time,
      id,
    );
  }

  #end(instance: Instance, { end, time }: EpisodeOutcome): Woken {
    if (end === undefined || end.kind === 'continuedAsNew') return [];
    const status = end.kind === 'completed' ? 'Completed' : 'Failed';
    this.#db.run('UPDATE instances SET status = ?, output = ? WHERE id = ?', status, end.output, instance.id);
    this.#forgetWork(instance.id);
    const facts =
      end.kind === 'failed' ? failureFacts(instance.parent, end.reason) : successFacts(instance.parent, end.output);
    return this.#tellParent(instance, facts, time);
  }

  #tellParent({ parent }: Instance, facts: EventFacts, time: number): Woken {
    if (parent === undefined) return [];
    const waiting = this.find(parent.id);
    if (!waiting || waiting.execution !== parent.execution || isOver(waiting.status)) return [];
    this.#post(parent.id, facts, time);
    return [parent.id];
  }

  #appendHistory(id: string, position: number, events: readonly HistoryEvent[]): void {
    for (const [index, event] of events.entries()) {
      this.#db.run('INSERT INTO history VALUES (?, ?, ?)', id, position + index, JSON.stringify(event));
    }
  }

  #post(id: string, facts: EventFacts, time: number): void {
    this.#postEvent(id, newEvent(facts, time));
  }

  #postEvent(id: string, event: HistoryEvent): void {
    this.#db.run('INSERT INTO inbox (instance, event) VALUES (?, ?)', id, JSON.stringify(event));
  }

  #forgetWork(id: string): void {
    for (const table of ['activities', 'timers', 'inbox']) this.#db.run(`DELETE FROM ${table} WHERE instance = ?`, id);
  }

  #remove(id: string): void {
    this.#forgetWork(id);
    this.#db.run('DELETE FROM history WHERE instance = ?', id);
    this.#db.run('DELETE FROM instances WHERE id = ?', id);
  }
}

function successFacts(parent: Parent | undefined, output: string): EventFacts {
  const TaskScheduledId = parent?.task ?? -1;
  return { EventType: EventType.SubOrchestrationInstanceCompleted, TaskScheduledId, Result: output };
}

function failureFacts(parent: Parent | undefined, reason: string): EventFacts {
  const TaskScheduledId = parent?.task ?? -1;
  return { EventType: EventType.SubOrchestrationInstanceFailed, TaskScheduledId, Reason: reason, Details: '' };
}
