import type { Reconciliation, Reconciliations } from '../reconciliations.port.ts';
import type { AtOnce, Memory } from './state.ts';

export function memoryReconciliations(memory: Memory): AtOnce<Reconciliations> {
  const all = () => memory.state.reconciliations;
  return {
    get: (profileId) => all().get(profileId) ?? null,
    begin(reconciliation) {
      const { profileId } = reconciliation;
      if (!memory.state.profiles.has(profileId)) return false;
      all().set(profileId, { ...reconciliation, work: structuredClone(reconciliation.work), revision: 0 });
      return true;
    },
    save({ profileId, id, revision }, { dueAt, work }) {
      const held = all().get(profileId);
      if (held?.id !== id || held.revision !== revision) return false;
      all().set(profileId, { ...held, dueAt, work: structuredClone(work), revision: revision + 1 });
      return true;
    },
    due: (now, limit) =>
      [...all().values()]
        .filter(({ dueAt }) => dueAt !== null && dueAt <= now)
        .sort((a, b) => (a.dueAt ?? 0) - (b.dueAt ?? 0) || compareIds(a, b))
        .slice(0, limit),
    idle: (before, limit) =>
      [...memory.state.profiles.values()]
        .map(({ profile }) => profile)
        .filter(({ state }) => state === 'active')
        .filter(({ id, activatedAt }) => (all().get(id)?.beganAt ?? activatedAt ?? before) < before)
        .map(({ id }) => id)
        .sort()
        .slice(0, limit),
  };
}

function compareIds(a: Reconciliation, b: Reconciliation): number {
  return a.profileId < b.profileId ? -1 : 1;
}
