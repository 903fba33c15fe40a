import { type Environment, type EnvironmentKey, idKey, isSameToOperations } from '../environment.ts';
import type { Environments } from '../environments.port.ts';
import type { Operation } from '../operation.ts';
import { LOCKING_SOURCE, LOCKING_TARGET } from '../rules/locks.ts';
import type { AtOnce, Memory } from './state.ts';

export const environmentKey = ({ projectId, id }: EnvironmentKey): string => `${projectId}/${idKey(id)}`;

/** Whether the operation's state keeps the environment. */
export function locks(operation: Operation, environment: EnvironmentKey): boolean {
  const { projectId, sourceId, targetId, state } = operation;
  const key = environmentKey(environment);
  const keeps = (id: string, states: readonly string[]) =>
    states.includes(state) && environmentKey({ projectId, id }) === key;
  return keeps(sourceId, LOCKING_SOURCE) || keeps(targetId, LOCKING_TARGET);
}

export function memoryEnvironments(memory: Memory): AtOnce<Environments> {
  const all = () => memory.state.environments;
  const isBusy = (key: EnvironmentKey) => [...memory.state.operations.values()].some((one) => locks(one, key));
  const change = (key: EnvironmentKey, changed: (environment: Environment) => Environment) => {
    const known = all().get(environmentKey(key));
    if (known) all().set(environmentKey(key), changed(known));
  };
  return {
    register({ projectId, id, settings }) {
      const key = environmentKey({ projectId, id });
      const name = settings.name.toLowerCase();
      const others = [...all()].filter(([other, one]) => other !== key && one.projectId === projectId);
      if (others.some(([, one]) => one.settings.name.toLowerCase() === name)) return 'taken';
      const known = all().get(key);
      const isSame = known !== undefined && isSameToOperations(known.settings, settings);
      if (!isSame && isBusy({ projectId, id })) return 'busy';
      const { started, heldBy } = known ?? { started: true, heldBy: null };
      all().set(key, { projectId, id, settings: structuredClone(settings), started, heldBy });
      return 'done';
    },
    get: (key) => all().get(environmentKey(key)) ?? null,
    list: (projectId) =>
      [...all().values()]
        .filter((one) => one.projectId === projectId)
        .sort((a, b) => (a.settings.name.toLowerCase() < b.settings.name.toLowerCase() ? -1 : 1)),
    remove(key) {
      if (!all().has(environmentKey(key))) return 'unknown';
      if (isBusy(key)) return 'busy';
      all().delete(environmentKey(key));
      return 'done';
    },
    setStarted(key, started) {
      const known = all().get(environmentKey(key));
      if (!known) return 'unknown';
      if (isBusy(key)) return 'busy';
      if (known.started === started) return 'already';
      change(key, (one) => ({ ...one, started }));
      return 'done';
    },
    hold: (key, operationId) => change(key, (one) => ({ ...one, heldBy: operationId })),
    release: (key, operationId) => change(key, (one) => (one.heldBy === operationId ? { ...one, heldBy: null } : one)),
  };
}
