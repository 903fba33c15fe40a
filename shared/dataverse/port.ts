import type { EntityMetadata, EntitySummary } from './metadata.ts';
import type { OrganizationIdentity, ReadFrom, RowsByIds, SourcePage } from './model.ts';
import type { Usage } from './usage.ts';

/**
 * One Dataverse organization as Freshet reads it. Every method may reject with SOURCE_THROTTLED (retry; `retryAfterMs`),
 * SOURCE_UNAVAILABLE (retry), SOURCE_FORBIDDEN or SOURCE_ADMINISTRATION_MODE (stop), SOURCE_ANSWER_UNREADABLE (bug).
 * Nothing is retried inside.
 */
export interface Source {
  /** Counts every request that the other methods make. */
  readonly usage: Usage;
  /** Who answers at this address: compared with what the profile was made for. */
  identity(): Promise<OrganizationIdentity>;
  /** All entities, intersect entities included, each without its attributes. */
  catalog(): Promise<EntitySummary[]>;
  /** About how many rows each of these entities has, up to a day old; one that the organization does not tell is left out. */
  counts(entities: readonly string[]): Promise<Map<string, number>>;
  /** The definition, past the server's cache (`Consistency: Strong`). Rejects with ENTITY_NOT_FOUND. */
  metadata(entity: string): Promise<EntityMetadata>;
  /** As pages tell it: changes whenever any metadata of the organization changed. Null when it does not tell. */
  metadataVersion(): Promise<string | null>;
  /**
   * One page. `maxRows` is a wish; the answer may hold fewer or more. Rejects with CURSOR_EXPIRED when the link or token
   * is no longer honoured, and with ATTRIBUTE_GONE when a selected attribute does not exist any more.
   */
  read(entity: EntityMetadata, from: ReadFrom, maxRows: number): Promise<SourcePage>;
  /** The rows of these ids that exist now (some hundreds asked at once); order not promised. */
  readByIds(entity: EntityMetadata, ids: readonly string[]): Promise<RowsByIds>;
}
