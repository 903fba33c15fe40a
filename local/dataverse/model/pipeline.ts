import type { Change, Message, Observer } from './changes.ts';
import type { ManyToManyDefinition } from './definitions.ts';
import { rowLocked } from './errors.ts';
import type { Reference, Row } from './row.ts';
import type { Table } from './table.ts';

/** Versions begin high, as in an organization that has lived. */
const FIRST_VERSION = 1_000_000;

/** An open transaction, as seen by those who change rows. */
interface Holder {
  readonly firstVersion: number | null;
  holds(id: string): boolean;
  rollback(): void;
}

export interface Author {
  readonly caller: Reference;
  readonly depth: number;
}

/** The way every change takes: it draws a version, changes the table, and tells those who watch. */
export class Pipeline {
  version = FIRST_VERSION;
  readonly observers = new Set<Observer>();
  readonly transactions = new Set<Holder>();
  private readonly nowSeconds: () => number;
  private readonly retentionSeconds: () => number;
  /** The version that a transaction drew for the change it now commits. */
  private reserved: number | null = null;

  constructor(nowSeconds: () => number, retentionSeconds: () => number) {
    this.nowSeconds = nowSeconds;
    this.retentionSeconds = retentionSeconds;
  }

  /** The highest version below every open transaction: no token passes it. */
  get bound(): number {
    let bound = this.version;
    for (const { firstVersion } of this.transactions)
      if (firstVersion !== null) bound = Math.min(bound, firstVersion - 1);
    return bound;
  }

  nextVersion(): number {
    const { reserved } = this;
    this.reserved = null;
    return reserved ?? ++this.version;
  }

  withReserved(version: number, change: () => void): void {
    this.reserved = version;
    try {
      change();
    } finally {
      this.reserved = null;
    }
  }

  assertFree(id: string): void {
    for (const transaction of this.transactions) if (transaction.holds(id)) throw rowLocked();
  }

  put(table: Table, row: Row): void {
    table.put(row);
    for (const observer of this.observers) observer.rowWritten?.(table, row);
  }

  /** Gives the version of the deletion, which names the group of what goes along with it. */
  remove(table: Table, row: Row, group: number | null, author: Author): number {
    const version = this.nextVersion();
    const at = this.nowSeconds();
    const deletion = { version, id: row.self.id, at };
    const binned = { row, version, group: group ?? version };
    table.remove(binned, deletion, at - this.retentionSeconds());
    for (const observer of this.observers) observer.rowRemoved?.(table, deletion, binned);
    this.announce('Delete', table, { ...row, version }, new Set(), author);
    return version;
  }

  announce(message: Message, { definition }: Table, row: Row, changed: ReadonlySet<string>, author: Author): void {
    // An intersect's rows have no messages of their own: Associate and Disassociate speak for them.
    if (definition.isIntersect) return;
    this.tell({ ...this.frame(message, row, author), row, changed });
  }

  announceLink(
    message: 'Associate' | 'Disassociate',
    relationship: ManyToManyDefinition,
    row: Row,
    related: readonly Reference[],
    author: Author,
  ): void {
    this.tell({ ...this.frame(message, row, author), row, changed: new Set(), relationship, related });
  }

  private frame(message: Message, { self, version }: Row, { caller, depth }: Author) {
    return { message, entity: self.entity, id: self.id, version, depth, caller, atSeconds: this.nowSeconds() };
  }

  private tell(change: Change): void {
    for (const observer of this.observers) observer.changed?.(change);
  }
}
