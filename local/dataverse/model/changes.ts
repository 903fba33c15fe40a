import type { ManyToManyDefinition } from './definitions.ts';
import type { Reference, Row } from './row.ts';
import type { Binned, Deletion, Table } from './table.ts';

export type Message = 'Create' | 'Update' | 'Delete' | 'Restore' | 'Associate' | 'Disassociate';

/** One message of the organization's event pipeline: what a registered step gets to hear. */
export interface Change {
  readonly message: Message;
  readonly entity: string;
  readonly id: string;
  readonly version: number;
  /** The row after the change; for Delete, Associate and Disassociate as it was. */
  readonly row: Row;
  /** Create, Update: the attributes that were asked for or followed. */
  readonly changed: ReadonlySet<string>;
  /** 1: asked for directly; 2: brought about by another change. */
  readonly depth: number;
  readonly atSeconds: number;
  readonly caller: Reference;
  readonly relationship?: ManyToManyDefinition;
  readonly related?: readonly Reference[];
}

/** Watches an organization. Called in the order of the changes, after each took effect. */
export interface Observer {
  changed?(change: Change): void;
  rowWritten?(table: Table, row: Row): void;
  rowRemoved?(table: Table, deletion: Deletion, binned: Binned): void;
  /** A table was defined, redefined or its tokens expired. */
  defined?(table: Table): void;
  /** Everything was replaced by an earlier state. */
  restored?(): void;
}
