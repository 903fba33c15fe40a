import type { Cell } from './columns.ts';
import type { EntityMetadata, EntitySummary } from './metadata.ts';
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

export interface RowsByIds {
  readonly rows: Cell[][];
  /** As the last answer carried it; null when nothing was asked, or no answer told. */
  readonly metadataVersion: string | null;
}

export interface OrganizationIdentity {
  readonly organizationId: string;
  readonly tenantId: string | null;
  readonly environmentId: string | null;
  /** The name that people see. */
  readonly name: string | null;
  /** The address that the organization itself gives, ending in `/`. */
  readonly url: string | null;
  readonly region: string | null;
}

export type ReadFrom =
  /** Changes since a token, under today's columns. */
  | { readonly kind: 'changes'; readonly token: string }
  /** A tracked read of the keys alone, for a first token; `columns: 'all'` where the organization refuses that. */
  | { readonly kind: 'keys'; readonly columns?: 'all' }
  /** A full read: a snapshot. */
  | { readonly kind: 'rows' }
  /** A link of an earlier page, followed verbatim. */
  | { readonly kind: 'next'; readonly link: string };

export interface SourcePage {
  /** Cells in the order of `columns`; the first is the row's id. Only the id for a read of keys. */
  readonly rows: Cell[][];
  /** The names of the cells of `rows`. */
  readonly columns: readonly string[];
  readonly deletions: readonly string[];
  /** More pages of this read follow. */
  readonly next: string | null;
  /** The token of a tracked read; only on its last page. */
  readonly token: string | null;
  /** The organization's, at this answer; null when it did not tell. */
  readonly metadataVersion: string | null;
  readonly bytes: number;
}
