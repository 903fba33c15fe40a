import type { Organization } from '../../local/dataverse/model/organization.ts';
import type { Column } from '../../shared/dataverse/columns.ts';
import type { MemoryDatabase, MemoryRow, MemoryTable } from '../../shared/destination/memory/database.ts';
import { AREA, type Finding } from './checks.ts';
import { EXPORTED } from './definitions.ts';
import type { Standstill } from './standstill.ts';
import type { Trace } from './trace.ts';

/** What the destinations of a simulation say of a record that they refuse. */
export const REFUSED = 'refused';

interface Seen {
  /** Restored or touched by hands, it is another one, of which nothing was seen. */
  readonly table: MemoryTable;
  readonly columns: ReadonlyMap<string, Column>;
  readonly rows: ReadonlyMap<string, MemoryRow>;
  /** Incarnation of each row in the table. */
  readonly incarnations: ReadonlyMap<string, number>;
  /** The last incarnation of an id that was dead in the organization when it left the table. */
  readonly buried: Map<string, number>;
}

/**
 * Watches tables and tells when a deleted row comes back, at whatever moment. An id lives as often as it is created: a row made
 * again is another incarnation, and no resurrection.
 */
export class Witness {
  readonly #seen = new Map<string, Seen>();
  /** Versions of the deletions of each entity and id, in their order. */
  readonly #deletions = new Map<string, number[]>();
  readonly #trace: Trace;
  readonly #standstill: Standstill;
  #finding: Finding | null = null;

  constructor(trace: Trace, standstill: Standstill) {
    this.#trace = trace;
    this.#standstill = standstill;
  }

  /** The first promise that was seen broken. */
  get finding(): Finding | null {
    return this.#finding;
  }

  watch(organization: Organization): void {
    organization.observe({
      rowRemoved: (table, { id, version }) => {
        const key = `${table.definition.logicalName}/${id}`;
        const deletions = this.#deletions.get(key);
        if (deletions) deletions.push(version);
        else this.#deletions.set(key, [version]);
      },
    });
  }

  /** Called after each transaction that wrote, with the number of the worker whose it was. */
  look(name: string, database: MemoryDatabase, worker: number): void {
    for (const entity of EXPORTED) this.#lookAt(name, database, entity, worker);
    this.#lookAtRetries(name, database);
  }

  tell(check: string, text: string): void {
    if (this.#finding) return;
    this.#finding = { check, text };
    this.#trace.note(`BROKEN: ${check}: ${text}`);
  }

  /** Whatever else goes wrong with a destination, no record is taken for bad that it did not refuse. */
  #lookAtRetries(name: string, database: MemoryDatabase): void {
    for (const { entity, id, reason } of database.area(AREA).own?.retries.values() ?? []) {
      if (reason === REFUSED) continue;
      this.tell('only bad records fail', `${name}.${entity} ${id}: ${reason}`);
    }
  }

  #lookAt(name: string, database: MemoryDatabase, entity: string, worker: number): void {
    const key = `${name}/${entity}`;
    const table = database.area(AREA).tables.get(entity);
    if (!table) return void this.#seen.delete(key);
    const incarnations = this.#incarnations(table, entity);
    const seen = this.#seen.get(key);
    const before = seen?.table === table ? seen : null;
    const buried = before?.buried ?? new Map<string, number>();
    if (before) {
      this.#lookForLost(key, entity, before, incarnations);
      this.#lookForAside(key, before, table);
      if (!this.#standstill.allows(name, entity, worker) && !sameRows(before.rows, table.rows))
        this.tell('what stands still is left alone', `${key} was written to`);
    }
    for (const [id, incarnation] of incarnations) {
      if (incarnation <= (buried.get(id) ?? -1))
        this.tell('no resurrection', `the deleted row ${id} of ${key} came back`);
    }
    const [columns, rows] = [new Map(table.columns), new Map(table.rows)];
    this.#seen.set(key, { table, columns, rows, incarnations, buried });
  }

  #lookForLost(key: string, entity: string, { incarnations, buried }: Seen, now: ReadonlyMap<string, number>): void {
    for (const [id, incarnation] of incarnations) {
      if (now.has(id)) continue;
      const dead = incarnation < this.#deletionsOf(entity, id).length;
      if (dead) buried.set(id, incarnation);
      else this.tell('no live row leaves', `the row ${id} of ${key} lives and left`);
    }
  }

  /** A column of another type gets a new place, and what it held stays beside it. */
  #lookForAside(key: string, before: Seen, table: MemoryTable): void {
    for (const [name, { type }] of before.columns) {
      const isAside = name.includes('_was');
      if (!isAside && table.columns.get(name)?.type === type) continue;
      const places = isAside ? [name] : [...table.columns.keys()].filter((one) => one.startsWith(`${name}_was`));
      for (const [id, row] of before.rows) {
        const held = row.cells[name] ?? null;
        const now = table.rows.get(id)?.cells;
        if (held !== null && now && !places.some((place) => now[place] === held))
          this.tell('what is set aside stays', `${name} of ${key} ${id} was ${held}`);
      }
    }
  }

  #incarnations(table: MemoryTable, entity: string): Map<string, number> {
    const incarnations = new Map<string, number>();
    for (const { id, cells } of table.rows.values()) {
      const version = Number(cells.versionnumber);
      incarnations.set(id, this.#deletionsOf(entity, id).filter((deletion) => deletion < version).length);
    }
    return incarnations;
  }

  #deletionsOf(entity: string, id: string): readonly number[] {
    return this.#deletions.get(`${entity}/${id}`) ?? [];
  }
}

function sameRows(before: ReadonlyMap<string, MemoryRow>, now: ReadonlyMap<string, MemoryRow>): boolean {
  return before.size === now.size && [...now].every(([id, row]) => before.get(id) === row);
}
