import { scaleOf } from './coerce.ts';
import type { AttributeDefinition } from './definitions.ts';
import { decimalText } from './numbers.ts';
import { type Cell, isReference } from './row.ts';

const DATE_LENGTH = 'yyyy-mm-dd'.length;
/** Money is shown with the digits in which it is kept, whatever its attribute's precision. */
const MONEY_SHOWN_SCALE = 4;

/** ISO text in UTC without fractions, or the date alone where the attribute has no time. */
export function dateText(attribute: AttributeDefinition, seconds: number): string {
  const iso = new Date(seconds * 1000).toISOString();
  if (attribute.dateTimeBehavior === 'DateOnly') return iso.slice(0, DATE_LENGTH);
  return `${iso.slice(0, iso.length - '.000Z'.length)}Z`;
}

/** The digits of a 64-bit number, a decimal or money. */
export function numberText(attribute: AttributeDefinition, cell: number | string): string {
  return decimalText(cell, attribute.type === 'MoneyType' ? MONEY_SHOWN_SCALE : scaleOf(attribute));
}

/** The JSON text of a value in an answer of the Web API. */
export function jsonText(attribute: AttributeDefinition): (cell: Cell) => string {
  const { type } = attribute;
  if (type === 'MoneyType' || type === 'DecimalType' || type === 'BigIntType')
    return (cell) => (typeof cell === 'number' || typeof cell === 'string' ? numberText(attribute, cell) : 'null');
  if (type === 'DateTimeType') return (cell) => (typeof cell === 'number' ? `"${dateText(attribute, cell)}"` : 'null');
  return (cell) => {
    if (isReference(cell)) return `"${cell.id}"`;
    return cell === null ? 'null' : JSON.stringify(cell);
  };
}

/** The label of a choice's value in the first language; null when it has none. */
export function labelOf(attribute: AttributeDefinition, value: Cell): string | null {
  const wanted = typeof value === 'boolean' ? Number(value) : value;
  return attribute.options?.find((option) => option.value === wanted)?.labels[0]?.text ?? null;
}
