import { DATABASE_ROLES, type Environment, type PerRole } from '../../control/environment.ts';
import type { Operation, OperationPair, Person, PreflightFinding } from '../../control/operation.ts';
import type { Kept } from '../../control/operations.port.ts';
import { FreshetError } from '../../errors/error.ts';
import type { RefreshPorts } from '../ports.ts';
import { isRefusal, refusalsText } from '../preflight/findings.ts';
import { check, environmentsOf, type Way } from '../preflight/preflight.ts';
import { lockRefusal } from '../preflight/registry.ts';
import { AFTER_CHECKS, FIRST_STEP } from '../runbook/plan.ts';
import { Superseded, Turn } from '../runbook/turn.ts';

const DAY_MS = 86_400_000;
/** A copy's name says nothing of the environment; its adapters tell it by this beginning. */
const COPY_PREFIX = 'freshet_';
const COPY_DIGITS = 16;

/**
 * Begins a refresh: locks and counts, checks, and leaves the rest to the runbook, which the caller drives by `runStep`. What is
 * refused is unlocked and does not count. REFRESH_REFUSED with all refusals, REFRESH_LIMIT_REACHED, ENVIRONMENT_NOT_FOUND.
 */
export async function refresh(ports: RefreshPorts, by: Person, way: Way): Promise<Kept> {
  const { source, target } = await environmentsOf(ports, way);
  const { limit } = ports.options;
  const begun = await ports.control.operations.begin(newOperation(ports, by, source, target), {
    max: limit,
    windowMs: DAY_MS,
  });
  if ('limitedSince' in begun) {
    throw new FreshetError('REFRESH_LIMIT_REACHED', { max: limit, since: ticks(begun.limitedSince) });
  }
  if ('lockedBy' in begun) {
    const { findings } = await check(ports, source, target);
    throw refused([lockRefusal(begun.lockedBy, source, target), ...findings]);
  }
  return checked(Turn.ofRequest(ports, begun.begun), way);
}

/**
 * The checks of an operation that has its locks, on what is registered now that nobody may change it any more; without success
 * it is as if it had never been.
 */
async function checked(turn: Turn, way: Way): Promise<Kept> {
  const { ports } = turn;
  try {
    const { source, target } = await environmentsOf(ports, way);
    const { findings } = await turn.beside(() => check(ports, source, target));
    if (findings.some(isRefusal)) throw refused(findings);
    turn.log.line(`${turn.operation.name}, asked for by ${turn.operation.by.name}: all checks passed`);
    for (const { message, remedy } of findings) turn.log.line(`note: ${message} ${remedy}`);
    const databases = newPairs(ports, target);
    await turn.change(() => ({ step: AFTER_CHECKS, databases, warnings: findings, turn: null, attempts: 0 }));
    await turn.log.flush();
    return turn.operation;
  } catch (error) {
    if (error instanceof Superseded) throw new FreshetError('REQUEST_TOO_SLOW');
    await withdraw(turn);
    throw error;
  }
}

/** What cannot be withdrawn now, whoever looks for strays withdraws later. */
async function withdraw(turn: Turn): Promise<void> {
  const { operations } = turn.ports.control;
  const now = await operations.get(turn.operation.id).catch(() => null);
  if (now?.turn === turn.operation.turn && now.step === FIRST_STEP) await operations.withdraw(now).catch(() => false);
}

function refused(findings: readonly PreflightFinding[]): FreshetError {
  return new FreshetError('REFRESH_REFUSED', { details: refusalsText(findings) });
}

function newOperation(ports: RefreshPorts, by: Person, source: Environment, target: Environment): Operation {
  const now = ports.clock.now();
  return {
    id: ports.newId(),
    projectId: target.projectId,
    sourceId: source.id,
    targetId: target.id,
    name: `Refresh from ${source.settings.name}`,
    state: 'NotStarted',
    step: FIRST_STEP,
    by,
    createdAt: now,
    endedAt: null,
    databases: newPairs(ports, target),
    rules: ports.rules,
    warnings: [],
    done: [],
    progress: null,
    failure: null,
    downAt: null,
    synchronizationAt: null,
    abortedBy: null,
    rolledBackBy: null,
    signOff: null,
    turn: ports.newId(),
    attempts: 1,
    touchedAt: now,
  };
}

function newPairs({ newId }: RefreshPorts, { settings }: Environment): PerRole<OperationPair> {
  const unnamed = () => ({
    id: null,
    name: `${COPY_PREFIX}${newId().replaceAll('-', '').slice(-COPY_DIGITS)}`,
  });
  const pairs = DATABASE_ROLES.map(
    (role) => [role, { name: settings.databases[role].name, old: unnamed(), copy: unnamed() }] as const,
  );
  return Object.fromEntries(pairs) as PerRole<OperationPair>;
}

/** As the original writes moments: seven digits after the second. */
function ticks(ms: number): string {
  return new Date(ms).toISOString().replace('Z', '0000');
}
