import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import path from 'node:path';
import { z } from 'zod';
import { readIfThere, replaceFile } from '../../support/files.ts';
import { parseJsonFile } from '../settings.ts';
import type { AuthLevel } from './routes.ts';

const Keys = z.object({ masterKey: z.string(), functionKey: z.string(), systemKey: z.string() });

/** What may be presented as `code=` or `x-functions-key`. */
export type KeyScope = AuthLevel | 'system';

/** The keys of this installation; made once and kept in the data folder, so that clients may store them. */
export class AccessKeys {
  readonly masterKey: string;
  /** Opens every function of authLevel `function`. */
  readonly functionKey: string;
  /** Opens the webhooks of the durable extension. */
  readonly systemKey: string;

  constructor(keys: z.infer<typeof Keys>) {
    this.masterKey = keys.masterKey;
    this.functionKey = keys.functionKey;
    this.systemKey = keys.systemKey;
  }

  allows(scope: KeyScope, given: string | undefined): boolean {
    if (scope === 'anonymous') return true;
    if (given === undefined) return false;
    if (sameText(given, this.masterKey)) return true;
    if (scope === 'function') return sameText(given, this.functionKey);
    return scope === 'system' && sameText(given, this.systemKey);
  }
}

export async function loadKeys(dataFolder: string): Promise<AccessKeys> {
  const file = path.join(dataFolder, 'keys.json');
  const text = await readIfThere(file);
  if (text !== null) return new AccessKeys(parseJsonFile(file, text, Keys));
  const keys = { masterKey: newKey(), functionKey: newKey(), systemKey: newKey() };
  await replaceFile(file, JSON.stringify(keys, undefined, 2), 0o600);
  return new AccessKeys(keys);
}

function newKey(): string {
  return randomBytes(32).toString('base64url');
}

/** Hashed first, because the comparison wants equal lengths and must not tell where the texts differ. */
function sameText(a: string, b: string): boolean {
  const digest = (text: string) => createHash('sha256').update(text).digest();
  return timingSafeEqual(digest(a), digest(b));
}
