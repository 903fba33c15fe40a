import type { AttributeType } from '../../../../shared/dataverse/metadata.ts';
import {
  type AttributeDefinition,
  type EntityDefinition,
  isChoice,
  isCustomName,
  isSelectable,
  type OptionDefinition,
} from '../../model/definitions.ts';
import { idFromName } from '../../model/name-id.ts';
import { labelJson, managed } from './labels.ts';

type Json = Record<string, unknown>;

/** `AttributeType` where it is not the type's name without its ending. */
const KINDS: Readonly<Record<string, string>> = {
  MultiSelectPicklistType: 'Virtual',
  ImageType: 'Virtual',
  FileType: 'Virtual',
};

/** The entity set of a cast (`…/Microsoft.Dynamics.CRM.StringAttributeMetadata`) where it is not named after the type. */
const CASTS: Readonly<Record<string, string>> = {
  CustomerType: 'Lookup',
  OwnerType: 'Lookup',
  PartyListType: 'Lookup',
  UniqueidentifierType: 'UniqueIdentifier',
  VirtualType: '',
  CalendarRulesType: '',
};

/** `PicklistAttributeMetadata` and the like. */
export function castOf({ type }: AttributeDefinition): string {
  return `${CASTS[type] ?? type.slice(0, -'Type'.length)}AttributeMetadata`;
}

/** All keys of an attribute, those of its type included; the common ones are those that every type has. */
export function attributeJson(
  entity: EntityDefinition,
  attribute: AttributeDefinition,
): { common: Json; derived: Json; expandable: Json } {
  return {
    common: { ...commonJson(entity, attribute), ...attribute.extra },
    derived: DERIVED[attribute.type]?.(attribute) ?? {},
    expandable: optionSets(entity, attribute),
  };
}

function commonJson(entity: EntityDefinition, attribute: AttributeDefinition): Json {
  const { logicalName, schemaName, type } = attribute;
  const isCustom = isCustomName(logicalName);
  const of = entity.attributes.find((one) => one.logicalName === attribute.attributeOf);
  return {
    MetadataId: attribute.metadataId,
    HasChanged: null,
    AttributeOf: attribute.attributeOf,
    AttributeType: KINDS[type] ?? type.slice(0, -'Type'.length),
    ColumnNumber: entity.attributes.indexOf(attribute) + 1,
    DeprecatedVersion: null,
    IntroducedVersion: '5.0.0.0',
    EntityLogicalName: entity.logicalName,
    IsCustomAttribute: isCustom,
    IsPrimaryId: logicalName === entity.primaryIdAttribute,
    IsValidODataAttribute: isSelectable(attribute, of),
    IsPrimaryName: logicalName === entity.primaryNameAttribute,
    ...validityJson(attribute),
    IsManaged: !isCustom,
    LinkedAttributeId: null,
    LogicalName: logicalName,
    SchemaName: schemaName,
    ExternalName: null,
    IsValidForForm: true,
    IsRequiredForForm: attribute.requiredLevel !== 'None',
    IsValidForGrid: true,
    IsLogical: attribute.isLogical ?? false,
    IsDataSourceSecret: false,
    InheritsFrom: null,
    CreatedOn: '1900-01-01T00:00:00Z',
    ModifiedOn: '1900-01-01T00:00:00Z',
    SourceType: attribute.sourceType ?? (type === 'StringType' || isChoice(attribute) ? 0 : null),
    AutoNumberFormat: null,
    AttributeTypeName: { Value: type },
    Description: labelJson([], attribute.metadataId),
    DisplayName: labelJson([{ languageCode: 1033, text: schemaName }], attribute.metadataId),
    ...managedJson(attribute),
    Settings: [],
  };
}

