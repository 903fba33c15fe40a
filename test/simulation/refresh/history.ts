import { isDeepStrictEqual } from 'node:util';
import type { OperationState } from '../../../shared/control/operation.ts';
import type { Kept } from '../../../shared/control/operations.port.ts';
import { isFreshetError } from '../../../shared/errors/error.ts';
import type { RefreshPorts } from '../../../shared/refresh/ports.ts';
import { abort, rollBack, signOff } from '../../../shared/refresh/requests/operations.ts';
import { refresh } from '../../../shared/refresh/requests/refresh.ts';
import { runStep, type StepOutcome } from '../../../shared/refresh/runbook/run-step.ts';
import { strayOperations } from '../../../shared/refresh/runbook/strays.ts';
import { TURN_MS } from '../../../shared/refresh/runbook/turn.ts';
import { MANAGER, OWNER, RefreshWorld, UAT, WAY } from '../../support/refresh-world.ts';
import { type Blow, type Faults, FaultyProcess, Killed } from './faults.ts';
import { type Move, Mover } from './mover.ts';
import { fail, RefreshWitness } from './witness.ts';

/** What else happens in a history, beside blows. */
export interface Turns {
  /** The database synchronization fails. */
  readonly synchronizationFails?: boolean;
  /** A trigger of the database undoes the scrub. */
  readonly scrubUndone?: boolean;
  /** Somebody aborts before this turn of the runbook. */
  readonly abortAt?: number;
  /** Somebody registers an environment with other databases. */
  readonly move?: Move;
  /** What is done with a completed one. */
  readonly afterwards?: 'sign off' | 'roll back';
  /** In the end the next refresh is not only begun. */
  readonly wholeNext?: boolean;
}

const STRAY_AFTER_MS = 300_000;
const REQUESTS_MAX = 20;
const TURNS_MAX = 400;
/** Later than a worker counts as dead, and sooner than one that stands still goes on. */
const OTHERS_COME_MS = TURN_MS + 1_000;
const OTHERS = 5;

/** What a refresh without blows leaves behind: the data that every history must end with, or begin with. */
async function afterOne(): Promise<unknown> {
  const world = await new RefreshWorld().register();
  await world.refreshed();
  return world.target();
}
const AFTER = afterOne();

/** One refresh with its faults, what people make of it, and at last one without any: the target must be free for it. */
export class RefreshHistory {
  readonly trace: string[] = [];
  /** Points at which something could strike, so far; and those until the refresh itself had ended. */
  points = 0;
  pointsOfRefresh = 0;
  readonly #faults: Faults;
  readonly #turns: Turns;
  readonly #world: RefreshWorld;
  readonly #witness: RefreshWitness;
  readonly #mover: Mover | null;
  readonly #before: unknown;
  /** Who may enter the target, by the names of its databases. */
  readonly #users: readonly (readonly [name: string, users: unknown])[];
  #process: FaultyProcess;
  #faulty = true;
  /** Something struck that does not pass by itself. */
  #hindered = false;
  #aborted = false;
  /** The first promise seen broken, wherever: the product would take it for trouble of its own. */
  #broken: Error | null = null;

  constructor(faults: Faults, turns: Turns = {}) {
    this.#faults = faults;
    this.#turns = turns;
    this.#world = new RefreshWorld({ options: { limit: 100 }, within: (operation) => this.#process.within(operation) });
    this.#witness = new RefreshWitness(this.#world.uat);
    this.#mover = turns.move ? new Mover(this.#world, turns.move) : null;
    this.#process = this.#newProcess();
    this.#before = this.#world.target();
    this.#users = this.#world.uat.databases.map(({ name, users }) => [name, users]);
    if (turns.synchronizationFails) this.#world.synchronization.outcome = { status: 'failed', text: 'no' };
  }

  async run(): Promise<OperationState> {
    await this.#world.register();
    const id = await this.#begin();
    const first = await this.#driven(id);
    this.pointsOfRefresh = this.points;
    await this.#checkRest(first);
    this.#checkOutcome(first);
    const afterwards = first.state === 'Completed' ? (this.#turns.afterwards ?? 'sign off') : 'roll back';
    let last = first;
    if (afterwards === 'sign off') last = await this.#signedOff(id);
    else if (first.state !== 'Aborted') last = await this.#rolledBack(id);
    await this.#checkRest(last);
    await this.#nextOne();
    return first.state;
  }

  #newProcess(): FaultyProcess {
    return new FaultyProcess(
      (operation, moment) => this.#pass(operation, moment),
      (ms) => this.#world.clock.sleep(ms),
    );
  }

