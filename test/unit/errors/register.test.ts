import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { errorsPage } from '../../../docs/generate.ts';
import { FreshetError, remedyOf } from '../../../shared/errors/error.ts';
import { type ErrorCode, REGISTER, registered } from '../../../shared/errors/register.ts';

const ROOT = path.resolve(import.meta.dirname, '../../..');
const CODES = Object.keys(REGISTER) as ErrorCode[];

function sources(folder: string): string {
  const files = readdirSync(path.join(ROOT, folder), { recursive: true, encoding: 'utf8' });
  return files
    .filter((file) => file.endsWith('.ts') && !file.startsWith('errors/register'))
    .map((file) => readFileSync(path.join(ROOT, folder, file), 'utf8'))
    .join('\n');
}

describe('the register of errors', () => {
  it('is what docs/errors.md shows (npm run docs writes it)', () => {
    expect(readFileSync(path.join(ROOT, 'docs/errors.md'), 'utf8')).toBe(errorsPage());
  });

  it('holds no code that nothing reports', () => {
    const text = sources('shared') + sources('functions');
    expect(CODES.filter((code) => !text.includes(`'${code}'`))).toEqual([]);
  });

  it.each(CODES)('%s says what, why and what to do', (code) => {
    const { message, cause, remedy } = registered(code);
    for (const text of [message, cause, remedy]) expect(text.trim()).toMatch(/^\S.{10,}[.}:…]$|\{\w+\}$/s);
  });
});

describe('an error', () => {
  it('fills its placeholders in message and remedy', () => {
    const error = new FreshetError('SECRET_NOT_TAGGED', { organizationId: 'o1' });
    expect(error.message).toContain('the tag o1');
    expect(error.class).toBe('stop');
  });

  it('kept by its code has its remedy still, and one that is not known any more has none', () => {
    const values = { profileId: 'p1', reason: 'its region was EMEA and is NA' };
    expect(remedyOf('ORGANIZATION_REPLACED', values)).toBe(new FreshetError('ORGANIZATION_REPLACED', values).remedy);
    expect(remedyOf('ORGANIZATION_REPLACED', values)).toContain('/profiles/p1/drop');
    for (const unknown of ['FORMER_CODE', 'toString']) expect(remedyOf(unknown, values)).toBe('');
  });
});