function validityJson(attribute: AttributeDefinition): Json {
  return {
    IsValidForCreate: attribute.isValidForCreate,
    IsValidForRead: attribute.isValidForRead,
    IsValidForUpdate: attribute.isValidForUpdate,
    CanBeSecuredForRead: false,
    CanBeSecuredForCreate: false,
    CanBeSecuredForUpdate: false,
    IsSecured: false,
    IsRetrievable: attribute.isValidForRead,
    IsFilterable: false,
    IsSearchable: false,
  };
}

function managedJson({ requiredLevel }: AttributeDefinition): Json {
  return {
    IsAuditEnabled: managed(false, 'canmodifyauditsettings'),
    IsGlobalFilterEnabled: managed(false, 'canmodifyglobalfiltersettings'),
    IsSortableEnabled: managed(false, 'canmodifyissortablesettings'),
    IsCustomizable: managed(true, 'iscustomizable'),
    IsRenameable: managed(true, 'isrenameable'),
    IsValidForAdvancedFind: managed(true, 'canmodifysearchsettings'),
    RequiredLevel: managed(requiredLevel, 'canmodifyrequirementlevelsettings'),
    CanModifyAdditionalSettings: managed(true, 'canmodifyadditionalsettings'),
  };
}

const FORMULA = { SourceTypeMask: 0, FormulaDefinition: '' };

const rangeOf = ({ minValue, maxValue }: AttributeDefinition) => ({
  MinValue: minValue ?? null,
  MaxValue: maxValue ?? null,
});
const numberOf = (attribute: AttributeDefinition) => ({
  Precision: attribute.precision ?? null,
  ...rangeOf(attribute),
  ImeMode: 'Disabled',
});
const textOf = ({ format, maxLength }: AttributeDefinition, usualFormat: string, usualLength: number) => ({
  Format: format ?? usualFormat,
  FormatName: { Value: format ?? usualFormat },
  MaxLength: maxLength ?? usualLength,
  ImeMode: 'Auto',
  IsLocalizable: false,
});
const lookupOf = ({ targets }: AttributeDefinition) => ({ Targets: targets ?? [], Format: 'None' });
const defaultOf = ({ defaultValue }: AttributeDefinition, none: number | null) => ({
  DefaultFormValue: typeof defaultValue === 'number' ? defaultValue : none,
});
const picklistOf = (attribute: AttributeDefinition) => ({
  ...defaultOf(attribute, -1),
  ParentPicklistLogicalName: null,
  ChildPicklistLogicalNames: [],
  ...FORMULA,
});

/** The keys that only attributes of a type have. */
const DERIVED: Partial<Record<AttributeType, (attribute: AttributeDefinition) => Json>> = {
  StringType: (attribute) => ({
    ...textOf(attribute, 'Text', 100),
    DatabaseLength: (attribute.maxLength ?? 100) * 2,
    YomiOf: null,
    ...FORMULA,
  }),
  MemoType: (attribute) => textOf(attribute, 'TextArea', 2000),
  DecimalType: (attribute) => ({ ...numberOf(attribute), ...FORMULA }),
  DoubleType: numberOf,
  MoneyType: (attribute) => ({
    ...numberOf(attribute),
    PrecisionSource: attribute.precisionSource ?? 2,
    CalculationOf: attribute.calculationOf ?? null,
    IsBaseCurrency: attribute.calculationOf !== undefined,
    ...FORMULA,
  }),
  IntegerType: (attribute) => ({ Format: attribute.format ?? 'None', ...rangeOf(attribute), ...FORMULA }),
  BigIntType: rangeOf,
  DateTimeType: (attribute) => ({
    Format: attribute.format ?? 'DateAndTime',
    DateTimeBehavior: { Value: attribute.dateTimeBehavior ?? 'UserLocal' },
    CanChangeDateTimeBehavior: managed(false, 'canchangedatetimebehavior'),
    MinSupportedValue: '1753-01-01T00:00:00Z',
    MaxSupportedValue: '9999-12-30T23:59:59Z',
    ImeMode: 'Disabled',
    ...FORMULA,
  }),
  LookupType: lookupOf,
  CustomerType: lookupOf,
  OwnerType: lookupOf,
  PartyListType: lookupOf,
  BooleanType: ({ defaultValue }) => ({ DefaultValue: defaultValue === true, ...FORMULA }),
  PicklistType: picklistOf,
  MultiSelectPicklistType: picklistOf,
  StateType: (attribute) => defaultOf(attribute, null),
  StatusType: (attribute) => defaultOf(attribute, null),
  ImageType: ({ logicalName }) => ({
    IsPrimaryImage: logicalName === 'entityimage',
    MaxHeight: 144,
    MaxWidth: 144,
    MaxSizeInKB: 10_240,
    CanStoreFullImage: false,
  }),
  FileType: () => ({ MaxSizeInKB: 32_768 }),
  EntityNameType: () => ({ IsEntityReferenceStored: false }),
};

