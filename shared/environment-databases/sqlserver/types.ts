import { quoteName } from '../../sql/sqlserver/names.ts';
import type { MaskedColumn } from '../masks.ts';

/** Types of columns: how their values become text, and text their values, whatever the session is set to. */

export interface TypeFacts {
  /** The system's type, in lower case: `nvarchar`. */
  readonly base: string;
  /** As sys.columns tells it; -1 for `max`. */
  readonly bytes: number;
  readonly precision: number;
  readonly scale: number;
}

const WIDE = new Set(['nchar', 'nvarchar']);
const SIZED = new Set(['char', 'varchar', 'nchar', 'nvarchar', 'binary', 'varbinary']);
const SCALED = new Set(['time', 'datetime2', 'datetimeoffset']);
const TEXTS = new Set(['char', 'varchar', 'nchar', 'nvarchar', 'text', 'ntext', 'sysname']);
const NUMBERS = new Set([
  ...['tinyint', 'smallint', 'int', 'bigint', 'decimal', 'numeric', 'money', 'smallmoney', 'float', 'real'],
]);
const EXACT_NUMBERS = new Set(['tinyint', 'smallint', 'int', 'bigint', 'decimal', 'numeric']);
const DATES = new Set(['date', 'time', 'datetime', 'datetime2', 'smalldatetime', 'datetimeoffset']);
const BINARIES = new Set(['binary', 'varbinary', 'image', 'timestamp', 'rowversion']);

/** As a statement writes it: `nvarchar(100)`. */
export function typeText({ base, bytes, precision, scale }: TypeFacts): string {
  if (base === 'sysname') return 'nvarchar(128)';
  if (SIZED.has(base)) return `${base}(${bytes < 0 ? 'max' : WIDE.has(base) ? bytes / 2 : bytes})`;
  if (base === 'decimal' || base === 'numeric') return `${base}(${precision}, ${scale})`;
  return SCALED.has(base) ? `${base}(${scale})` : base;
}

export function comparedAs({ base }: TypeFacts): 'number' | 'flag' | 'text' {
  if (base === 'bit') return 'flag';
  return NUMBERS.has(base) ? 'number' : 'text';
}

/** Null where no mask fits. */
export function maskedAs({ base, bytes }: TypeFacts): MaskedColumn | null {
  if (EXACT_NUMBERS.has(base)) return { kind: 'number', maxLength: null };
  if (base === 'uniqueidentifier') return { kind: 'guid', maxLength: null };
  if (!TEXTS.has(base)) return null;
  if (base === 'text' || base === 'ntext' || bytes < 0) return { kind: 'text', maxLength: null };
  return { kind: 'text', maxLength: WIDE.has(base) || base === 'sysname' ? bytes / 2 : bytes };
}

/** Whether ranges can be told by values of the type: they come back from text as they were, and have one order. */
export function isOrdered({ base }: TypeFacts): boolean {
  const small = TEXTS.has(base) && base !== 'text' && base !== 'ntext';
  return small || EXACT_NUMBERS.has(base) || DATES.has(base) || base === 'uniqueidentifier';
}

/** The value as Unicode text: of a fixed length without what it was filled up with, a GUID in small letters, a date as ISO 8601 writes it. */
export function asText(base: string, expression: string): string {
  if (base === 'char' || base === 'nchar') return `CAST(RTRIM(${expression}) AS nvarchar(max))`;
  if (base === 'uniqueidentifier') return `LOWER(CAST(${expression} AS nvarchar(max)))`;
  if (DATES.has(base)) return `CONVERT(nvarchar(max), ${expression}, 126)`;
  if (base === 'float' || base === 'real') return `CONVERT(nvarchar(max), ${expression}, 3)`;
  if (BINARIES.has(base)) return `CONVERT(nvarchar(max), CAST(${expression} AS varbinary(max)), 1)`;
  return `CAST(${expression} AS nvarchar(max))`;
}

/** The value that a text of `asText` stands for; too long a text is refused where it is written, and not cut off here. */
export function fromText(type: string, base: string, expression: string): string {
  return TEXTS.has(base) ? expression : converted(type, base, expression);
}

/** The same for what is no text; NULL where it stands for no value of the type. */
export const triedFromText = (type: string, base: string, expression: string): string =>
  `TRY_${converted(type, base, expression)}`;

function converted(type: string, base: string, expression: string): string {
  if (DATES.has(base)) return `CONVERT(${type}, ${expression}, 126)`;
  if (BINARIES.has(base)) return `CONVERT(${base === 'image' ? 'varbinary(max)' : type}, ${expression}, 1)`;
  return `CAST(${expression} AS ${type})`;
}

export const columnText = ({ name, base }: { readonly name: string; readonly base: string }): string =>
  asText(base, quoteName(name));
