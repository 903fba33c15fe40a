import { registerHooks } from 'node:module';
import { fileOf, type Mutant, mutated } from './mutants.ts';

/** From now on this process loads the mutant's file with its rule switched off; Node strips the types as ever. */
export function applyMutant(mutant: Mutant): void {
  const { href } = fileOf(mutant);
  const source = mutated(mutant);
  registerHooks({
    load: (url, context, nextLoad) => {
      const loaded = nextLoad(url, context);
      return url.split('?')[0] === href ? { ...loaded, source } : loaded;
    },
  });
}
