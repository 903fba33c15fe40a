import type { SchemaChange } from '../dataverse/drift.ts';
import type { FeedKey } from './model.ts';

/** How definitions changed while they were exported; kept as long as somebody exports the entity. Errors: CONTROL_UNAVAILABLE (retry). */
export interface SchemaHistory {
  add(feed: FeedKey, changes: readonly SchemaChange[]): Promise<void>;
  /** Of these entities of one organization, oldest first. */
  of(organizationId: string, entities: readonly string[]): Promise<SchemaEvent[]>;
}

/** What was found changed at one moment. */
export interface SchemaEvent extends FeedKey {
  /** The control database's clock, ms since 1970 UTC. */
  readonly at: number;
  readonly changes: readonly SchemaChange[];
}
