import { createHash } from 'node:crypto';
import { FreshetError } from '../../errors/error.ts';

/** SQL Server refuses longer identifiers. */
export const NAME_MAX_UNITS = 128;
const MARK_DIGITS = 8;

/**
 * The only way a name gets into a statement: in brackets, or, where it holds one itself, in double quotes, which are easier to read and
 * which servers that speak T-SQL beside SQL Server understand as well. (QUOTED_IDENTIFIER is on in every session of the driver.)
 */
export function quoteName(name: string): string {
  if (name === '' || name.includes('\0') || !name.isWellFormed()) {
    throw new FreshetError('DESTINATION_BUG', { text: 'a name is empty or holds a character that no name can have' });
  }
  return name.includes(']') ? `"${name.replaceAll('"', '""')}"` : `[${name}]`;
}

export function quoteTable(table: { readonly schema: string; readonly name: string }): string {
  return `${quoteName(table.schema)}.${quoteName(table.name)}`;
}

/** The name itself, or, where it is too long, its beginning and a mark that keeps it apart from others. */
export function fitName(name: string, maxUnits = NAME_MAX_UNITS): string {
  if (name.length <= maxUnits) return name;
  const mark = createHash('sha256').update(name).digest('hex').slice(0, MARK_DIGITS);
  const beginning = name.slice(0, maxUnits - MARK_DIGITS - 1);
  // Never half of a character.
  return `${beginning.isWellFormed() ? beginning : beginning.slice(0, -1)}_${mark}`;
}
