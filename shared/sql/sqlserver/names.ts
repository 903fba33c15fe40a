import { createHash } from 'node:crypto';
import { FreshetError } from '../../errors/error.ts';

/** SQL Server refuses longer identifiers. */
export const NAME_MAX_UNITS = 128;
const MARK_DIGITS = 8;

/** The only way a name gets into a statement: in brackets, so that it is never anything but a name. */
export function quoteName(name: string): string {
  if (name === '' || name.includes('\0') || !name.isWellFormed()) {
    throw new FreshetError('DESTINATION_BUG', { text: 'a name is empty or holds a character that no name can have' });
  }
  return `[${name.replaceAll(']', ']]')}]`;
}

export function quoteTable(table: { readonly schema: string; readonly name: string }): string {
  return `${quoteName(table.schema)}.${quoteName(table.name)}`;
}

/** The name itself, or, where SQL Server would refuse it, its beginning and a mark that keeps it apart from others. */
export function fitName(name: string): string {
  if (name.length <= NAME_MAX_UNITS) return name;
  const mark = createHash('sha256').update(name).digest('hex').slice(0, MARK_DIGITS);
  const beginning = name.slice(0, NAME_MAX_UNITS - MARK_DIGITS - 1);
  // Never half of a character.
  return `${beginning.isWellFormed() ? beginning : beginning.slice(0, -1)}_${mark}`;
}
