import type { Organization } from '../../local/dataverse/model/organization.ts';
import type { MemoryDatabase } from '../../shared/destination/memory/database.ts';

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

  constructor(organization: Organization) {
    organization.observe({
      rowRemoved: (table, { id, version }) => {
        const key = `${table.definition.logicalName}/${id}`;
        this.#deletions.set(key, [...(this.#deletions.get(key) ?? []), version]);
      },
    });
  }

  look(name: string, database: MemoryDatabase, entity: string): void {
    const key = `${name}/${entity}`;
    const { rows: before, buried } = this.#seen.get(key) ?? {
      rows: new Map<string, number>(),
      buried: new Map<string, number>(),
    };
    const rows = this.#incarnations(database, entity);
    for (const [id, incarnation] of before) {
      const dead = incarnation < this.#deletionsOf(entity, id).length;
      if (!rows.has(id) && dead) buried.set(id, incarnation);
    }
    for (const [id, incarnation] of rows) {
      if (incarnation <= (buried.get(id) ?? -1)) throw new Error(`${key}: the deleted row ${id} came back`);
    }
    this.#seen.set(key, { rows, buried });
  }

  /** The database was restored: what it had removed since is unknown to it. */
  forget(name: string): void {
    for (const key of [...this.#seen.keys()].filter((known) => known.startsWith(`${name}/`))) this.#seen.delete(key);
  }

  #incarnations(database: MemoryDatabase, entity: string): Map<string, number> {
    const table = database.area({ schema: 'dbo', prefix: '' }).tables.get(entity);
    const rows = [...(table?.rows.values() ?? [])];
    return new Map(
      rows.map(({ id, cells }) => [
        id,
        this.#deletionsOf(entity, id).filter((version) => version < Number(cells.versionnumber)).length,
      ]),
    );
  }

  #deletionsOf(entity: string, id: string): readonly number[] {
    return this.#deletions.get(`${entity}/${id}`) ?? [];
  }
}
