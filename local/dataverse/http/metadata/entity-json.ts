import { type EntityDefinition, isCustomName } from '../../model/definitions.ts';
import { manyToManyOf, oneToManyOf } from '../../model/metadata.ts';
import { idFromName } from '../../model/name-id.ts';
import type { Organization } from '../../model/organization.ts';
import { navigationOf } from '../navigation.ts';
import { labelJson, managed } from './labels.ts';

type Json = Record<string, unknown>;

/** The keys of a table's definition; what a long form brought along is given back as it came. */
export function entityJson(definition: EntityDefinition): Json {
  const { metadataId, logicalName, schemaName, displayName } = definition;
  const isCustom = isCustomName(logicalName);
  const label = labelJson([{ languageCode: 1033, text: displayName }], metadataId);
  return {
    MetadataId: metadataId,
    HasChanged: null,
    ActivityTypeMask: definition.isActivity ? 1 : 0,
    AutoRouteToOwnerQueue: false,
    CanTriggerWorkflow: true,
    DataProviderId: null,
    DataSourceId: null,
    DaysSinceRecordLastModified: 0,
    EntitySetName: definition.entitySetName,
    ExternalCollectionName: null,
    ExternalName: null,
    IsActivity: definition.isActivity,
    IsActivityParty: logicalName === 'activityparty',
    IsAvailableOffline: true,
    IsBusinessProcessEnabled: false,
    IsChildEntity: false,
    IsCustomEntity: isCustom,
    IsEnabledForCharts: true,
    IsImportable: true,
    IsIntersect: definition.isIntersect,
    IsLogicalEntity: false,
    IsManaged: !isCustom,
    IsPrivate: false,
    IsStateModelAware: definition.attributes.some(({ type }) => type === 'StateType'),
    IsValidForAdvancedFind: !definition.isIntersect,
    LogicalCollectionName: definition.entitySetName,
    LogicalName: logicalName,
    ObjectTypeCode: definition.objectTypeCode,
    OwnershipType: definition.ownershipType,
    PrimaryIdAttribute: definition.primaryIdAttribute,
    PrimaryImageAttribute: definition.attributes.find(({ type }) => type === 'ImageType')?.logicalName ?? null,
    PrimaryNameAttribute: definition.primaryNameAttribute,
    SchemaName: schemaName,
    TableType: 'Standard',
    ChangeTrackingEnabled: definition.changeTrackingEnabled,
    CanChangeTrackingBeEnabled: managed(definition.changeTrackingEnabled, 'canchangetrackingbeenabled'),
    CreatedOn: '2022-09-01T16:13:40Z',
    ModifiedOn: '2022-09-01T16:13:40Z',
    DisplayName: label,
    DisplayCollectionName: label,
    Description: labelJson([], metadataId),
    Privileges: [],
    Settings: [],
    ...definition.extra,
  };
}

export function manyToManyJson(organization: Organization, definition: EntityDefinition): Json[] {
  return manyToManyOf(organization, definition).map((relationship) => ({
    MetadataId: idFromName(`relationship ${relationship.schemaName}`),
    HasChanged: null,
    IsCustomRelationship: false,
    IsValidForAdvancedFind: true,
    SchemaName: relationship.schemaName,
    SecurityTypes: 'None',
    IsManaged: true,
    RelationshipType: 'ManyToManyRelationship',
    IntroducedVersion: '5.0.0.0',
    Entity1LogicalName: relationship.entity1,
    Entity2LogicalName: relationship.entity2,
    IntersectEntityName: relationship.intersectEntity,
    Entity1IntersectAttribute: relationship.entity1Attribute,
    Entity2IntersectAttribute: relationship.entity2Attribute,
    Entity1NavigationPropertyName: relationship.schemaName,
    Entity2NavigationPropertyName: relationship.schemaName,
  }));
}

export function manyToOneJson(organization: Organization, definition: EntityDefinition): Json[] {
  return definition.manyToOne.map((one) =>
    relationshipJson(organization, { ...one, referencingEntity: definition.logicalName }, definition),
  );
}

export function oneToManyJson(organization: Organization, definition: EntityDefinition): Json[] {
  return oneToManyOf(organization, definition).map((one) =>
    relationshipJson(organization, one, organization.table(one.referencingEntity).definition),
  );
}

interface Relationship {
  readonly schemaName: string;
  readonly referencingAttribute: string;
  readonly referencingEntity: string;
  readonly referencedEntity: string;
  readonly onDelete: string;
}

function relationshipJson(organization: Organization, one: Relationship, referencing: EntityDefinition): Json {
  const referenced = organization.findTable(one.referencedEntity)?.definition;
  const attribute = referencing.attributes.find(({ logicalName }) => logicalName === one.referencingAttribute);
  return {
    MetadataId: idFromName(`relationship ${one.schemaName}`),
    HasChanged: null,
    IsCustomRelationship: isCustomName(one.schemaName.toLowerCase()),
    IsValidForAdvancedFind: true,
    SchemaName: one.schemaName,
    SecurityTypes: 'Append',
    IsManaged: true,
    RelationshipType: 'OneToManyRelationship',
    IntroducedVersion: '5.0.0.0',
    ReferencedAttribute: referenced?.primaryIdAttribute ?? `${one.referencedEntity}id`,
    ReferencedEntity: one.referencedEntity,
    ReferencingAttribute: one.referencingAttribute,
    ReferencingEntity: one.referencingEntity,
    IsHierarchical: false,
    ReferencedEntityNavigationPropertyName: one.schemaName,
    ReferencingEntityNavigationPropertyName: attribute
      ? navigationOf(referencing, attribute, one.referencedEntity)
      : one.referencingAttribute,
    CascadeConfiguration: {
      Assign: 'NoCascade',
      Delete: one.onDelete,
      Archive: 'NoCascade',
      Merge: 'NoCascade',
      Reparent: 'NoCascade',
      Share: 'NoCascade',
      Unshare: 'NoCascade',
      RollupView: 'NoCascade',
    },
  };
}
