import { readFileSync } from 'node:fs';
import { LOG_MUTANTS } from './log-mutants.ts';
import { UPKEEP_MUTANTS } from './upkeep-mutants.ts';

/** One rule of the product switched off, by replacing text that must occur exactly once in its file. */
export interface Mutant {
  readonly name: string;
  /** The rule that no longer holds. */
  readonly breaks: string;
  /** Relative to the repository. */
  readonly file: string;
  readonly from: string;
  readonly to: string;
}

export const MUTANTS: readonly Mutant[] = [...LOG_MUTANTS, ...UPKEEP_MUTANTS];

export function mutantOf(name: string): Mutant {
  const mutant = MUTANTS.find((one) => one.name === name);
  if (!mutant) throw new Error(`There is no mutant ${name}: ${MUTANTS.map((one) => one.name).join(', ')}.`);
  return mutant;
}

export function fileOf({ file }: Mutant): URL {
  return new URL(`../../${file}`, import.meta.url);
}

/** The mutant's file with the rule switched off. Throws when the text does not occur exactly once any more. */
export function mutated(mutant: Mutant): string {
  const [before, after, ...more] = readFileSync(fileOf(mutant), 'utf8').split(mutant.from);
  if (before === undefined || after === undefined || more.length > 0)
    throw new Error(
      `The text of the mutant ${mutant.name} occurs ${more.length + (after === undefined ? 0 : 1)} times in ${mutant.file}.`,
    );
  return before + mutant.to + after;
}
