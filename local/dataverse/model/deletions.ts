import type { Catalog } from './catalog.ts';
import { planDeletion } from './deletion-plan.ts';
import { duplicateKey, rowNotFound } from './errors.ts';
import type { Author, Pipeline } from './pipeline.ts';
import type { Row } from './row.ts';
import type { Table } from './table.ts';

/** Rows that go, with what hangs on them, and come back. */
export class Deletions {
  private readonly catalog: Catalog;
  private readonly pipeline: Pipeline;

  constructor(catalog: Catalog, pipeline: Pipeline) {
    this.catalog = catalog;
    this.pipeline = pipeline;
  }

  /** Deletes the row and all that its relationships take along; clears the links they say to remove. */
  delete(table: Table, row: Row, author: Author): void {
    const plan = planDeletion(table, row, (name) => this.catalog.dependenciesOf(name));
    for (const one of plan.remove) this.pipeline.assertFree(one.row.self.id);
    for (const one of plan.clear) this.pipeline.assertFree(one.id);
    const group = this.pipeline.remove(table, row, null, author);
    for (const one of plan.remove.slice(1)) this.pipeline.remove(one.table, one.row, group, { ...author, depth: 2 });
    for (const { table: children, id: child, attribute } of plan.clear) {
      const linked = children.rows.get(child) as Row;
      const cells = this.catalog.writerOf(children).withoutLink(linked, attribute);
      this.pipeline.put(children, { self: linked.self, version: this.pipeline.nextVersion(), cells });
    }
  }

  /** Brings a deleted row back under its old id, with the rows that were deleted along with it. */
  restore(table: Table, id: string, author: Author): Row {
    const binned = table.bin.get(id);
    if (!binned) throw rowNotFound(table.definition.logicalName, id);
    if (table.rows.has(id)) throw duplicateKey();
    this.pipeline.assertFree(id);
    const row = this.bringBack(table, binned.row, author);
    const others = binned.version === binned.group ? this.catalog.all() : [];
    for (const other of others)
      for (const one of [...other.bin.values()])
        if (one.group === binned.group && !other.rows.has(one.row.self.id))
          this.bringBack(other, one.row, { ...author, depth: 2 });
    return row;
  }

  private bringBack(table: Table, old: Row, author: Author): Row {
    const row = { self: old.self, version: this.pipeline.nextVersion(), cells: old.cells };
    table.bin.delete(old.self.id);
    this.pipeline.put(table, row);
    this.pipeline.announce('Restore', table, row, new Set([table.definition.primaryIdAttribute]), author);
    return row;
  }
}
