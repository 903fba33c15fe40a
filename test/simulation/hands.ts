import { pick } from '../../local/dataverse/model/random.ts';
import type { MemoryRow, MemoryTable } from '../../shared/destination/memory/database.ts';
import { idsOf } from './changes.ts';
import { AREA } from './checks.ts';
import { WRITTEN, type Written } from './definitions.ts';
import type { Scene } from './scene.ts';

/** People who write into a destination: nothing knows of it until it is compared with the organization. */
export class Hands {
  readonly #scene: Scene;

  constructor(scene: Scene) {
    this.#scene = scene;
  }

  /** Changes a row, takes one away or adds one. */
  tamper(databases: readonly string[]): void {
    const { random, world, trace } = this.#scene;
    const name = pick(random, databases);
    const entity = pick(random, WRITTEN);
    const { tables } = world.database(name).area(AREA);
    const table = tables.get(entity);
    const row = pick(random, [...(table?.rows.values() ?? [])]);
    if (!table || !row) return;
    const rows = new Map(table.rows);
    trace.note(`by hand in ${name}.${entity}: ${this.#change(entity, rows, row)}`);
    // Another table for the witness, who has seen nothing of it.
    tables.set(entity, { columns: table.columns, rows } satisfies MemoryTable);
    this.#scene.disturbed = true;
  }

  #change(entity: Written, rows: Map<string, MemoryRow>, row: MemoryRow): string {
    const { random } = this.#scene;
    const drawn = random();
    const free = idsOf(entity).find((id) => !rows.has(id));
    if (drawn < 0.3 && free !== undefined) {
      const cells = { ...row.cells, [`${entity}id`]: free, name: 'by hand', versionnumber: '0' };
      rows.set(free, { ...row, id: free, cells });
      return `${free} added`;
    }
    if (drawn < 0.6) rows.delete(row.id);
    else rows.set(row.id, { ...row, cells: { ...row.cells, name: 'by hand' } });
    return `${row.id} ${drawn < 0.6 ? 'removed' : 'changed'}`;
  }
}
