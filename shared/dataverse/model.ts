import type { Cell } from './columns.ts';

/** What an organization is asked, and what it answers with. */

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
