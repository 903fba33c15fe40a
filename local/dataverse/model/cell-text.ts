import { scaleOf } from './coerce.ts';
import type { AttributeDefinition } from './definitions.ts';
import { decimalText } from './numbers.ts';
import { type Cell, isReference } from './row.ts';

const DATE_LENGTH = 'yyyy-mm-dd'.length;
/** Money is shown with the digits in which it is kept, whatever its attribute's precision. */
const MONEY_SHOWN_SCALE = 4;
const SECONDS_PER_DAY = 86_400;
/** Days whose text is kept: dates are half of what a page is made of, and few days make most of them. */
const DAYS_MAX = 20_000;
const days = new Map<number, string>();

function dayText(day: number): string {
  let text = days.get(day);
  if (text === undefined) {
    if (days.size >= DAYS_MAX) days.clear();
    text = new Date(day * SECONDS_PER_DAY * 1000).toISOString().slice(0, DATE_LENGTH);
    days.set(day, text);
  }
  return text;
}

const two = (value: number) => (value < 10 ? `0${value}` : String(value));

/** ISO text in UTC without fractions, or the date alone where the attribute has no time. */
export function dateText(attribute: AttributeDefinition, seconds: number): string {
  const day = Math.floor(seconds / SECONDS_PER_DAY);
  if (attribute.dateTimeBehavior === 'DateOnly') return dayText(day);
  const time = seconds - day * SECONDS_PER_DAY;
  const minutes = Math.floor(time / 60);
  return `${dayText(day)}T${two(Math.floor(minutes / 60))}:${two(minutes % 60)}:${two(time % 60)}Z`;
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
