import { isExported, isLookup } from '../dataverse/columns.ts';
import type { Attribute, AttributeType, EntityMetadata, Option } from '../dataverse/metadata.ts';

/** What the metadata tables say about one entity (reference: destination-database.md, section 3); the same on every dialect. */
export interface MetadataRows {
  readonly AttributeMetadata: readonly AttributeRow[];
  readonly GlobalOptionSetMetadata: readonly OptionRow[];
  readonly OptionSetMetadata: readonly OptionRow[];
  readonly StateMetadata: readonly StateRow[];
  readonly StatusMetadata: readonly StatusRow[];
  readonly TargetMetadata: readonly TargetRow[];
}

export interface AttributeRow {
  readonly attribute: string;
  readonly type: string;
  readonly typeCode: number;
  readonly metadataId: string | null;
  readonly precision: number | null;
}

interface LabelRow {
  readonly language: number;
  readonly label: string;
}

export interface OptionRow extends LabelRow {
  /** The attribute's logical name, or the name of the global option set. */
  readonly optionSet: string;
  readonly option: number;
}

export interface StateRow extends LabelRow {
  readonly state: number;
}

export interface StatusRow extends StateRow {
  readonly status: number;
}

export interface TargetRow {
  readonly attribute: string;
  readonly entity: string;
  /** The key there, where the relationship is known. */
  readonly key: string | null;
}

/** The public enumeration `AttributeTypeCode`; types without a code of their own count as Virtual. */
const VIRTUAL_CODE = 17;
const TYPE_CODES: Partial<Record<AttributeType, number>> = {
  BooleanType: 0,
  CustomerType: 1,
  DateTimeType: 2,
  DecimalType: 3,
  DoubleType: 4,
  IntegerType: 5,
  LookupType: 6,
  MemoType: 7,
  MoneyType: 8,
  OwnerType: 9,
  PartyListType: 10,
  PicklistType: 11,
  StateType: 12,
  StatusType: 13,
  StringType: 14,
  UniqueidentifierType: 15,
  CalendarRulesType: 16,
  VirtualType: VIRTUAL_CODE,
  BigIntType: 18,
  ManagedPropertyType: 19,
  EntityNameType: 20,
};

export function metadataRows(entity: EntityMetadata): MetadataRows {
  const exported = entity.attributes.filter(isExported);
  const ofType = (type: AttributeType) => exported.filter((attribute) => attribute.type === type);
  const choices = exported.filter(({ type }) => type !== 'StateType' && type !== 'StatusType');
  return {
    AttributeMetadata: exported.map(attributeRow),
    GlobalOptionSetMetadata: choices.flatMap((attribute) =>
      attribute.globalOptionSet ? optionRows(attribute.globalOptionSet, attribute) : [],
    ),
    OptionSetMetadata: choices.flatMap((attribute) =>
      attribute.globalOptionSet ? [] : optionRows(attribute.logicalName, attribute),
    ),
    StateMetadata: ofType('StateType').flatMap((attribute) => labelled(attribute, ({ value }) => ({ state: value }))),
    StatusMetadata: ofType('StatusType').flatMap((attribute) =>
      labelled(attribute, ({ value, state }) => ({ state: state ?? 0, status: value })),
    ),
    TargetMetadata: exported.filter(isLookup).flatMap((attribute) => targetRows(entity, attribute)),
  };
}

function attributeRow({ logicalName, type, metadataId, precision }: Attribute): AttributeRow {
  return {
    attribute: logicalName,
    type: type.replace(/Type$/, ''),
    typeCode: TYPE_CODES[type] ?? VIRTUAL_CODE,
    metadataId,
    precision: precision ?? null,
  };
}

function optionRows(optionSet: string, attribute: Attribute): OptionRow[] {
  return labelled(attribute, ({ value }) => ({ optionSet, option: value }));
}

/** One row per option and language. */
function labelled<Key>(attribute: Attribute, key: (option: Option) => Key): (Key & LabelRow)[] {
  return (attribute.options ?? []).flatMap((option) =>
    option.labels.map(({ languageCode, text }) => ({ ...key(option), language: languageCode, label: text })),
  );
}

function targetRows(entity: EntityMetadata, { logicalName, targets = [] }: Attribute): TargetRow[] {
  const relationships = entity.manyToOne.filter(({ referencingAttribute }) => referencingAttribute === logicalName);
  const entities = new Set([...targets, ...relationships.map(({ referencedEntity }) => referencedEntity)]);
  return [...entities].map((target) => ({
    attribute: logicalName,
    entity: target,
    key: relationships.find(({ referencedEntity }) => referencedEntity === target)?.referencedAttribute ?? null,
  }));
}
