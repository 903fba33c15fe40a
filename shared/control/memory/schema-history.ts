import type { SchemaChange } from '../../dataverse/drift.ts';
import { feedBell } from '../model.ts';
import type { SchemaHistory } from '../schema-history.port.ts';
import type { AtOnce, FeedRow, Memory } from './state.ts';

export function memoryHistory(memory: Memory): AtOnce<SchemaHistory> {
  return {
    add(feed, changes) {
      const row = memory.state.feeds.get(feedBell(feed));
      if (row) memory.state.feeds.set(feedBell(feed), withDrift(memory, row, changes));
    },
    of: (organizationId, entities) =>
      [...memory.state.feeds.values()]
        .filter(({ feed }) => feed.organizationId === organizationId && entities.includes(feed.entity))
        .flatMap(({ history }) => history)
        .sort((a, b) => a.at - b.at),
  };
}

/** The row with an event more, unless nothing changed. */
export function withDrift(memory: Memory, row: FeedRow, changes: readonly SchemaChange[]): FeedRow {
  if (changes.length === 0) return row;
  const { organizationId, entity } = row.feed;
  return { ...row, history: [...row.history, { organizationId, entity, at: memory.now(), changes }] };
}
