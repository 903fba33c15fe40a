import { type Operation, sourceOf, targetOf } from '../operation.ts';
import type { Kept, Operations } from '../operations.port.ts';
import { LOCKING_TARGET } from '../rules/locks.ts';
import { environmentKey, locks } from './environments.ts';
import type { AtOnce, Memory } from './state.ts';

export function memoryOperations(memory: Memory): AtOnce<Operations> {
  const all = () => memory.state.operations;
  const keep = (operation: Kept) => {
    all().set(operation.id, operation);
    return operation;
  };
  return {
    begin(operation, { max, windowMs }) {
      const lockedBy = [...all().values()].find((one) => meets(one, operation));
      if (lockedBy) return { lockedBy };
      const limitedSince = operation.createdAt - windowMs;
      const counted = [...all().values()].filter(({ createdAt }) => createdAt > limitedSince);
      if (counted.length >= max) return { limitedSince };
      return { begun: keep({ ...operation, revision: 0 }) };
    },
    withdraw: ({ id, revision }) => all().get(id)?.revision === revision && all().delete(id),
    get: (id) => all().get(id) ?? null,
    save(known, change) {
      const held = all().get(known.id);
      if (held?.revision !== known.revision) return null;
      return keep({ ...held, ...change, revision: held.revision + 1 });
    },
    locking: (environment) => [...all().values()].filter((one) => locks(one, environment)).sort(oldestFirst),
    history: (environment, offset, limit) =>
      [...all().values()]
        .filter((one) => environmentKey(targetOf(one)) === environmentKey(environment))
        .sort((a, b) => oldestFirst(b, a))
        .slice(offset, offset + limit),
    stray: (before, limit) =>
      [...all().values()]
        .filter(({ step, touchedAt }) => step !== null && touchedAt < before)
        .sort((a, b) => a.touchedAt - b.touchedAt || compareIds(a, b))
        .slice(0, limit),
  };
}

/** Whether one that is there keeps what the new one needs: its target, shared by nobody, or its source, shared by readers. */
function meets(one: Operation, added: Operation): boolean {
  const keepsTarget = LOCKING_TARGET.includes(one.state);
  return (
    locks(one, targetOf(added)) || (keepsTarget && environmentKey(targetOf(one)) === environmentKey(sourceOf(added)))
  );
}

function oldestFirst(a: Operation, b: Operation): number {
  return a.createdAt - b.createdAt || compareIds(a, b);
}

function compareIds(a: Operation, b: Operation): number {
  return a.id < b.id ? -1 : 1;
}
