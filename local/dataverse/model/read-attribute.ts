import type { AttributeType } from '../../../shared/dataverse/metadata.ts';
import { type AttributeDefinition, isChoice, isLookup } from './definitions.ts';
import { asRecord, type Json, optionalNumber, optionalText, readOptions, textOf, unwrapped } from './json.ts';
import { idFromName } from './name-id.ts';

/** Keys that the model reads; all others of a long form are kept as they are. */
const KNOWN_KEYS = new Set(
  `MetadataId LogicalName SchemaName AttributeType AttributeTypeName IsValidForRead IsValidForCreate IsValidForUpdate
  RequiredLevel AttributeOf MaxLength Format FormatName DateTimeBehavior Precision PrecisionSource MinValue MaxValue Targets
  Options OptionSet GlobalOptionSet DefaultValue DefaultFormValue CalculationOf SourceType IsLogical IsValidODataAttribute
  EntityLogicalName IsPrimaryId IsPrimaryName`.split(/\s+/),
);

/** `AttributeType` of the Web API where it is not simply the type's name without its ending. */
const TYPES_BY_KIND: Readonly<Record<string, AttributeType>> = {
  Uniqueidentifier: 'UniqueidentifierType',
  CalendarRules: 'CalendarRulesType',
};

/** Derived texts whose names do not follow the rule `<lookup>name`. */
const IRREGULAR: Readonly<Record<string, string>> = {
  slaname: 'slaid',
  masteraccountidname: 'masterid',
  masteraccountidyominame: 'masterid',
  mastercontactidname: 'masterid',
  mastercontactidyominame: 'masterid',
  masterleadidname: 'masterid',
  masterleadidyominame: 'masterid',
  partyobjecttypecode: 'partyid',
  regardingobjecttypecode: 'regardingobjectid',
  entityimage_url: 'entityimage',
  entityimage_timestamp: 'entityimage',
  entityimageid: 'entityimage',
};

export function readAttribute(entity: string, source: unknown): AttributeDefinition {
  const json = asRecord(source, `an attribute of ${entity}`);
  const logicalName = textOf(json, 'LogicalName').toLowerCase();
  return {
    metadataId: optionalText(json, 'MetadataId') ?? idFromName(`attribute ${entity}.${logicalName}`),
    logicalName,
    schemaName: optionalText(json, 'SchemaName') ?? logicalName,
    type: typeOf(json, logicalName),
    isValidForRead: json.IsValidForRead !== false,
    isValidForCreate: json.IsValidForCreate !== false,
    isValidForUpdate: json.IsValidForUpdate !== false,
    requiredLevel: optionalText(json, 'RequiredLevel') ?? 'None',
    attributeOf: optionalText(json, 'AttributeOf'),
    ...limitsOf(json),
    ...choiceOf(json),
    extra: Object.fromEntries(Object.entries(json).filter(([key]) => !KNOWN_KEYS.has(key) && !key.startsWith('@'))),
  };
}

function typeOf(json: Json, logicalName: string): AttributeType {
  const named = optionalText(json, 'AttributeTypeName');
  if (named) return named as AttributeType;
  const fromCast = /\.(\w+)AttributeMetadata$/.exec(optionalText(json, '@odata.type') ?? '')?.[1];
  const kind = fromCast === 'MultiSelectPicklist' ? fromCast : (optionalText(json, 'AttributeType') ?? fromCast);
  if (kind) return TYPES_BY_KIND[kind] ?? (`${kind}Type` as AttributeType);
  textOf(json, 'AttributeTypeName');
  throw new Error(`unreachable for ${logicalName}`);
}

function limitsOf(json: Json): Partial<AttributeDefinition> {
  const maxLength = optionalNumber(json, 'MaxLength');
  const precision = optionalNumber(json, 'Precision');
  const precisionSource = optionalNumber(json, 'PrecisionSource');
  const format = optionalText(json, 'FormatName') ?? optionalText(json, 'Format');
  const dateTimeBehavior = optionalText(json, 'DateTimeBehavior');
  const sourceType = optionalNumber(json, 'SourceType');
  const calculationOf = optionalText(json, 'CalculationOf');
  return {
    ...(maxLength === undefined ? {} : { maxLength }),
    ...(precision === undefined ? {} : { precision }),
    ...(precisionSource === undefined ? {} : { precisionSource }),
    ...(format === null ? {} : { format }),
    ...(dateTimeBehavior === null ? {} : { dateTimeBehavior }),
    ...(sourceType === undefined ? {} : { sourceType }),
    ...(calculationOf === null ? {} : { calculationOf }),
    ...(isBound(json.MinValue) ? { minValue: json.MinValue } : {}),
    ...(isBound(json.MaxValue) ? { maxValue: json.MaxValue } : {}),
    ...(json.IsLogical === true ? { isLogical: true } : {}),
  };
}

function isBound(value: unknown): value is number | string {
  return typeof value === 'number' || typeof value === 'string';
}

function choiceOf(json: Json): Partial<AttributeDefinition> {
  const source = json.Options ?? json.OptionSet ?? json.GlobalOptionSet;
  const set = (json.GlobalOptionSet ?? json.OptionSet) as Json | string | null | undefined;
  const isGlobal = Boolean(json.GlobalOptionSet) || (typeof set === 'object' && set?.IsGlobal === true);
  const name = typeof set === 'string' ? set : set ? optionalText(set, 'Name') : null;
  const defaultValue = unwrapped(json.DefaultValue ?? json.DefaultFormValue);
  return {
    ...(source && typeof source === 'object' ? { options: readOptions(source) } : {}),
    ...(isGlobal && name ? { globalOptionSet: name } : {}),
    ...(Array.isArray(json.Targets) ? { targets: json.Targets.map(String) } : {}),
    ...(typeof defaultValue === 'boolean' || typeof defaultValue === 'number' ? { defaultValue } : {}),
  };
}

/** Says of each derived attribute what it is derived from, and of each base-currency value what it is computed from. */
export function withDerived(attributes: readonly AttributeDefinition[]): AttributeDefinition[] {
  const byName = new Map(attributes.map((attribute) => [attribute.logicalName, attribute]));
  return attributes.map((attribute) => {
    const { logicalName } = attribute;
    if (attribute.type === 'MoneyType' && logicalName.endsWith('_base') && byName.has(logicalName.slice(0, -5)))
      return { ...attribute, calculationOf: attribute.calculationOf ?? logicalName.slice(0, -5) };
    const of = attribute.attributeOf ?? derivedFrom(attribute, byName);
    return of === null ? attribute : { ...attribute, attributeOf: of };
  });
}

function derivedFrom(
  { logicalName, type }: AttributeDefinition,
  byName: ReadonlyMap<string, AttributeDefinition>,
): string | null {
  const irregular = IRREGULAR[logicalName];
  if (irregular && byName.has(irregular)) return irregular;
  const ending = { StringType: /^(.+?)(yomi)?name$/, VirtualType: /^(.+?)()name$/, EntityNameType: /^(.+)()type$/ };
  const stem = ending[type as keyof typeof ending]?.exec(logicalName)?.[1];
  const source = stem === undefined ? undefined : byName.get(stem);
  if (!source) return null;
  const fits = isLookup(source) || (type === 'VirtualType' && (isChoice(source) || source.type === 'BooleanType'));
  return fits ? source.logicalName : null;
}
