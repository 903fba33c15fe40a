import type {
  AttributeDefinition,
  DeleteBehavior,
  EntityDefinition,
  ManyToManyDefinition,
  ManyToOneDefinition,
} from './definitions.ts';
import { defaultDeleteBehavior } from './delete-behavior.ts';
import { invalidValue } from './errors.ts';
import { asList, asRecord, type Json, labelsOf, optionalText, textOf, unwrapped } from './json.ts';
import { idFromName } from './name-id.ts';
import { readAttribute, withDerived } from './read-attribute.ts';

/** Type codes that are the same in every organization. */
const TYPE_CODES: Readonly<Record<string, number>> = {
  account: 1,
  contact: 2,
  opportunity: 3,
  lead: 4,
  systemuser: 8,
  businessunit: 10,
  contactleads: 22,
  activityparty: 135,
  organization: 1019,
  phonecall: 4210,
  serviceendpoint: 4618,
  sdkmessage: 4606,
  sdkmessagefilter: 4607,
  sdkmessageprocessingstep: 4608,
  transactioncurrency: 9105,
};
const CUSTOM_TYPE_CODES_FROM = 10_000;

/** Keys that the model reads; all others of a long form are kept as they are. */
const KNOWN_KEYS = new Set(
  `MetadataId LogicalName SchemaName EntitySetName LogicalCollectionName CollectionSchemaName ObjectTypeCode
  PrimaryIdAttribute PrimaryNameAttribute OwnershipType IsActivity IsIntersect ChangeTrackingEnabled DisplayName Attributes
  ManyToOne ManyToMany OneToMany ManyToOneRelationships ManyToManyRelationships OneToManyRelationships`.split(/\s+/),
);

/**
 * Reads a table's definition, in the compact form of local/dataverse/entities or in the Web API's own long form (with
 * `Attributes` and relationships expanded into it). Throws a DataverseError that names what is missing.
 */
export function readDefinition(source: unknown): EntityDefinition {
  const json = asRecord(source, 'a table definition');
  const logicalName = textOf(json, 'LogicalName').toLowerCase();
  const attributes = asList(json.Attributes).map((attribute) => readAttribute(logicalName, attribute));
  const manyToMany = asList(json.ManyToMany ?? json.ManyToManyRelationships).map(readManyToMany);
  const primaryIdAttribute = optionalText(json, 'PrimaryIdAttribute') ?? `${logicalName}id`;
  if (!attributes.some((attribute) => attribute.logicalName === primaryIdAttribute))
    throw invalidValue(`The definition of ${logicalName} lacks its primary key ${primaryIdAttribute}.`);
  return {
    metadataId: optionalText(json, 'MetadataId') ?? idFromName(`entity ${logicalName}`),
    logicalName,
    schemaName: optionalText(json, 'SchemaName') ?? logicalName,
    entitySetName:
      optionalText(json, 'EntitySetName') ?? optionalText(json, 'LogicalCollectionName') ?? `${logicalName}s`,
    objectTypeCode: typeCodeOf(json, logicalName),
    primaryIdAttribute,
    primaryNameAttribute: optionalText(json, 'PrimaryNameAttribute'),
    ownershipType: optionalText(json, 'OwnershipType') ?? 'UserOwned',
    displayName: labelsOf(json.DisplayName)[0]?.text ?? optionalText(json, 'SchemaName') ?? logicalName,
    isIntersect: flag(json, 'IsIntersect') ?? manyToMany.some(({ intersectEntity }) => intersectEntity === logicalName),
    isActivity: flag(json, 'IsActivity') ?? primaryIdAttribute === 'activityid',
    changeTrackingEnabled: flag(json, 'ChangeTrackingEnabled') ?? true,
    attributes: withDerived(attributes),
    manyToOne: readManyToOnes(logicalName, json, attributes),
    manyToMany,
    extra: Object.fromEntries(Object.entries(json).filter(([key]) => !KNOWN_KEYS.has(key) && !key.startsWith('@'))),
  };
}

