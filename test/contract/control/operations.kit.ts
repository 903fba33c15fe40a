import type { Operation } from '../../../shared/control/operation.ts';

/** An operation that has just been asked for. */
export function newOperation(id: string, more: Partial<Operation> = {}): Operation {
  const unnamed = (name: string) => ({ id: null, name: `freshet_${name}` });
  const pair = (name: string) => ({ name, old: unnamed(`${name}-old`), copy: unnamed(`${name}-copy`) });
  return {
    id,
    projectId: 7,
    sourceId: 'prod',
    targetId: 'uat',
    name: 'Refresh from PROD',
    state: 'NotStarted',
    step: 'preflight',
    by: { id: 'olga', name: 'Olga "Ö"' },
    createdAt: 1_000,
    endedAt: null,
    databases: { transactional: pair('AxDB'), financialReporting: pair('MRDB') },
    rules: { version: 1 },
    warnings: [],
    done: [],
    progress: null,
    failure: null,
    downAt: null,
    synchronizationAt: null,
    abortedBy: null,
    rolledBackBy: null,
    signOff: null,
    turn: null,
    attempts: 0,
    touchedAt: 1_000,
    ...more,
  };
}
