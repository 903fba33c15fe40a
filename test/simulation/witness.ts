import type { Organization } from '../../local/dataverse/model/organization.ts';
import type { MemoryDatabase } from '../../shared/destination/memory/database.ts';
import { EXPORTED } from './changes.ts';
import { AREA, type Finding } from './checks.ts';
import type { Trace } from './trace.ts';

/** What the destinations of a simulation say of a record that they refuse. */
export const REFUSED = 'refused';

interface Seen {
  /** Incarnation of each row in the table. */
  readonly rows: ReadonlyMap<string, number>;
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
  #finding: Finding | null = null;

  constructor(trace: Trace) {
    this.#trace = trace;
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

  /** Called after each transaction that wrote. */
  look(name: string, database: MemoryDatabase): void {
    for (const entity of EXPORTED) this.#lookAt(name, database, entity);
    this.#lookAtRetries(name, database);
  }

  /** The database was restored: what it had removed since is unknown to it. */
  forget(name: string): void {
    for (const entity of EXPORTED) this.#seen.delete(`${name}/${entity}`);
  }

  /** Whatever else goes wrong with a destination, no record is taken for bad that it did not refuse. */
  #lookAtRetries(name: string, database: MemoryDatabase): void {
    for (const { entity, id, reason } of database.area(AREA).own?.retries.values() ?? []) {
      if (reason === REFUSED) continue;
      this.#tell('only bad records fail', `${name}.${entity} ${id}: ${reason}`);
    }
  }

  #lookAt(name: string, database: MemoryDatabase, entity: string): void {
    const key = `${name}/${entity}`;
    const { rows: before, buried } = this.#seen.get(key) ?? {
      rows: new Map<string, number>(),
      buried: new Map<string, number>(),
    };
    const rows = this.#incarnations(database, entity);
    for (const [id, incarnation] of before) {
      const dead = incarnation < this.#deletionsOf(entity, id).length;
      if (!rows.has(id) && dead) buried.set(id, incarnation);
      if (!rows.has(id) && !dead) this.#tell('no live row leaves', `the row ${id} of ${key} lives and left`);
    }
    for (const [id, incarnation] of rows) {
      if (incarnation <= (buried.get(id) ?? -1))
        this.#tell('no resurrection', `the deleted row ${id} of ${key} came back`);
    }
    this.#seen.set(key, { rows, buried });
  }

  #tell(check: string, text: string): void {
    if (this.#finding) return;
    this.#finding = { check, text };
    this.#trace.note(`BROKEN: ${check}: ${text}`);
  }

  #incarnations(database: MemoryDatabase, entity: string): Map<string, number> {
    const table = database.area(AREA).tables.get(entity);
    const incarnations = new Map<string, number>();
    for (const { id, cells } of table?.rows.values() ?? []) {
      const version = Number(cells.versionnumber);
      incarnations.set(id, this.#deletionsOf(entity, id).filter((deletion) => deletion < version).length);
    }
    return incarnations;
  }

  #deletionsOf(entity: string, id: string): readonly number[] {
    return this.#deletions.get(`${entity}/${id}`) ?? [];
  }
}