  /** A point of the history: after an effect the witness looks, then something may strike. */
  #pass(operation: string, moment: 'before' | 'after'): Blow | null {
    if (moment === 'after') this.#seen(operation);
    this.#mover?.look();
    if (!this.#faulty) return null;
    this.points += 1;
    const blow = this.#faults({ number: this.points, operation, moment, now: this.#world.clock.now() });
    if (blow) this.trace.push(`${this.points} ${moment} ${operation}: ${blow}`);
    this.#hindered ||= blow === 'stop' || blow === 'outage';
    return blow;
  }

  #seen(operation: string): void {
    if (operation === 'databases.applyRule' && this.#turns.scrubUndone && this.#faulty) this.#undoScrub();
    try {
      this.#witness.look();
    } catch (error) {
      this.#broken ??= error as Error;
      this.trace.push(`seen after ${operation}: ${String(error)}`);
    }
  }

  /** What a trigger of the database might do. */
  #undoScrub(): void {
    const table = 'dbo.LogisticsElectronicAddress';
    const original = this.#world.prod.byName('AxDB')?.tables.get(table);
    for (const { id, state, tables, progress } of this.#world.uat.databases)
      if (state === 'shut' && progress && original && tables.has(table))
        this.#world.uat.change(id, { tables: new Map(tables).set(table, original) });
  }

