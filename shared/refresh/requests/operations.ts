import { type EnvironmentKey, idKey } from '../../control/environment.ts';
import { type Operation, type Person, targetOf } from '../../control/operation.ts';
import type { Kept } from '../../control/operations.port.ts';
import { FreshetError } from '../../errors/error.ts';
import type { RefreshPorts } from '../ports.ts';
import { retailSteps } from '../retail-steps.ts';
import { mustFind } from '../runbook/databases.ts';
import { AFTER_SIGN_OFF, FIRST_ROLLBACK_STEP, isRunbookStep, RUNBOOK } from '../runbook/plan.ts';
import { runStep } from '../runbook/run-step.ts';
import { type OperationEvent, stateAfter } from '../states.ts';

/** An operation as a caller names it: by its target and its id. */
export interface OperationRef {
  readonly environment: EnvironmentKey;
  readonly operationId: string;
}

/** The operation, if its target (or, for a look, its source) is the environment named. OPERATION_NOT_FOUND. */
export async function fetchStatus(ports: RefreshPorts, { environment, operationId }: OperationRef): Promise<Kept> {
  const operation = await ports.control.operations.get(operationId.toLowerCase());
  const belongs = operation?.projectId === environment.projectId && idKey(operation.targetId) === idKey(environment.id);
  if (!operation || !belongs) throw new FreshetError('OPERATION_NOT_FOUND', { operationId });
  return operation;
}

/** The state before the refresh is to come back; the caller drives it by `runStep`. OPERATION_STATE_FORBIDS. */
export async function rollBack(ports: RefreshPorts, by: Person, ref: OperationRef): Promise<Kept> {
  return ask(ports, ref, 'roll back', () => ({
    rolledBackBy: by,
    step: FIRST_ROLLBACK_STEP,
    endedAt: null,
    attempts: 0,
    turn: null,
  }));
}

/**
 * Somebody accepts the result: the old databases go, and the next operation may begin. What cannot be dropped at once, the runbook
 * goes on trying. OPERATION_STATE_FORBIDS, SECOND_PERSON_NEEDED, STEPS_NOT_ACKNOWLEDGED.
 */
export async function signOff(
  ports: RefreshPorts,
  by: Person,
  ref: OperationRef,
  acknowledged: readonly string[] = [],
): Promise<Kept> {
  const signedOff = await ask(ports, ref, 'sign off', async (operation) => {
    if (ports.options.secondPersonSignsOff && operation.by.id === by.id) throw new FreshetError('SECOND_PERSON_NEEDED');
    const steps = retailSteps(await mustFind(ports, targetOf(operation)));
    const missing = steps.filter(({ id }) => !acknowledged.includes(id)).map(({ id }) => id);
    if (missing.length > 0) throw new FreshetError('STEPS_NOT_ACKNOWLEDGED', { steps: missing.join(', ') });
    const at = ports.clock.now();
    return { signOff: { by, at, acknowledged: [...acknowledged] }, step: AFTER_SIGN_OFF, attempts: 0, turn: null };
  });
  // Whoever signs off wants to see it done; if it takes longer, the runbook does it.
  await runStep(ports, signedOff.id).catch(() => undefined);
  return (await ports.control.operations.get(signedOff.id)) ?? signedOff;
}

/** Nothing of it shall remain; possible until the swap. The runbook clears up. OPERATION_STATE_FORBIDS. */
export async function abort(ports: RefreshPorts, by: Person, ref: OperationRef): Promise<Kept> {
  return ask(ports, ref, 'abort', (operation) => {
    const { step, abortedBy } = operation;
    if (step === null || !isRunbookStep(step) || !RUNBOOK[step].abortable) throw forbidden(operation, 'to abort');
    return { state: operation.state, abortedBy: abortedBy ?? by };
  });
}

/** Compare-and-set on what the operation is now: a wish that its state does not allow is refused, one that was overtaken tries again. */
async function ask(
  ports: RefreshPorts,
  ref: OperationRef,
  event: OperationEvent,
  change: (operation: Kept) => Partial<Operation> | Promise<Partial<Operation>>,
): Promise<Kept> {
  for (let attempt = 1; attempt <= ATTEMPTS; attempt++) {
    const operation = await fetchStatus(ports, ref);
    const state = stateAfter(operation.state, event);
    if (state === null) throw forbidden(operation, `to ${event}`);
    const changed = { state, touchedAt: ports.clock.now(), ...(await change(operation)) };
    const kept = await ports.control.operations.save(operation, changed);
    if (kept) return kept;
  }
  throw new FreshetError('OPERATION_CHANGED');
}

/** A worker gives a sign now and then; nobody is that unlucky more often. */
const ATTEMPTS = 5;

function forbidden({ state, step }: Operation, wish: string): FreshetError {
  const where = step === null ? state : `${state} (${step})`;
  return new FreshetError('OPERATION_STATE_FORBIDS', { state: where, wish });
}
