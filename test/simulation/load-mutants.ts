import { registerHooks } from 'node:module';
import { fileOf, MUTANTS, mutantOf, mutated } from './mutants.ts';

// Loads the file of every mutant with its rule switched off, and prints the names of those that load.
registerHooks({
  load: (url, context, nextLoad) => {
    const loaded = nextLoad(url, context);
    const name = new URL(url).searchParams.get('mutant');
    return name === null ? loaded : { ...loaded, source: mutated(mutantOf(name)) };
  },
});
for (const mutant of MUTANTS) {
  const url = fileOf(mutant);
  url.searchParams.set('mutant', mutant.name);
  await import(url.href);
  console.log(mutant.name);
}
