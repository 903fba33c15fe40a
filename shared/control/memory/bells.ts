import { type Bells, BUSY_RETRY_MS, LEASE_MS, LEASES_PER_ORGANIZATION, WAITING_MS } from '../bells.port.ts';
import type { BellKey } from '../model.ts';
import { isLive, isPending, older } from '../rules/bell.ts';
import type { AtOnce, Bell, Memory } from './state.ts';

export function memoryBells(memory: Memory): AtOnce<Bells> {
  /** Changes the caller's bell and lengthens its lease; false when the lease is lost. */
  const change = (key: BellKey, owner: string, to: (bell: Bell) => Partial<Bell>): boolean => {
    const bell = ownBell(memory, key, owner);
    if (bell) memory.state.bells.set(key, { ...bell, leaseUntil: memory.now() + LEASE_MS, ...to(bell) });
    return bell !== null;
  };
  return {
    ring(rings) {
      const messages = new Set<BellKey>();
      for (const { key, notifiedAt } of rings) {
        const bell = memory.state.bells.get(key);
        if (!bell) continue;
        const now = memory.now();
        const message = !isLive(bell, now) && !isPending(bell, now);
        if (message) messages.add(key);
        memory.state.bells.set(key, {
          ...bell,
          rung: bell.rung + 1,
          notifiedAt: older(bell.notifiedAt, notifiedAt ?? null),
          pendingAt: message ? now : bell.pendingAt,
        });
      }
      return [...messages].sort();
    },
    answer(key, owner) {
      const bell = memory.state.bells.get(key);
      if (!bell) return { lease: 'gone' };
      const now = memory.now();
      const answered = { ...bell, pendingAt: null };
      if (isLive(bell, now)) {
        memory.state.bells.set(key, answered);
        return { lease: 'held' };
      }
      if (bell.scope !== null && liveIn(memory, bell.scope) >= LEASES_PER_ORGANIZATION) {
        memory.state.bells.set(key, { ...bell, pendingAt: now + BUSY_RETRY_MS });
        return { lease: 'busy' };
      }
      const starts = bell.starts + 1;
      memory.state.bells.set(key, { ...answered, owner, leaseUntil: now + LEASE_MS, starts });
      return { lease: 'taken', starts };
    },
    hold(key, owner) {
      const bell = ownBell(memory, key, owner);
      return bell ? { rung: bell.rung, seen: bell.seen } : null;
    },
    renew(key, owner) {
      change(key, owner, () => ({}));
    },
    rings(key) {
      const bell = memory.state.bells.get(key);
      return bell ? { rung: bell.rung, seen: bell.seen } : null;
    },
    heard: (key, owner, rung) =>
      change(key, owner, (bell) => ({ seen: Math.max(bell.seen, Math.min(rung, bell.rung)) })),
    giveBack(key, owner) {
      const bell = ownBell(memory, key, owner);
      if (!bell) return 'lost';
      const rung = bell.rung > bell.seen;
      change(key, owner, () => (rung ? {} : FREE));
      return rung ? 'rung' : 'given';
    },
    postpone: (key, owner, afterMs) => change(key, owner, () => ({ ...FREE, pendingAt: memory.now() + afterMs })),
    feedsWait() {
      const now = memory.now();
      return [...memory.state.bells.values()].some(
        (bell) =>
          bell.scope !== null &&
          bell.owner === null &&
          isPending(bell, now) &&
          (bell.pendingAt ?? now) <= now - WAITING_MS,
      );
    },
    abandoned(limit) {
      const now = memory.now();
      const left = ([, bell]: [BellKey, Bell]) =>
        !isPending(bell, now) && !isLive(bell, now) && (bell.owner !== null || bell.rung > bell.seen);
      return [...memory.state.bells]
        .filter(left)
        .sort(([a, one], [b, other]) => leftSince(one) - leftSince(other) || (a < b ? -1 : 1))
        .slice(0, limit)
        .map(([key]) => key);
    },
  };
}

const FREE = { owner: null, leaseUntil: 0, starts: 0 } as const;

/** The bell, if the lease still is `owner`'s: one that has run out stays his until another takes it. */
export function ownBell(memory: Memory, key: BellKey, owner: string): Bell | null {
  const bell = memory.state.bells.get(key);
  return bell?.owner === owner ? bell : null;
}

function leftSince(bell: Bell): number {
  return bell.pendingAt ?? bell.leaseUntil;
}

function liveIn(memory: Memory, scope: string): number {
  const now = memory.now();
  let live = 0;
  for (const bell of memory.state.bells.values()) if (bell.scope === scope && isLive(bell, now)) live++;
  return live;
}
