import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { MUTANTS, mutated } from './mutants.ts';

const LOADER = fileURLToPath(new URL('load-mutants.ts', import.meta.url));

describe('every mutant', () => {
  it.each(MUTANTS)('$name replaces text that occurs exactly once', (mutant) => {
    expect(mutated(mutant)).toContain(mutant.to);
  });

  it('loads as Node loads the product', async () => {
    const { stdout } = await promisify(execFile)(process.execPath, [LOADER]);
    expect(stdout.trim().split('\n')).toEqual(MUTANTS.map(({ name }) => name));
  });
});