  get #ports(): RefreshPorts {
    if (this.#process.dead) {
      this.#process = this.#newProcess();
      this.trace.push('a new process');
    }
    return this.#world.makePorts(this.#process.gate);
  }

  /** Null: the process died, or one of our own services did not answer. */
  async #attempt<T>(work: (ports: RefreshPorts) => Promise<T>): Promise<T | null> {
    try {
      const result = await this.#world.wait(work(this.#ports));
      if (this.#broken) throw this.#broken;
      return result;
    } catch (error) {
      if (this.#broken) throw this.#broken;
      const passes = error instanceof Killed || (isFreshetError(error) && error.class === 'retry');
      if (!passes) throw error;
      this.trace.push(`    ${error.name}: ${error.message}`);
      return null;
    }
  }

  /** Asks until one begins; what a dead request left, somebody who looks for strays finds. */
  async #begin(): Promise<string> {
    for (let request = 0; request < REQUESTS_MAX; request++) {
      const begun = await this.#attempt((ports) => refresh(ports, OWNER, WAY).catch(unlessHindered));
      if (begun) return begun.id;
      await this.#world.clock.advance(STRAY_AFTER_MS);
      for (const id of (await this.#attempt(strayOperations)) ?? []) {
        const left = await this.#driven(id, 1);
        if (left.state !== 'NotStarted' || left.step !== 'preflight') return id;
      }
    }
    return fail('a target that nobody has can be refreshed', 'no request was accepted');
  }

  /** As an orchestration drives it: turn after turn, in a new process when one died. */
  async #driven(id: string, turnsMax = TURNS_MAX): Promise<Kept> {
    for (let turn = 1; turn <= turnsMax; turn++) {
      if (this.#faulty && turn === this.#turns.abortAt) await this.#abort(id);
      const outcome = await this.#turn(id);
      if (outcome?.outcome === 'ended') break;
      if (turn === TURNS_MAX) fail('every operation ends', `${turn} turns were not enough`);
      await this.#world.clock.advance(outcome?.afterMs ?? 2_000);
    }
    const operation = await this.#world.control.operations.get(id);
    return operation ?? ({ state: 'NotStarted', step: 'preflight' } as Kept);
  }

  /** While a worker stands still, others are sent after it, as the host does when it hears nothing. */
  async #turn(id: string): Promise<StepOutcome | null> {
    return this.#attempt(async (ports) => {
      let over = false;
      const turn = runStep(ports, id).finally(() => {
        over = true;
      });
      const others = this.#world.clock.sleep(OTHERS_COME_MS).then(async () => {
        for (let count = 0; count < OTHERS && !over; count++) await runStep(ports, id);
      });
      // Each may die, or find the control database away: then the next one comes.
      others.catch(() => undefined);
      return turn;
    });
  }

  async #abort(id: string): Promise<void> {
    const asked = await this.#attempt((ports) =>
      abort(ports, MANAGER, { environment: UAT, operationId: id }).catch(unlessForbidden),
    );
    const { abortedBy } = await this.#world.operation(id);
    this.#aborted ||= abortedBy !== null || asked !== null;
  }

  async #signedOff(id: string): Promise<Kept> {
    this.#witness.mayLoseOld = true;
    for (;;) {
      const ref = { environment: UAT, operationId: id };
      await this.#attempt((ports) => signOff(ports, OWNER, ref).catch(unlessForbidden));
      if ((await this.#world.operation(id)).state === 'SignedOff') return this.#driven(id);
      await this.#world.clock.advance(2_000);
    }
  }

  /** With faults as far as they come; a rollback that failed may be asked for again, and then nothing is in its way. */
  async #rolledBack(id: string): Promise<Kept> {
    for (;;) {
      const ref = { environment: UAT, operationId: id };
      await this.#attempt((ports) => rollBack(ports, MANAGER, ref).catch(unlessForbidden));
      const ended = await this.#driven(id);
      if (ended.state === 'RollbackCompleted') return ended;
      if (ended.state !== 'Failed' && ended.state !== 'Completed' && ended.state !== 'RollbackFailed')
        fail('a rollback ends', `it is ${ended.state}`);
      if (!this.#faulty) fail('whatever failed can be rolled back', `without any fault it is ${ended.state}`);
      if (ended.state === 'RollbackFailed') this.#faulty = false;
    }
  }

  /** At rest the names are whole, and the data is that of before or that of after. */
  async #checkRest({ state, id }: Kept): Promise<void> {
    const side = this.#witness.sideAtRest();
    const expected: Partial<Record<OperationState, 'old' | 'new'>> = {
      Completed: 'new',
      SignedOff: 'new',
      Aborted: 'old',
      RollbackCompleted: 'old',
    };
    if (side !== (expected[state] ?? side)) fail('the state tells the truth', `${state}, and the ${side} data`);
    const data = side === 'old' ? this.#before : await AFTER;
    if (!isDeepStrictEqual(this.#world.target(), data)) fail('data is that of before or after', `${state}, ${side}`);
    for (const [name, users] of this.#users)
      if (!isDeepStrictEqual(this.#world.uat.byName(name)?.users, users)) fail('the target’s own users return', name);
    const left = this.#world.uat.databases.length;
    if (['Aborted', 'RollbackCompleted', 'SignedOff'].includes(state) && left !== 2)
      fail('nothing is left behind', `${left} databases after ${state}`);
    const environment = await this.#world.control.environments.get(UAT);
    if (state !== 'Failed' && environment?.heldBy) fail('the target is available', `held by ${id} after ${state}`);
  }

  /** Crashes and errors that pass change nothing about how an operation ends. */
  #checkOutcome({ state, failure }: Kept): void {
    const { scrubUndone, synchronizationFails } = this.#turns;
    const says = `${state} ${failure?.code ?? ''}: ${failure?.message ?? ''}`;
    if (scrubUndone && state === 'Completed') fail('a scrub that did not hold ends the operation', says);
    if (this.#aborted && state !== 'Aborted' && !this.#hindered && !scrubUndone)
      fail('an abort that was accepted is carried out', says);
    const hindered = this.#hindered || scrubUndone || synchronizationFails || this.#aborted;
    if (!hindered && state !== 'Completed') fail('what passes by itself fails nothing', says);
    if (!['Completed', 'Failed', 'Aborted'].includes(state)) fail('an operation ends in a state of its table', says);
  }

  /** The target is free, and all goes well. */
  async #nextOne(): Promise<void> {
    this.#faulty = false;
    this.#witness.begin();
    this.#world.synchronization.outcome = { status: 'succeeded', text: '' };
    const id = await this.#begin();
    if (!this.#turns.wholeNext) return;
    const next = await this.#driven(id);
    if (next.state !== 'Completed') fail('the next operation may begin', `it is ${next.state}`);
  }
}

/** The blow of a `stop` may strike the checks of a request, too: then it is refused. */
function unlessHindered(error: unknown): null {
  if (isFreshetError(error, 'DATABASE_REFUSED') || isFreshetError(error, 'REFRESH_REFUSED')) return null;
  throw error;
}

function unlessForbidden(error: unknown): null {
  if (isFreshetError(error, 'OPERATION_STATE_FORBIDS')) return null;
  throw error;
}
