import { feedBell } from '../model.ts';
import type { WholeReads } from '../whole-reads.port.ts';
import { isListening } from './profiles.ts';
import { type AtOnce, type Memory, subscribers } from './state.ts';

export function memoryWholeReads(memory: Memory): AtOnce<WholeReads> {
  return {
    due: (now, limit) =>
      [...memory.state.feeds.values()]
        .filter(({ wholeAt }) => wholeAt === null || wholeAt <= now)
        .filter(({ feed }) => subscribers(memory, feed).some((one) => isListening(memory, one)))
        .sort((a, b) => (a.wholeAt ?? 0) - (b.wholeAt ?? 0) || (feedBell(a.feed) < feedBell(b.feed) ? -1 : 1))
        .slice(0, limit)
        .map(({ feed: { organizationId, entity }, wholeAt }) => ({ organizationId, entity, at: wholeAt })),
    plan(feed, { at, tracked }) {
      const row = memory.state.feeds.get(feedBell(feed));
      if (row) memory.state.feeds.set(feedBell(feed), { ...row, wholeAt: at, tracked });
    },
  };
}
