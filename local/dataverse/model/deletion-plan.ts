import type { DeleteBehavior, EntityDefinition } from './definitions.ts';
import { restricted } from './errors.ts';
import type { Row } from './row.ts';
import type { Table } from './table.ts';

/** A way in which rows of `table` hang on the rows of another. */
export interface Dependency {
  readonly table: Table;
  readonly attribute: string;
  readonly onDelete: DeleteBehavior;
}

export interface DeletionPlan {
  /** The row itself first, then what it takes along. */
  readonly remove: readonly { readonly table: Table; readonly row: Row }[];
  readonly clear: readonly { readonly table: Table; readonly id: string; readonly attribute: string }[];
}

/** What hangs on the rows of an entity: by lookups whose relationships act on delete, and the intersects' keys. */
export function dependenciesOf({ logicalName, isActivity }: EntityDefinition, tables: Iterable<Table>): Dependency[] {
  const found = new Map<string, Dependency>();
  for (const table of tables) {
    const { definition } = table;
    for (const { referencedEntity, referencingAttribute: attribute, onDelete } of definition.manyToOne) {
      const points = referencedEntity === logicalName || (isActivity && referencedEntity === 'activitypointer');
      if (points && onDelete !== 'NoCascade')
        found.set(`${definition.logicalName}.${attribute}`, { table, attribute, onDelete });
    }
    if (!definition.isIntersect) continue;
    for (const { entity1, entity1Attribute, entity2, entity2Attribute } of definition.manyToMany)
      for (const [entity, attribute] of [
        [entity1, entity1Attribute],
        [entity2, entity2Attribute],
      ] as const)
        if (entity === logicalName)
          found.set(`${definition.logicalName}.${attribute}`, { table, attribute, onDelete: 'Cascade' });
  }
  return [...found.values()];
}

/** Finds all that a delete reaches, before anything is changed. Throws a DataverseError when a relationship restricts it. */
export function planDeletion(
  table: Table,
  row: Row,
  dependencies: (entity: string) => readonly Dependency[],
): DeletionPlan {
  const remove = [{ table, row }];
  const clear: { table: Table; id: string; attribute: string }[] = [];
  const doomed = new Set([row.self.id]);
  for (let at = 0; at < remove.length; at++) {
    const { table: parents, row: parent } = remove[at] as { table: Table; row: Row };
    for (const { table: children, attribute, onDelete } of dependencies(parents.definition.logicalName))
      for (const id of children.referringTo(attribute, parent.self.id)) {
        const child = children.rows.get(id);
        if (!child || doomed.has(id)) continue;
        if (onDelete === 'Restrict') throw restricted(restrictedText(parents, children));
        if (onDelete === 'Cascade') {
          doomed.add(id);
          remove.push({ table: children, row: child });
        } else clear.push({ table: children, id, attribute });
      }
  }
  return { remove, clear: clear.filter(({ id }) => !doomed.has(id)) };
}

function restrictedText(parents: Table, children: Table): string {
  return `The object you tried to delete is associated with another object and cannot be deleted: a row of ${children.definition.logicalName} refers to this ${parents.definition.logicalName}.`;
}
