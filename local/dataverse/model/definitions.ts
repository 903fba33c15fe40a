import type { AttributeType } from '../../../shared/dataverse/metadata.ts';

/** A table's definition as the model needs it. Keys of the Web API's long form that mean nothing to it are kept in `extra`. */
export interface EntityDefinition {
  readonly metadataId: string;
  readonly logicalName: string;
  readonly schemaName: string;
  readonly entitySetName: string;
  readonly objectTypeCode: number;
  readonly primaryIdAttribute: string;
  readonly primaryNameAttribute: string | null;
  readonly ownershipType: string;
  readonly displayName: string;
  readonly isIntersect: boolean;
  readonly isActivity: boolean;
  readonly changeTrackingEnabled: boolean;
  readonly attributes: readonly AttributeDefinition[];
  readonly manyToOne: readonly ManyToOneDefinition[];
  readonly manyToMany: readonly ManyToManyDefinition[];
  readonly extra: Readonly<Record<string, unknown>>;
}

export interface AttributeDefinition {
  readonly metadataId: string;
  readonly logicalName: string;
  readonly schemaName: string;
  readonly type: AttributeType;
  readonly isValidForRead: boolean;
  readonly isValidForCreate: boolean;
  readonly isValidForUpdate: boolean;
  readonly requiredLevel: string;
  /** The attribute this derived value belongs to: `ownerid` for `owneridname` and `owneridtype`. */
  readonly attributeOf: string | null;
  readonly maxLength?: number;
  readonly format?: string;
  readonly dateTimeBehavior?: string;
  readonly precision?: number;
  readonly precisionSource?: number;
  readonly minValue?: number | string;
  readonly maxValue?: number | string;
  readonly targets?: readonly string[];
  readonly options?: readonly OptionDefinition[];
  readonly globalOptionSet?: string;
  readonly defaultValue?: boolean | number;
  readonly calculationOf?: string;
  readonly sourceType?: number;
  readonly isLogical?: boolean;
  readonly extra: Readonly<Record<string, unknown>>;
}

export interface OptionDefinition {
  readonly value: number;
  readonly labels: readonly { readonly languageCode: number; readonly text: string }[];
  /** Status options: the state they belong to. */
  readonly state?: number;
  /** State options. */
  readonly defaultStatus?: number;
  readonly invariantName?: string;
}

/** What deleting the referenced row does to the rows that refer to it. */
export type DeleteBehavior = 'NoCascade' | 'Cascade' | 'Active' | 'UserOwned' | 'RemoveLink' | 'Restrict';

export interface ManyToOneDefinition {
  readonly schemaName: string;
  readonly referencingAttribute: string;
  readonly referencedEntity: string;
  readonly onDelete: DeleteBehavior;
}

export interface ManyToManyDefinition {
  readonly schemaName: string;
  readonly intersectEntity: string;
  readonly entity1: string;
  readonly entity1Attribute: string;
  readonly entity2: string;
  readonly entity2Attribute: string;
}

export function isLookup({ type }: AttributeDefinition): boolean {
  return type === 'LookupType' || type === 'CustomerType' || type === 'OwnerType';
}

export function isChoice({ type }: AttributeDefinition): boolean {
  return type === 'PicklistType' || type === 'StateType' || type === 'StatusType';
}

/** True for what `$select` may name. Names of lookups and of choices come as annotations instead, party lists as rows. */
export function isSelectable(attribute: AttributeDefinition, of: AttributeDefinition | undefined): boolean {
  if (!attribute.isValidForRead) return false;
  if (attribute.type === 'PartyListType' || attribute.type === 'CalendarRulesType') return false;
  if (of && (isLookup(of) || isChoice(of) || of.type === 'BooleanType')) return false;
  return attribute.type !== 'VirtualType' || attribute.attributeOf === null;
}

/** The property that carries an attribute in rows of the Web API. */
export function propertyOf(attribute: AttributeDefinition): string {
  return isLookup(attribute) ? `_${attribute.logicalName}_value` : attribute.logicalName;
}

export function isCustomName(logicalName: string): boolean {
  return /^[a-z][a-z0-9]{1,7}_/.test(logicalName) && !/^(address[123]|entityimage)_/.test(logicalName);
}
