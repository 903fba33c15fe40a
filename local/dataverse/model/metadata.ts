import { inColumnOrder } from '../../../shared/dataverse/columns.ts';
import type { Attribute, EntityMetadata, Option } from '../../../shared/dataverse/metadata.ts';
import {
  type AttributeDefinition,
  type DeleteBehavior,
  type EntityDefinition,
  isSelectable,
  type OptionDefinition,
} from './definitions.ts';
import type { Organization } from './organization.ts';
import type { Table } from './table.ts';

/** What definitions and metadata call the same. */
const OPTIONAL = [
  'maxLength',
  'precision',
  'targets',
  'globalOptionSet',
  'format',
  'dateTimeBehavior',
  'sourceType',
  'calculationOf',
  'isLogical',
] as const satisfies readonly (keyof Attribute & keyof AttributeDefinition)[];

export interface ReferringRelationship {
  readonly schemaName: string;
  readonly referencingEntity: string;
  readonly referencingAttribute: string;
  readonly referencedEntity: string;
  readonly onDelete: DeleteBehavior;
}

/** The relationships in which other rows refer to an entity's. Activities own their parties. */
export function oneToManyOf(organization: Organization, entity: EntityDefinition): ReferringRelationship[] {
  return organization.tables().flatMap(({ definition }) =>
    definition.manyToOne.flatMap(({ schemaName, referencedEntity, referencingAttribute, onDelete }) => {
      const viaPointer = entity.isActivity && referencedEntity === 'activitypointer';
      if (referencedEntity !== entity.logicalName && !viaPointer) return [];
      const name = viaPointer ? `${entity.logicalName}_activity_parties` : schemaName;
      const referencingEntity = definition.logicalName;
      return [
        { schemaName: name, referencingEntity, referencingAttribute, referencedEntity: entity.logicalName, onDelete },
      ];
    }),
  );
}

/** The many-to-many relationships an entity takes part in, whichever table's definition lists them. */
export function manyToManyOf(organization: Organization, entity: EntityDefinition) {
  const { logicalName } = entity;
  const all = [entity, ...organization.tables().map(({ definition }) => definition)].flatMap((one) => one.manyToMany);
  const own = all.filter((one) => [one.entity1, one.entity2, one.intersectEntity].includes(logicalName));
  return [...new Map(own.map((one) => [one.schemaName, one])).values()];
}

/** The definition in Freshet's words: what the source port gives. */
export function entityMetadata(organization: Organization, entity: string): EntityMetadata {
  const { definition } = organization.table(entity);
  const { primaryIdAttribute } = definition;
  return {
    logicalName: definition.logicalName,
    schemaName: definition.schemaName,
    displayName: definition.displayName,
    entitySetName: definition.entitySetName,
    objectTypeCode: definition.objectTypeCode,
    primaryIdAttribute,
    primaryNameAttribute: definition.primaryNameAttribute,
    isIntersect: definition.isIntersect,
    isActivity: definition.isActivity,
    changeTracking: definition.changeTrackingEnabled,
    attributes: inColumnOrder(
      definition.attributes.map((attribute) => attributeMetadata(attribute, organization.table(entity))),
    ),
    manyToMany: bySchemaName(manyToManyOf(organization, definition)),
    manyToOne: bySchemaName(definition.manyToOne).map(({ schemaName, referencingAttribute, referencedEntity }) => ({
      schemaName,
      referencingAttribute,
      referencedEntity,
      referencedAttribute:
        organization.findTable(referencedEntity)?.definition.primaryIdAttribute ?? `${referencedEntity}id`,
    })),
    oneToMany: bySchemaName(oneToManyOf(organization, definition)).map(
      ({ schemaName, referencingEntity, onDelete }) => ({
        schemaName,
        referencingEntity,
        onDelete,
      }),
    ),
  };
}

/** Equal definitions are equal, whatever order they were written in. */
function bySchemaName<T extends { readonly schemaName: string }>(relationships: readonly T[]): T[] {
  return relationships.toSorted((a, b) => (a.schemaName < b.schemaName ? -1 : 1));
}

function attributeMetadata(attribute: AttributeDefinition, table: Table): Attribute {
  const { logicalName, schemaName, metadataId, type, attributeOf, options } = attribute;
  const of = attributeOf === null ? undefined : table.attribute(attributeOf);
  const optional = OPTIONAL.filter((key) => attribute[key] !== undefined).map((key) => [key, attribute[key]]);
  return {
    logicalName,
    schemaName,
    metadataId,
    type,
    ...Object.fromEntries(optional),
    ...(options && { options: inToldOrder(type, options).map(optionMetadata) }),
    ...(attributeOf !== null && { attributeOf }),
    ...(!isSelectable(attribute, of) && { isValidODataAttribute: false }),
  };
}

/** Two-options are told as false and true, whatever order they were defined in. */
function inToldOrder(
  type: AttributeDefinition['type'],
  options: readonly OptionDefinition[],
): readonly OptionDefinition[] {
  return type === 'BooleanType' ? options.toSorted((a, b) => a.value - b.value) : options;
}

function optionMetadata({ value, labels, state }: OptionDefinition): Option {
  return { value, labels, ...(state !== undefined && { state }) };
}