function optionSets(entity: EntityDefinition, attribute: AttributeDefinition): Json {
  const { type, globalOptionSet, logicalName } = attribute;
  const hasSet = isChoice(attribute) || type === 'MultiSelectPicklistType' || type === 'BooleanType';
  if (!hasSet) return {};
  const name = globalOptionSet ?? `${entity.logicalName}_${logicalName}`;
  const set = setJson(attribute, name, globalOptionSet !== undefined);
  const isGlobal = globalOptionSet !== undefined;
  if (type === 'StateType' || type === 'StatusType') return { OptionSet: set, GlobalOptionSet: null };
  return { OptionSet: isGlobal ? null : set, GlobalOptionSet: isGlobal ? set : null };
}

function setJson(attribute: AttributeDefinition, name: string, isGlobal: boolean): Json {
  const { type } = attribute;
  const options = attribute.options ?? [];
  const id = idFromName(`option set ${name}`);
  const frame = {
    MetadataId: id,
    HasChanged: null,
    IsCustomOptionSet: isCustomName(attribute.logicalName),
    IsGlobal: isGlobal,
    IsManaged: !isCustomName(attribute.logicalName),
    Name: name,
    ExternalTypeName: '',
    IntroducedVersion: '5.0.0.0',
    Description: labelJson([], id),
    DisplayName: labelJson([{ languageCode: 1033, text: attribute.schemaName }], id),
    IsCustomizable: managed(true, 'iscustomizable'),
  };
  if (type === 'BooleanType')
    return {
      ...frame,
      OptionSetType: 'Boolean',
      TrueOption: optionJson(type, options.find(({ value }) => value === 1) ?? { value: 1, labels: [] }, name),
      FalseOption: optionJson(type, options.find(({ value }) => value === 0) ?? { value: 0, labels: [] }, name),
    };
  const kind = { StateType: 'State', StatusType: 'Status' }[type as 'StateType'] ?? 'Picklist';
  return {
    ...frame,
    OptionSetType: kind,
    ParentOptionSetName: null,
    Options: options.map((option) => optionJson(type, option, name)),
  };
}

function optionJson(type: string, option: OptionDefinition, setName: string): Json {
  const cast = { StateType: 'StateOptionMetadata', StatusType: 'StatusOptionMetadata' }[type as 'StateType'];
  return {
    ...(cast ? { '@odata.type': `#Microsoft.Dynamics.CRM.${cast}` } : {}),
    Value: option.value,
    Color: null,
    IsManaged: true,
    ExternalValue: null,
    ParentValues: [],
    Tag: null,
    IsHidden: false,
    MetadataId: null,
    HasChanged: null,
    ...(type === 'StateType'
      ? { DefaultStatus: option.defaultStatus ?? null, InvariantName: option.invariantName ?? null }
      : {}),
    ...(type === 'StatusType' ? { State: option.state ?? 0, TransitionData: null } : {}),
    Label: labelJson(option.labels, idFromName(`${setName} ${option.value}`)),
    Description: labelJson([], setName),
  };
}
