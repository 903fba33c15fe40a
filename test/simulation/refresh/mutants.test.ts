import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { mutated } from '../mutants.ts';
import { REFRESH_MUTANTS } from './mutants.ts';

const SEED_PROCESS = fileURLToPath(new URL('seed-process.ts', import.meta.url));
const SEEDS = 400;

describe('a rule of the runbook switched off', () => {
  it.each(REFRESH_MUTANTS)('is noticed: $name', async (mutant) => {
    expect(mutated(mutant)).toContain(mutant.to);
    const { stdout } = await promisify(execFile)(process.execPath, [SEED_PROCESS, mutant.name, String(SEEDS)]);
    expect(stdout, `${mutant.breaks}: no seed up to ${SEEDS} noticed`).toContain('"seed"');
  });
});
