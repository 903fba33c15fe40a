import type { Cell, Column } from '../../dataverse/columns.ts';
import type { StoredRetry } from '../accounting.ts';
import type { MetadataRows } from '../metadata-rows.ts';
import type { Counters, DestinationAddress } from '../model.ts';

/** Plain data, so that a state can be cloned, kept and put back as a whole. Rows and positions are replaced, never changed. */

export interface MemoryRow {
  readonly id: string;
  /** Milliseconds since 1970 UTC. */
  readonly createdOn: number;
  readonly modifiedOn: number;
  /** By column name, as a database's types hold them. */
  readonly cells: Readonly<Record<string, Cell>>;
}

export interface MemoryTable {
  readonly columns: Map<string, Column>;
  readonly rows: Map<string, MemoryRow>;
}

export interface MemoryPosition {
  readonly profileId: string;
  readonly page: string;
  readonly number: number;
  readonly stamp: number;
  readonly counters: Counters;
  readonly begins: Readonly<Record<string, number>>;
}

export interface MemoryRetry extends StoredRetry {
  readonly logged: boolean;
}

export interface LoggedDeletion {
  readonly entity: string;
  readonly id: string;
  readonly at: number;
  readonly version: bigint;
}

/** Freshet's own tables of one schema and prefix. */
export interface OwnTables {
  readonly positions: Map<string, MemoryPosition>;
  /** By `retryKey`. */
  readonly retries: Map<string, MemoryRetry>;
  readonly metadata: Map<string, MetadataRows>;
  /** By running number; null when no delete log was asked for. */
  deletions: Map<number, LoggedDeletion> | null;
}

/** What stands under one schema and prefix. */
export interface MemoryArea {
  own: OwnTables | null;
  readonly tables: Map<string, MemoryTable>;
}

export type MemoryState = Map<string, MemoryArea>;

export interface MemoryDatabaseOptions {
  /**
   * Called before an operation has any effect and after it has had all of them; what it throws reaches the caller. Thrown
   * `after`, the operation happened and its answer was lost.
   */
  readonly step?: (when: 'before' | 'after', operation: string) => void | Promise<void>;
}

/** A constraint or trigger of the customer: the reason to refuse a write, null to allow it. `row`: null for a deletion. */
export type Constraint = (entity: string, id: string, row: Readonly<Record<string, Cell>> | null) => string | null;

/** One database in memory, for any number of destinations. */
export class MemoryDatabase {
  readonly options: MemoryDatabaseOptions;
  constraint: Constraint = () => null;
  /** Permissions, by their codes, that the login lacks. */
  readonly denied = new Set<string>();
  #areas: MemoryState = new Map();

  constructor(options: MemoryDatabaseOptions = {}) {
    this.options = options;
  }

  area({ schema, prefix }: Pick<DestinationAddress, 'schema' | 'prefix'>): MemoryArea {
    const key = `${schema}.${prefix}`.toLowerCase();
    const area = this.#areas.get(key) ?? { own: null, tables: new Map() };
    this.#areas.set(key, area);
    return area;
  }

  /** A copy of everything, for `restore`. */
  snapshot(): MemoryState {
    return structuredClone(this.#areas);
  }

  restore(state: MemoryState): void {
    this.#areas = structuredClone(state);
  }
}

export function retryKey(entity: string, id: string): string {
  return `${entity}/${id.toLowerCase()}`;
}
