import type { Catalog } from './catalog.ts';
import type { ManyToManyDefinition } from './definitions.ts';
import { duplicateKey } from './errors.ts';
import type { Author, Pipeline } from './pipeline.ts';
import type { Reference, Row } from './row.ts';
import type { Surroundings } from './row-writer.ts';
import type { Table } from './table.ts';

/** The rows of an intersect: one for each link. */
export class Links {
  private readonly pipeline: Pipeline;
  private readonly catalog: Catalog;
  private readonly newId: () => string;

  constructor(catalog: Catalog, pipeline: Pipeline, newId: () => string) {
    this.catalog = catalog;
    this.pipeline = pipeline;
    this.newId = newId;
  }

  /** Throws a DataverseError, and links nothing, when one of the links exists. */
  add(
    relationship: ManyToManyDefinition,
    target: Row,
    related: readonly Reference[],
    author: Author,
    surroundings: Surroundings,
  ) {
    const table = this.catalog.table(relationship.intersectEntity);
    const pairs = related.map((one) => keysOf(relationship, target.self, one));
    for (const pair of pairs) if (this.find(table, relationship, pair)) throw duplicateKey();
    for (const [first, second] of pairs) {
      const values = { [relationship.entity1Attribute]: first, [relationship.entity2Attribute]: second };
      const { cells } = this.catalog.writerOf(table).create(values, surroundings);
      const self = { entity: relationship.intersectEntity, id: this.newId() };
      this.pipeline.put(table, { self, version: this.pipeline.nextVersion(), cells });
    }
    this.pipeline.announceLink('Associate', relationship, target, related, author);
  }

  /** A link that does not exist is no error, as in the real service. */
  remove(relationship: ManyToManyDefinition, target: Row, related: readonly Reference[], author: Author): void {
    const table = this.catalog.table(relationship.intersectEntity);
    const links = related.flatMap(
      (one) => this.find(table, relationship, keysOf(relationship, target.self, one)) ?? [],
    );
    for (const { self } of links) this.pipeline.assertFree(self.id);
    for (const link of links) this.pipeline.remove(table, link, null, { ...author, depth: 2 });
    if (links.length > 0) this.pipeline.announceLink('Disassociate', relationship, target, related, author);
  }

  private find(table: Table, relationship: ManyToManyDefinition, [first, second]: [string, string]): Row | undefined {
    for (const id of table.referringTo(relationship.entity1Attribute, first)) {
      const row = table.rows.get(id) as Row;
      if (table.cell(row, relationship.entity2Attribute) === second) return row;
    }
    return undefined;
  }
}

/** The keys of a link in the order of the relationship's entities; a table related to itself takes the asked side first. */
function keysOf(relationship: ManyToManyDefinition, asked: Reference, other: Reference): [string, string] {
  return asked.entity === relationship.entity1 ? [asked.id, other.id] : [other.id, asked.id];
}
