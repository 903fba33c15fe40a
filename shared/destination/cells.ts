import type { Cell, Column } from '../dataverse/columns.ts';

/** What differs between dialects in what their types can hold. */
export interface DialectRange {
  /** The first year of the date type. */
  readonly firstYear: number;
}

/** Why the row cannot be held, naming column and rule and never the value; null when it can. */
export type RowCheck = (row: readonly Cell[]) => string | null;

const DECIMAL_DIGITS = 38;
/** No real number is longer or has a larger exponent; both bound the work on a hostile one. */
const DECIMAL_MAX_CHARACTERS = 400;
const EXPONENT_MAX = 400;
const INT_MAX = 2n ** 31n - 1n;
const BIGINT_MAX = 2n ** 63n - 1n;

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;
const WHOLE_NUMBER = /^[+-]?\d{1,20}$/;
const DECIMAL = /^([+-]?)(\d*)(?:\.(\d*))?(?:e([+-]?\d{1,4}))?$/i;
const DATE = /^(\d{4})-(\d\d)-(\d\d)(?:[T ](\d\d):(\d\d)(?::(\d\d)(?:\.(\d{1,9}))?)?Z?)?$/;

/** Prepared once per list of columns, for it runs on every cell. The first column is the row's id. */
export function rowCheck(columns: readonly Column[], range: DialectRange): RowCheck {
  const checks = columns.map((column) => cellCheck(column, range));
  return (row) => {
    if (row[0] === null || row[0] === undefined) return `[${columns[0]?.name}] is the row's id and has no value`;
    for (let k = 0; k < checks.length; k++) {
      const cell = row[k];
      if (cell === null || cell === undefined) continue;
      const reason = checks[k]?.(cell);
      if (reason) return reason;
    }
    return null;
  };
}

type CellCheck = (cell: string | number | boolean) => string | null;

function cellCheck(column: Column, range: DialectRange): CellCheck {
  const { name, length = Number.POSITIVE_INFINITY, scale = 0 } = column;
  const unless = (holds: (cell: string | number | boolean) => boolean, rule: string): CellCheck => {
    const reason = `[${name}] ${rule}`;
    return (cell) => (holds(cell) ? null : reason);
  };
  switch (column.type) {
    case 'uuid':
      return unless(isUuid, 'is not a UUID');
    case 'int':
      return unless((cell) => isWhole(cell, INT_MAX), 'is not a whole number of 32 bits');
    case 'bigint':
      return unless((cell) => isWhole(cell, BIGINT_MAX), 'is not a whole number of 64 bits');
    case 'bit':
      return unless(isBit, 'is neither true nor false');
    case 'decimal':
      return unless(
        (cell) => isDecimal(cell, scale),
        `is not a number with at most ${DECIMAL_DIGITS - scale} digits before the point`,
      );
    case 'datetime':
      return unless(
        (cell) => isDate(cell, range.firstYear),
        `is not a date and time in UTC between the years ${range.firstYear} and 9999`,
      );
    case 'text':
      return textCheck(name, Number.POSITIVE_INFINITY);
    case 'string':
      return textCheck(name, length);
  }
}

/** The wording for a text that is too long is the one that users of the original know. */
function textCheck(name: string, length: number): CellCheck {
  const tooLong = `String length in source longer than destination schema for [${name}, ${length}]`;
  const nul = `[${name}] holds a NUL character`;
  const illFormed = `[${name}] holds half of a surrogate pair`;
  return (cell) => {
    if (typeof cell !== 'string') return String(cell).length > length ? tooLong : null;
    if (cell.length > length) return tooLong;
    if (cell.includes('\0')) return nul;
    return cell.isWellFormed() ? null : illFormed;
  };
}

/** True for the form that every dialect reads as an id. */
export function isUuid(cell: Cell): boolean {
  return typeof cell === 'string' && UUID.test(cell);
}

/** A whole number that is no longer fits, whatever its digits; to convert it takes ten times as long. */
const INT_SURE_CHARACTERS = 9;
const BIGINT_SURE_CHARACTERS = 18;

function isWhole(cell: Cell, max: bigint): boolean {
  if (typeof cell === 'number' && Number.isSafeInteger(cell)) return cell <= Number(max) && cell >= -Number(max) - 1;
  if (typeof cell === 'number' ? !Number.isInteger(cell) : typeof cell !== 'string' || !WHOLE_NUMBER.test(cell))
    return false;
  if (typeof cell === 'string' && cell.length <= (max === INT_MAX ? INT_SURE_CHARACTERS : BIGINT_SURE_CHARACTERS))
    return true;
  const value = BigInt(cell as number | string);
  return value <= max && value >= -max - 1n;
}

function isBit(cell: Cell): boolean {
  return typeof cell === 'boolean' || cell === 0 || cell === 1;
}

