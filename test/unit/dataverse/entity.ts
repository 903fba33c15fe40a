import type { Attribute, EntityMetadata } from '../../../shared/dataverse/metadata.ts';

/** An entity of the given attributes, named by the common rules, for tests. */
export function entityMetadata(
  logicalName: string,
  attributes: readonly Attribute[],
  rest: Partial<EntityMetadata> = {},
): EntityMetadata {
  return {
    logicalName,
    schemaName: logicalName,
    displayName: logicalName,
    entitySetName: `${logicalName}s`,
    objectTypeCode: null,
    primaryIdAttribute: `${logicalName}id`,
    primaryNameAttribute: null,
    isIntersect: false,
    isActivity: false,
    changeTracking: true,
    attributes,
    manyToMany: [],
    manyToOne: [],
    oneToMany: [],
    ...rest,
  };
}

/** An attribute of a type, for tests. */
export function attribute(logicalName: string, type: Attribute['type'], rest: Partial<Attribute> = {}): Attribute {
  return { logicalName, schemaName: logicalName, metadataId: null, type, ...rest };
}
