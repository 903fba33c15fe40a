import type { Operation, OperationState } from '../../control/operation.ts';
import type { Kept } from '../../control/operations.port.ts';
import { FreshetError, isFreshetError } from '../../errors/error.ts';
import { reasonOf } from '../../platform/reason.ts';
import type { RefreshPorts } from '../ports.ts';
import { stateAfter } from '../states.ts';
import { type Following, RUNBOOK, type RunbookStep } from './plan.ts';
import { STEPS } from './steps.ts';
import { Superseded, TURN_MS, Turn, type Waiting } from './turn.ts';

/** What whoever drives an operation does next. */
export type StepOutcome =
  /** Calls again after so many ms; 0: at once. */
  | { readonly outcome: 'again'; readonly afterMs: number; readonly step: string }
  /** There is nothing more to do. Null: the operation was withdrawn. */
  | { readonly outcome: 'ended'; readonly state: OperationState | null };

/** Turns of one step: after so many broke off, it has failed for good. */
export const ATTEMPTS_MAX = 8;
const BACKOFF_FIRST_MS = 2_000;
const BACKOFF_MAX_MS = 60_000;
const AT_ONCE = 0;

/**
 * Takes the operation's next step, whatever it is: the row says so, and keeps how it ended. Rejects only when the control
 * database does not answer; then nothing is lost by calling again.
 */
export async function runStep(ports: RefreshPorts, operationId: string): Promise<StepOutcome> {
  const turn = await Turn.take(ports, operationId);
  if (turn === null) return ended(await ports.control.operations.get(operationId));
  if (!(turn instanceof Turn)) return { outcome: 'again', afterMs: turn.waitMs, step: 'wait' };
  const { operation, step } = turn;
  if (step === 'preflight') {
    // Its request died before anybody was told of it.
    await ports.control.operations.withdraw(operation);
    return ended(null);
  }
  try {
    return await runTurn(turn, step);
  } catch (error) {
    if (error instanceof Superseded) return { outcome: 'again', afterMs: TURN_MS, step };
    throw error;
  } finally {
    await turn.log.flush();
  }
}

const ended = (operation: Kept | null): StepOutcome => ({ outcome: 'ended', state: operation?.state ?? null });

async function runTurn(turn: Turn, step: Exclude<RunbookStep, 'preflight'>): Promise<StepOutcome> {
  const { title, next } = RUNBOOK[step];
  const { operation } = turn;
  if (operation.abortedBy && isAbortable(step)) return follow(turn, next);
  await turn.change(({ state }) => (state === 'NotStarted' ? { state: stateAfter(state, 'begin') ?? state } : {}));
  turn.log.line(`${title} (${step}${operation.attempts > 1 ? `, attempt ${operation.attempts}` : ''})`);
  await turn.log.flush();
  try {
    const waiting = await turn.beside<Waiting | null>(async () => (await STEPS[step](turn)) ?? null);
    if (waiting) return await wait(turn, waiting);
  } catch (error) {
    if (error instanceof Superseded) throw error;
    return failed(turn, error);
  }
  turn.log.line('done');
  return follow(turn, next);
}

const isAbortable = (step: RunbookStep): boolean => RUNBOOK[step].abortable === true;

async function wait(turn: Turn, { waitMs }: Waiting): Promise<StepOutcome> {
  await turn.change(() => ({ turn: null, attempts: 0 }));
  return { outcome: 'again', afterMs: waitMs, step: turn.step };
}

/** Ends the turn: with the next step, or with the event that ends the run. An abort meanwhile goes before. */
async function follow(turn: Turn, following: Following, change: Partial<Operation> = {}): Promise<StepOutcome> {
  const now = turn.ports.clock.now();
  await turn.change((operation) => ({
    ...change,
    ...after({ ...operation, ...change }, turn.step, following, now),
    turn: null,
    attempts: 0,
    progress: null,
  }));
  const { step, state } = turn.operation;
  turn.ports.log.write('info', 'runbook step ended', { operationId: turn.operation.id, step: turn.step, state });
  return step === null ? ended(turn.operation) : { outcome: 'again', afterMs: AT_ONCE, step };
}

function after(operation: Operation, step: RunbookStep, following: Following, now: number): Partial<Operation> {
  if (operation.abortedBy && isAbortable(step)) return { step: 'discard' };
  if (following === 'end') return { step: null };
  if ('step' in following) return { step: following.step };
  const event = step === 'discard' && operation.failure === null ? 'abort' : following.event;
  return { step: null, state: stateAfter(operation.state, event) ?? operation.state, endedAt: now };
}

/** Trouble that passes is waited for; whatever does not, or does not end, is the step's failure. */
async function failed(turn: Turn, error: unknown): Promise<StepOutcome> {
  const { operation, step } = turn;
  const failure = asRegistered(error, step);
  turn.log.line(`broke off: ${failure.message} (${failure.code})`);
  if (operation.abortedBy && isAbortable(step)) return follow(turn, RUNBOOK[step].next);
  const following = RUNBOOK[step].failed;
  if (following === 'again' || isTriedAgain(turn, failure, isFreshetError(error))) {
    await turn.change(() => ({ turn: null }));
    const afterMs = Math.min(BACKOFF_MAX_MS, BACKOFF_FIRST_MS * 2 ** Math.min(operation.attempts - 1, 10));
    return { outcome: 'again', afterMs, step };
  }
  const { code, message, remedy } = failure;
  turn.log.line(`failed. ${remedy}`);
  turn.ports.log.write('error', 'runbook step failed', { operationId: operation.id, step, code, reason: message });
  // What clears up after a failure does not hide it.
  const first = isClearingUp(step) ? operation.failure : null;
  return follow(turn, following, { failure: first ?? { step, code, message, remedy } });
}

/** `known`: it is an error of the register, so its class says whether it passes. */
function isTriedAgain({ operation, step }: Turn, failure: FreshetError, known: boolean): boolean {
  const { stubborn, patient } = RUNBOOK[step];
  const passes = failure.class === 'retry' || failure.class === 'smaller';
  if (passes && patient) return true;
  return (passes || !known || stubborn === true) && operation.attempts < ATTEMPTS_MAX;
}

const isClearingUp = (step: RunbookStep): boolean => step === 'putBack' || step === 'discard';

function asRegistered(error: unknown, step: RunbookStep): FreshetError {
  return isFreshetError(error) ? error : new FreshetError('STEP_BROKE_OFF', { step, reason: reasonOf(error) }, error);
}
