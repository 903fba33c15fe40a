import type { EntityDefinition, ManyToManyDefinition } from './definitions.ts';
import { type Dependency, dependenciesOf } from './deletion-plan.ts';
import { entityNotFound, invalidValue } from './errors.ts';
import { intersectDefinition } from './read-definition.ts';
import { RowWriter } from './row-writer.ts';
import { Table } from './table.ts';

/** Metadata versions begin high, as in an organization that has lived. */
const FIRST_METADATA_VERSION = 6_000_000;

/** The tables of an organization, and what follows from their definitions. */
export class Catalog {
  metadataVersion = FIRST_METADATA_VERSION;
  private readonly tables = new Map<string, Table>();
  private readonly writers = new Map<string, RowWriter>();
  private readonly dependencies = new Map<string, readonly Dependency[]>();

  /** Defines tables or replaces their definitions, and the intersects that both sides now allow. Gives what changed. */
  define(definitions: readonly EntityDefinition[]): { table: Table; isNew: boolean }[] {
    const defined = definitions.map((definition) => this.defineOne(definition));
    for (const { definition } of this.all())
      for (const relationship of definition.manyToMany)
        if (this.lacksIntersect(relationship)) defined.push(this.defineOne(intersectDefinition(relationship)));
    this.dependencies.clear();
    return defined;
  }

  table(entity: string): Table {
    const table = this.tables.get(entity);
    if (!table) throw entityNotFound(entity);
    return table;
  }

  find(entity: string): Table | undefined {
    return this.tables.get(entity);
  }

  all(): readonly Table[] {
    return [...this.tables.values()];
  }

  /** Takes a table away, with its rows. */
  remove(entity: string): void {
    this.table(entity);
    this.tables.delete(entity);
    this.writers.delete(entity);
    this.dependencies.clear();
    this.metadataVersion++;
  }

  /** The many-to-many relationship of this schema name. */
  manyToMany(schemaName: string): ManyToManyDefinition {
    for (const { definition } of this.tables.values())
      for (const relationship of definition.manyToMany) if (relationship.schemaName === schemaName) return relationship;
    throw invalidValue(`There is no many-to-many relationship ${schemaName}.`);
  }

  writerOf(table: Table): RowWriter {
    const { logicalName } = table.definition;
    let writer = this.writers.get(logicalName);
    if (!writer) {
      writer = new RowWriter(table);
      this.writers.set(logicalName, writer);
    }
    return writer;
  }

  dependenciesOf(entity: string): readonly Dependency[] {
    let dependencies = this.dependencies.get(entity);
    if (!dependencies) {
      dependencies = dependenciesOf(this.table(entity).definition, this.tables.values());
      this.dependencies.set(entity, dependencies);
    }
    return dependencies;
  }

  replace(tables: Iterable<Table>, metadataVersion: number): void {
    this.tables.clear();
    this.writers.clear();
    this.dependencies.clear();
    for (const table of tables) this.tables.set(table.definition.logicalName, table);
    this.metadataVersion = metadataVersion;
  }

  private defineOne(definition: EntityDefinition): { table: Table; isNew: boolean } {
    const { logicalName } = definition;
    const known = this.tables.get(logicalName);
    this.metadataVersion++;
    this.writers.delete(logicalName);
    if (known) known.redefine(definition);
    const table = known ?? new Table(definition);
    this.tables.set(logicalName, table);
    return { table, isNew: !known };
  }

  private lacksIntersect({ entity1, entity2, intersectEntity }: ManyToManyDefinition): boolean {
    return this.tables.has(entity1) && this.tables.has(entity2) && !this.tables.has(intersectEntity);
  }
}