function isDecimal(cell: Cell, scale: number): boolean {
  if (typeof cell === 'boolean' || cell === null) return false;
  const text = String(cell);
  const surelyFits = text.length <= DECIMAL_DIGITS - scale && PLAIN_DECIMAL.test(text);
  return surelyFits || scaledDecimal(text, scale) !== null;
}

const PLAIN_DECIMAL = /^-?\d+(?:\.\d+)?$/;

/** The number times 10^scale, rounded half away from zero as databases do; null when 38 digits do not hold it. */
function scaledDecimal(text: string, scale: number): bigint | null {
  if (text.length > DECIMAL_MAX_CHARACTERS) return null;
  const [, sign, whole = '', fraction = '', exponent = '0'] = DECIMAL.exec(text) ?? [];
  if (whole === '' && fraction === '') return null;
  const shift = Number(exponent) - fraction.length + scale;
  if (Math.abs(Number(exponent)) > EXPONENT_MAX) return null;
  const digits = BigInt(whole + fraction);
  const size = shift >= 0 ? digits * 10n ** BigInt(shift) : divideRounding(digits, 10n ** BigInt(-shift));
  if (size >= 10n ** BigInt(DECIMAL_DIGITS)) return null;
  return sign === '-' ? -size : size;
}

function divideRounding(digits: bigint, divisor: bigint): bigint {
  return (digits + divisor / 2n) / divisor;
}

/** What nearly all dates look like, with a day that every month has: found without taking it to pieces. */
const USUAL_DATE = /^\d{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|1\d|2[0-8])T(?:[01]\d|2[0-3]):[0-5]\d:[0-5]\dZ$/;

function isDate(cell: Cell, firstYear: number): boolean {
  if (typeof cell === 'string' && USUAL_DATE.test(cell)) return Number(cell.slice(0, 4)) >= firstYear;
  const match = typeof cell === 'string' ? DATE.exec(cell) : null;
  if (!match) return false;
  const year = Number(match[1]);
  const month = Number(match[2]);
  const day = Number(match[3]);
  if (year < firstYear || month < 1 || month > 12 || day < 1 || day > daysIn(year, month)) return false;
  return Number(match[4] ?? 0) < 24 && Number(match[5] ?? 0) < 60 && Number(match[6] ?? 0) < 60;
}

function daysIn(year: number, month: number): number {
  if (month === 2) return (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0 ? 29 : 28;
  return month === 4 || month === 6 || month === 9 || month === 11 ? 30 : 31;
}

/**
 * Date and time without what lies beyond milliseconds. Rounding it, as databases do, would carry the last moment of 9999
 * into a year that no client can read.
 */
export function dateText(cell: string): string {
  const point = cell.indexOf('.');
  return point === -1 || cell.length <= point + 4 ? cell : cell.slice(0, point + 4);
}

/**
 * The value as a destination's type holds it: what a comparison of two databases compares. Only for cells that the row
 * check lets pass. UUIDs in lower case, dates as `2024-01-31T10:00:00.000Z`, 64-bit and decimal numbers as text.
 */
export function heldValue(column: Column, cell: Cell): Cell {
  if (cell === null || cell === undefined) return null;
  switch (column.type) {
    case 'uuid':
      return String(cell).toLowerCase();
    case 'int':
      return Number(cell);
    case 'bigint':
      return BigInt(cell).toString();
    case 'bit':
      return Boolean(cell);
    case 'decimal':
      return decimalText(scaledDecimal(String(cell), column.scale ?? 0) ?? 0n, column.scale ?? 0);
    case 'datetime':
      return column.coarse ? coarseDate(heldDate(String(cell))) : heldDate(String(cell));
    case 'string':
    case 'text':
      return String(cell);
  }
}

function decimalText(scaled: bigint, scale: number): string {
  const digits = (scaled < 0n ? -scaled : scaled).toString().padStart(scale + 1, '0');
  const point = digits.length - scale;
  const text = scale === 0 ? digits : `${digits.slice(0, point)}.${digits.slice(point)}`;
  return scaled < 0n ? `-${text}` : text;
}

/** Milliseconds that stand for steps of 1/300 s end in 0, 3 or 7; what lies between two is that of the first. */
const COARSE_DIGITS = '0003333777';

/** The moment as a type with steps of 1/300 s holds it. `text`: as `heldValue` writes dates. */
export function coarseDate(text: string): string {
  return `${text.slice(0, -2)}${COARSE_DIGITS[Number(text.at(-2))]}Z`;
}

function heldDate(cell: string): string {
  const [, year, month, day, hour = '00', minute = '00', second = '00', fraction = ''] = DATE.exec(cell) ?? [];
  return `${year}-${month}-${day}T${hour}:${minute}:${second}.${fraction.slice(0, 3).padEnd(3, '0')}Z`;
}
