/** What Freshet keeps of an entity's definition: all that the destination, the reader and the bells need, in Dataverse's words. */
export interface EntityMetadata {
  readonly logicalName: string;
  readonly schemaName: string;
  readonly displayName: string;
  readonly entitySetName: string;
  readonly objectTypeCode: number | null;
  readonly primaryIdAttribute: string;
  readonly primaryNameAttribute: string | null;
  readonly isIntersect: boolean;
  readonly isActivity: boolean;
  readonly changeTracking: boolean;
  /** In the order of their columns (reference: destination-database.md, section 2), also those that no row shows. */
  readonly attributes: readonly Attribute[];
  readonly manyToMany: readonly ManyToMany[];
  readonly manyToOne: readonly ManyToOne[];
  /** Entities that a delete of this one reaches: `Cascade` deletes their rows, `RemoveLink` clears their lookup. */
  readonly oneToMany: readonly OneToMany[];
}

/** An entity as lists show it. */
export interface EntitySummary
  extends Pick<EntityMetadata, 'logicalName' | 'displayName' | 'isIntersect' | 'isActivity' | 'changeTracking'> {
  readonly description: string | null;
  readonly manyToMany: readonly ManyToMany[];
}

export interface Attribute {
  readonly logicalName: string;
  readonly schemaName: string;
  readonly metadataId: string | null;
  /** `AttributeTypeName.Value`, e.g. `StringType`, `MultiSelectPicklistType`: the only name that tells all types apart. */
  readonly type: AttributeType;
  /** String and Memo: UTF-16 units. */
  readonly maxLength?: number;
  /** Decimal, Double, Money: digits after the point. */
  readonly precision?: number;
  readonly targets?: readonly string[];
  readonly options?: readonly Option[];
  /** The global option set's name, when the options are one. */
  readonly globalOptionSet?: string;
  readonly format?: string;
  readonly dateTimeBehavior?: string;
  /** The attribute this derived text belongs to (`ownerid` for `owneridname`). */
  readonly attributeOf?: string;
  /** Rows of the Web API have no such property: the value comes from an annotation of `attributeOf`, or not at all. */
  readonly isValidODataAttribute?: false;
  /** 1 calculated, 2 rollup, 3 formula. */
  readonly sourceType?: number;
  /** Money: the attribute this base-currency value is computed from. */
  readonly calculationOf?: string;
  /** Kept in another table (`address1_*`): changes without a new version. */
  readonly isLogical?: boolean;
}

export type AttributeType =
  | 'BigIntType'
  | 'BooleanType'
  | 'CustomerType'
  | 'DateTimeType'
  | 'DecimalType'
  | 'DoubleType'
  | 'EntityNameType'
  | 'FileType'
  | 'ImageType'
  | 'IntegerType'
  | 'LookupType'
  | 'ManagedPropertyType'
  | 'MemoType'
  | 'MoneyType'
  | 'MultiSelectPicklistType'
  | 'OwnerType'
  | 'PartyListType'
  | 'PicklistType'
  | 'StateType'
  | 'StatusType'
  | 'StringType'
  | 'UniqueidentifierType'
  | 'VirtualType'
  | 'CalendarRulesType';

export interface Option {
  readonly value: number;
  /** Status options: the state they belong to. */
  readonly state?: number;
  readonly labels: readonly Label[];
}

export interface Label {
  readonly languageCode: number;
  readonly text: string;
}

export interface ManyToMany {
  readonly schemaName: string;
  readonly intersectEntity: string;
  readonly entity1: string;
  readonly entity1Attribute: string;
  readonly entity2: string;
  readonly entity2Attribute: string;
}

export interface ManyToOne {
  readonly schemaName: string;
  readonly referencingAttribute: string;
  readonly referencedEntity: string;
  readonly referencedAttribute: string;
}

export interface OneToMany {
  readonly schemaName: string;
  readonly referencingEntity: string;
  readonly onDelete: 'NoCascade' | 'Cascade' | 'Active' | 'UserOwned' | 'RemoveLink' | 'Restrict';
}
