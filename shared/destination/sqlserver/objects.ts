import { columnsOfNewTable } from '../../dataverse/columns.ts';
import type { EntityMetadata } from '../../dataverse/metadata.ts';
import { METADATA_TABLES } from '../metadata-tables.ts';
import { createDeleteLog, createEntityIdType, createEntityTable, createEntityType } from './ddl.ts';
import { listOf, type ObjectName, type ObjectNames } from './dialect.ts';
import { createListType, createMetadataTable, createUpsertProcedure } from './metadata-tables.ts';

/** An object of a profile, and the one statement that makes it: a batch of its own. */
export interface DatabaseObject extends ObjectName {
  readonly kind: 'table' | 'type' | 'procedure';
  readonly statement: string;
}

/** What the original makes when a profile is activated, in the order of making it: procedures come after their types. */
export function profileObjects(names: ObjectNames, options: { readonly deleteLog: boolean }): DatabaseObject[] {
  const { metadata, deleteLog } = names;
  const lists = METADATA_TABLES.filter((kind) => listOf(kind) === kind);
  return [
    ...METADATA_TABLES.map((kind) => object('table', metadata[kind].table, createMetadataTable(kind, metadata[kind]))),
    ...(options.deleteLog ? [object('table', deleteLog, createDeleteLog(deleteLog))] : []),
    ...lists.map((kind) => object('type', metadata[kind].list, createListType(kind, metadata[kind]))),
    ...METADATA_TABLES.map((kind) =>
      object('procedure', metadata[kind].procedure, createUpsertProcedure(kind, metadata[kind])),
    ),
  ];
}

/** What an entity adds. No procedure depends on its types: the published script that removes one entity drops none. */
export function entityObjects(names: ObjectNames, entity: EntityMetadata): DatabaseObject[] {
  const { logicalName } = entity;
  const columns = columnsOfNewTable(entity);
  const [table, type, idType] = [
    names.entity(logicalName),
    names.entityType(logicalName),
    names.entityIdType(logicalName),
  ];
  return [
    object('table', table, createEntityTable(table, columns)),
    object('type', type, createEntityType(type, columns)),
    object('type', idType, createEntityIdType(idType)),
  ];
}

function object(kind: DatabaseObject['kind'], name: ObjectName, statement: string): DatabaseObject {
  return { kind, ...name, statement };
}