function typeCodeOf(json: Json, logicalName: string): number {
  if (typeof json.ObjectTypeCode === 'number') return json.ObjectTypeCode;
  const named = Number.parseInt(idFromName(`type code ${logicalName}`).slice(0, 4), 16);
  return TYPE_CODES[logicalName] ?? CUSTOM_TYPE_CODES_FROM + named;
}

function flag(json: Json, key: string): boolean | null {
  const value = unwrapped(json[key]);
  return typeof value === 'boolean' ? value : null;
}

function readManyToOnes(child: string, json: Json, attributes: readonly AttributeDefinition[]): ManyToOneDefinition[] {
  const given = asList(json.ManyToOne ?? json.ManyToOneRelationships).map((source) => readManyToOne(child, source));
  const named = new Set(given.map((one) => `${one.referencingAttribute} ${one.referencedEntity}`));
  // A lookup whose relationship nobody listed still has one.
  const implied = attributes.flatMap(({ logicalName, targets }) =>
    (targets ?? [])
      .filter((target) => !named.has(`${logicalName} ${target}`))
      .map((target) => manyToOne(child, `${child}_${logicalName}_${target}`, logicalName, target)),
  );
  return [...given, ...implied];
}

function readManyToOne(child: string, source: unknown): ManyToOneDefinition {
  const json = asRecord(source, 'a relationship');
  const cascade = json.CascadeConfiguration
    ? optionalText(asRecord(json.CascadeConfiguration, 'cascades'), 'Delete')
    : null;
  return manyToOne(
    child,
    textOf(json, 'SchemaName'),
    textOf(json, 'ReferencingAttribute'),
    textOf(json, 'ReferencedEntity'),
    cascade ?? optionalText(json, 'OnDelete'),
  );
}

function manyToOne(
  child: string,
  schemaName: string,
  referencingAttribute: string,
  referencedEntity: string,
  onDelete: string | null = null,
): ManyToOneDefinition {
  const behavior =
    (onDelete as DeleteBehavior | null) ?? defaultDeleteBehavior(child, referencingAttribute, referencedEntity);
  return { schemaName, referencingAttribute, referencedEntity, onDelete: behavior };
}

function readManyToMany(source: unknown): ManyToManyDefinition {
  const json = asRecord(source, 'a many-to-many relationship');
  return {
    schemaName: textOf(json, 'SchemaName'),
    intersectEntity: textOf(json, 'IntersectEntityName'),
    entity1: textOf(json, 'Entity1LogicalName'),
    entity1Attribute: textOf(json, 'Entity1IntersectAttribute'),
    entity2: textOf(json, 'Entity2LogicalName'),
    entity2Attribute: textOf(json, 'Entity2IntersectAttribute'),
  };
}

/** The table behind a many-to-many relationship that nobody defined: its own key, the two keys and the version. */
export function intersectDefinition(relationship: ManyToManyDefinition): EntityDefinition {
  const name = relationship.intersectEntity;
  const key = `${name.replace(/s$/, '')}id`;
  const id = (attribute: string) => ({ LogicalName: attribute, AttributeTypeName: 'UniqueidentifierType' });
  return readDefinition({
    LogicalName: name,
    EntitySetName: `${name}collection`,
    PrimaryIdAttribute: key,
    OwnershipType: 'None',
    IsIntersect: true,
    Attributes: [
      id(key),
      id(relationship.entity1Attribute),
      id(relationship.entity2Attribute),
      {
        LogicalName: 'versionnumber',
        AttributeTypeName: 'BigIntType',
        IsValidForCreate: false,
        IsValidForUpdate: false,
      },
    ],
    ManyToMany: [
      {
        SchemaName: relationship.schemaName,
        IntersectEntityName: name,
        Entity1LogicalName: relationship.entity1,
        Entity1IntersectAttribute: relationship.entity1Attribute,
        Entity2LogicalName: relationship.entity2,
        Entity2IntersectAttribute: relationship.entity2Attribute,
      },
    ],
  });
}
