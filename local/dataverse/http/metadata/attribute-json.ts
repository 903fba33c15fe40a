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
    derived: derivedJson(attribute),
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
    IsAuditEnabled: managed(false, 'canmodifyauditsettings'),
    IsGlobalFilterEnabled: managed(false, 'canmodifyglobalfiltersettings'),
    IsSortableEnabled: managed(false, 'canmodifyissortablesettings'),
    IsCustomizable: managed(true, 'iscustomizable'),
    IsRenameable: managed(true, 'isrenameable'),
    IsValidForAdvancedFind: managed(true, 'canmodifysearchsettings'),
    RequiredLevel: managed(attribute.requiredLevel, 'canmodifyrequirementlevelsettings'),
    CanModifyAdditionalSettings: managed(true, 'canmodifyadditionalsettings'),
    Settings: [],
  };
}

function derivedJson(attribute: AttributeDefinition): Json {
  const { type, maxLength, format, precision, minValue, maxValue, defaultValue } = attribute;
  const sourceTypeMask = { SourceTypeMask: 0, FormulaDefinition: '' };
  const range = { MinValue: minValue ?? null, MaxValue: maxValue ?? null };
  switch (type) {
    case 'StringType':
      return {
        Format: format ?? 'Text',
        FormatName: { Value: format ?? 'Text' },
        MaxLength: maxLength ?? 100,
        DatabaseLength: (maxLength ?? 100) * 2,
        ImeMode: 'Auto',
        IsLocalizable: false,
        YomiOf: null,
        ...sourceTypeMask,
      };
    case 'MemoType':
      return {
        Format: format ?? 'TextArea',
        FormatName: { Value: format ?? 'TextArea' },
        MaxLength: maxLength ?? 2000,
        ImeMode: 'Auto',
        IsLocalizable: false,
      };
    case 'DecimalType':
    case 'DoubleType':
      return {
        Precision: precision ?? null,
        ...range,
        ImeMode: 'Disabled',
        ...(type === 'DecimalType' ? sourceTypeMask : {}),
      };
    case 'MoneyType':
      return {
        Precision: precision ?? null,
        PrecisionSource: attribute.precisionSource ?? 2,
        ...range,
        CalculationOf: attribute.calculationOf ?? null,
        IsBaseCurrency: attribute.calculationOf !== undefined,
        ImeMode: 'Disabled',
        ...sourceTypeMask,
      };
    case 'IntegerType':
      return { Format: format ?? 'None', ...range, ...sourceTypeMask };
    case 'BigIntType':
      return range;
    case 'DateTimeType':
      return {
        Format: format ?? 'DateAndTime',
        DateTimeBehavior: { Value: attribute.dateTimeBehavior ?? 'UserLocal' },
        CanChangeDateTimeBehavior: managed(false, 'canchangedatetimebehavior'),
        MinSupportedValue: '1753-01-01T00:00:00Z',
        MaxSupportedValue: '9999-12-30T23:59:59Z',
        ImeMode: 'Disabled',
        ...sourceTypeMask,
      };
    case 'LookupType':
    case 'CustomerType':
    case 'OwnerType':
    case 'PartyListType':
      return { Targets: attribute.targets ?? [], Format: 'None' };
    case 'BooleanType':
      return { DefaultValue: defaultValue === true, ...sourceTypeMask };
    case 'PicklistType':
    case 'MultiSelectPicklistType':
      return {
        DefaultFormValue: typeof defaultValue === 'number' ? defaultValue : -1,
        ParentPicklistLogicalName: null,
        ChildPicklistLogicalNames: [],
        ...sourceTypeMask,
      };
    case 'StateType':
    case 'StatusType':
      return { DefaultFormValue: typeof defaultValue === 'number' ? defaultValue : null };
    case 'ImageType':
      return {
        IsPrimaryImage: attribute.logicalName === 'entityimage',
        MaxHeight: 144,
        MaxWidth: 144,
        MaxSizeInKB: 10_240,
        CanStoreFullImage: false,
      };
    case 'FileType':
      return { MaxSizeInKB: 32_768 };
    case 'EntityNameType':
      return { IsEntityReferenceStored: false };
    default:
      return {};
  }
}

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
