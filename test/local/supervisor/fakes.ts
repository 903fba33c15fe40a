import path from 'node:path';
import { fileURLToPath } from 'node:url';
import type { PartDefinition } from '../../../local/supervisor/part.ts';

const ENTRY = fileURLToPath(new URL('./fake-part.ts', import.meta.url));

export const journalOf = (folder: string): string => path.join(folder, 'journal.txt');

/** A fake part on a port of `base`; `options` are those of fake-part.ts. */
export function fakePart(
  folder: string,
  name: string,
  port: number,
  needs: readonly string[] = [],
  options: Readonly<Record<string, string>> = {},
): PartDefinition {
  const given = { port: String(port), data: path.join(folder, name), name, journal: journalOf(folder), ...options };
  const args = Object.entries(given).flatMap(([key, value]) => [`--${key}`, value]);
  return { name, entry: ENTRY, args, port, needs };
}
