import type { AttributeDefinition } from './definitions.ts';
import { invalidValue } from './errors.ts';
import { decimalText, exactCell } from './numbers.ts';
import { type Cell, isReference } from './row.ts';

const GUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;
const EXACT_NUMBER = /^[-+]?\d+(\.\d+)?$/;
const INT32 = 2_147_483_647;
/** Digits that money keeps when neither the attribute nor the currency says. */
const MONEY_SCALE = 4;
const DECIMAL_SCALE = 10;

export function isGuid(text: string): boolean {
  return GUID.test(text);
}

/** The cell for a given value of an attribute, checked as the service checks it. Throws a DataverseError (400). */
export function coerce(entity: string, attribute: AttributeDefinition, value: unknown): Cell {
  if (value === null || value === undefined) return null;
  switch (attribute.type) {
    case 'StringType':
    case 'MemoType':
      return textCell(entity, attribute, value);
    case 'BooleanType':
      return typeof value === 'boolean' ? value : wrong(entity, attribute, value);
    case 'PicklistType':
    case 'StateType':
    case 'StatusType':
      return optionCell(entity, attribute, value);
    case 'MultiSelectPicklistType':
      return multiSelectCell(entity, attribute, value);
    case 'IntegerType':
      return integerCell(entity, attribute, value);
    case 'DoubleType':
      return typeof value === 'number' ? inRange(entity, attribute, value) : wrong(entity, attribute, value);
    case 'BigIntType':
    case 'DecimalType':
    case 'MoneyType':
      return exactNumberCell(entity, attribute, value);
    case 'DateTimeType':
      return secondsCell(entity, attribute, value);
    case 'LookupType':
    case 'CustomerType':
    case 'OwnerType':
      return isReference(value as Cell) ? (value as Cell) : wrong(entity, attribute, value);
    case 'UniqueidentifierType':
      return guidCell(entity, attribute, value);
    default:
      return typeof value === 'string' || typeof value === 'number' ? value : wrong(entity, attribute, value);
  }
}

function wrong(entity: string, attribute: AttributeDefinition, value: unknown): never {
  throw invalidValue(
    `Cannot convert the literal '${String(value)}' to the expected type of the attribute '${attribute.logicalName}' of the entity '${entity}' (${attribute.type}).`,
  );
}

function textCell(entity: string, attribute: AttributeDefinition, value: unknown): string {
  if (typeof value !== 'string') return wrong(entity, attribute, value);
  const { maxLength, logicalName } = attribute;
  if (maxLength !== undefined && value.length > maxLength)
    throw invalidValue(
      `A validation error occurred. The length of the '${logicalName}' attribute of the '${entity}' entity exceeded the maximum allowed length of '${maxLength}'.`,
      '0x80044331',
    );
  return value;
}

function optionCell(entity: string, attribute: AttributeDefinition, value: unknown): number {
  if (typeof value !== 'number' || !Number.isInteger(value)) return wrong(entity, attribute, value);
  const { options, logicalName } = attribute;
  if (options && !options.some((option) => option.value === value))
    throw invalidValue(
      `A validation error occurred. The value ${value} of '${logicalName}' on record of type '${entity}' is outside the valid range. Accepted Values: ${options.map((option) => option.value).join(',')}`,
      '0x8004431a',
    );
  return value;
}

/** The Web API takes and gives `"1,2"`; a list is accepted too. */
function multiSelectCell(entity: string, attribute: AttributeDefinition, value: unknown): string | null {
  const parts = Array.isArray(value)
    ? value
    : typeof value === 'string'
      ? value.split(',')
      : wrong(entity, attribute, value);
  const numbers = parts.map((part) => optionCell(entity, attribute, Number(part)));
  return numbers.length === 0 ? null : [...new Set(numbers)].sort((a, b) => a - b).join(',');
}

function integerCell(entity: string, attribute: AttributeDefinition, value: unknown): number {
  if (typeof value !== 'number' || !Number.isInteger(value) || Math.abs(value) > INT32 + 1)
    return wrong(entity, attribute, value);
  return inRange(entity, attribute, value);
}

function inRange(entity: string, attribute: AttributeDefinition, value: number): number {
  const { minValue, maxValue, logicalName } = attribute;
  if ((typeof minValue === 'number' && value < minValue) || (typeof maxValue === 'number' && value > maxValue))
    throw invalidValue(
      `A validation error occurred. The value of '${logicalName}' on record of type '${entity}' is outside the valid range.`,
      '0x80044330',
    );
  return value;
}

function exactNumberCell(entity: string, attribute: AttributeDefinition, value: unknown): number | string {
  const given =
    typeof value === 'number' || typeof value === 'string' || typeof value === 'bigint' ? String(value) : '';
  const text = /e/i.test(given) ? decimalText(Number(given), DECIMAL_SCALE) : given;
  if (!EXACT_NUMBER.test(text)) return wrong(entity, attribute, value);
  inRange(entity, attribute, Number(text));
  return exactCell(decimalText(text, scaleOf(attribute)));
}

/** Digits after the point that the service keeps and shows. */
export function scaleOf({ type, precision, calculationOf }: AttributeDefinition): number {
  if (type === 'BigIntType') return 0;
  if (type === 'DecimalType') return precision ?? DECIMAL_SCALE;
  return calculationOf === undefined ? (precision ?? MONEY_SCALE) : MONEY_SCALE;
}

function secondsCell(entity: string, attribute: AttributeDefinition, value: unknown): number {
  if (typeof value === 'number' && Number.isInteger(value)) return value;
  if (typeof value !== 'string' || !/^\d{4}-\d{2}-\d{2}/.test(value)) return wrong(entity, attribute, value);
  const ms = Date.parse(value.length > 10 && !/(Z|[+-]\d{2}:\d{2})$/i.test(value) ? `${value}Z` : value);
  return Number.isNaN(ms) ? wrong(entity, attribute, value) : Math.floor(ms / 1000);
}

function guidCell(entity: string, attribute: AttributeDefinition, value: unknown): string {
  const text = typeof value === 'string' ? value.toLowerCase().replace(/^\{|\}$/g, '') : '';
  return isGuid(text) ? text : wrong(entity, attribute, value);
}
