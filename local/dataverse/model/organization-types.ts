import type { EntityDefinition } from './definitions.ts';
import type { Reference } from './row.ts';
import type { TableContents } from './table.ts';
import type { Variants } from './variants.ts';

/** Who the organization is, and the rows that others are given by default. */
export interface OrganizationIdentity {
  readonly organizationId: string;
  readonly environmentId: string;
  readonly tenantId: string;
  /** Without a slash at its end. */
  readonly url: string;
  readonly uniqueName: string;
  readonly geo: string;
  /** The user that changes are made by, unless said otherwise. */
  readonly callerId: string;
  readonly businessUnitId: string;
  readonly currencyId: string;
}

export interface OrganizationOptions {
  readonly identity: OrganizationIdentity;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  /** Absent: drawn from a fixed seed. */
  readonly newId?: () => string;
  readonly variants?: Partial<Variants>;
  /** How long tokens and deletions are kept. */
  readonly retentionMs?: number;
}

export interface WriteOptions {
  readonly id?: string | undefined;
  readonly caller?: Reference;
  /** 2 for what another change brings about. */
  readonly depth?: number;
}

export interface OrganizationState {
  readonly version: number;
  readonly metadataVersion: number;
  readonly tables: readonly (TableContents & { readonly definition: EntityDefinition; readonly tokensSince: number })[];
}
