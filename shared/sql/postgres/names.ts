import { createHash } from 'node:crypto';
import { FreshetError } from '../../errors/error.ts';

/** PostgreSQL cuts longer identifiers off without an error, so two names may become one. */
export const NAME_MAX_BYTES = 63;
const MARK_DIGITS = 8;

/** The only way a name gets into a statement: quoted, so that it is never anything but a name. */
export function quoteName(name: string): string {
  if (name === '' || name.includes('\0') || !name.isWellFormed()) {
    throw new FreshetError('DESTINATION_BUG', { text: 'a name is empty or holds a character that no name can have' });
  }
  return `"${name.replaceAll('"', '""')}"`;
}

export function quoteTable(table: { readonly schema: string; readonly name: string }): string {
  return `${quoteName(table.schema)}.${quoteName(table.name)}`;
}

/** The name itself, or, where PostgreSQL would cut it off, its beginning and a mark that keeps it apart from others. */
export function fitName(name: string): string {
  if (Buffer.byteLength(name) <= NAME_MAX_BYTES) return name;
  const mark = createHash('sha256').update(name).digest('hex').slice(0, MARK_DIGITS);
  let beginning = '';
  for (const character of name) {
    if (Buffer.byteLength(beginning + character) > NAME_MAX_BYTES - MARK_DIGITS - 1) break;
    beginning += character;
  }
  return `${beginning}_${mark}`;
}
