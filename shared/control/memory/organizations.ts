import { feedBell } from '../model.ts';
import { type Organizations, SNAPSHOT_SWEEP_MS, UNNOTIFIED_WEIGHT } from '../organizations.port.ts';
import { takeSlot, throttled, UNUSED } from '../rules/pace.ts';
import { isListening } from './profiles.ts';
import { type AtOnce, type FeedRow, type Memory, subscribers } from './state.ts';

export function memoryOrganizations(memory: Memory): AtOnce<Organizations> {
  const paceOf = (organizationId: string) => memory.state.organizations.get(organizationId) ?? UNUSED;
  return {
    reserve(organizationId, spent) {
      const { pace, waitMs } = takeSlot(paceOf(organizationId), spent, memory.now());
      memory.state.organizations.set(organizationId, pace);
      return waitMs;
    },
    throttle(organizationId, ms) {
      memory.state.organizations.set(organizationId, throttled(paceOf(organizationId), ms, memory.now()));
    },
    unnotified(organizationId, entities) {
      for (const [key, row] of memory.state.feeds) {
        if (row.feed.organizationId !== organizationId) continue;
        memory.state.feeds.set(key, { ...row, registered: !entities.includes(row.feed.entity) });
      }
    },
    sweep(limit) {
      const rows = [...memory.state.feeds.values()]
        .filter(({ feed }) => subscribers(memory, feed).some((one) => isListening(memory, one)))
        .filter(isTimeFor(memory.now()))
        .sort(longestNotLookedAt(memory.now()))
        .slice(0, limit);
      for (const row of rows) memory.state.feeds.set(feedBell(row.feed), { ...row, lookedAt: memory.now() });
      return rows.map(({ feed: { organizationId, entity } }) => ({ organizationId, entity }));
    },
    acceptTerms(organizationId, by, at) {
      if (!memory.state.terms.has(organizationId)) memory.state.terms.set(organizationId, { by, at });
    },
    termsAccepted: (organizationId) => memory.state.terms.get(organizationId) ?? null,
    count(name, amount) {
      memory.state.counters.set(name, (memory.state.counters.get(name) ?? 0) + amount);
    },
    counters: () => Object.fromEntries(memory.state.counters),
  };
}

function isTimeFor(now: number): (row: FeedRow) => boolean {
  return ({ lookedAt, snapshots }) =>
    (lookedAt ?? 0) <= now - SNAPSHOT_SWEEP_MS ||
    !snapshots.some(({ started, endNumber }) => started && endNumber === null);
}

function longestNotLookedAt(now: number): (a: FeedRow, b: FeedRow) => number {
  const urgency = ({ lookedAt, registered }: FeedRow) => (now - (lookedAt ?? 0)) * (registered ? 1 : UNNOTIFIED_WEIGHT);
  return (a, b) => urgency(b) - urgency(a) || (feedBell(a.feed) < feedBell(b.feed) ? -1 : 1);
}
