import { numberText } from '../model/cell-text.ts';
import type { AttributeDefinition } from '../model/definitions.ts';
import { decimalText } from '../model/numbers.ts';
import type { Cell } from '../model/row.ts';

const grouped = (digits: string) => {
  const [whole = '', fraction] = digits.split('.');
  const thousands = whole.replace(/\B(?=(\d{3})+$)/g, ',');
  return fraction === undefined ? thousands : `${thousands}.${fraction}`;
};

const CURRENCY_SCALE = 2;

/** The text that people see in English; null for values that are shown as they are. */
export function formattedValue(attribute: AttributeDefinition, cell: Cell): string | null {
  const { type } = attribute;
  if (type === 'DateTimeType' && typeof cell === 'number') return formattedDate(attribute, cell);
  if (type === 'MultiSelectPicklistType' && typeof cell === 'string') {
    const labels = cell
      .split(',')
      .map((value) => attribute.options?.find((one) => one.value === Number(value))?.labels[0]?.text ?? value);
    return labels.join('; ');
  }
  if (typeof cell !== 'number' && (typeof cell !== 'string' || !/^-?\d+(\.\d+)?$/.test(cell))) return null;
  if (type === 'MoneyType') return `$${grouped(decimalText(cell, CURRENCY_SCALE))}`;
  if (type === 'DecimalType' || type === 'BigIntType') return grouped(numberText(attribute, cell));
  if (type === 'IntegerType') return grouped(String(cell));
  if (type === 'DoubleType') return grouped(Number(cell).toFixed(attribute.precision ?? CURRENCY_SCALE));
  return null;
}

function formattedDate({ format, dateTimeBehavior }: AttributeDefinition, seconds: number): string {
  const at = new Date(seconds * 1000);
  const date = `${at.getUTCMonth() + 1}/${at.getUTCDate()}/${at.getUTCFullYear()}`;
  if (format === 'DateOnly' || dateTimeBehavior === 'DateOnly') return date;
  const hour = at.getUTCHours();
  return `${date} ${hour % 12 || 12}:${String(at.getUTCMinutes()).padStart(2, '0')} ${hour < 12 ? 'AM' : 'PM'}`;
}
