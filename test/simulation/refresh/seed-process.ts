import { applyMutant } from '../mutate.ts';
import { REFRESH_MUTANTS } from './mutants.ts';

// A process of its own runs seeds with one rule of the product switched off, until a promise is broken: it prints the seed.
const [name, seeds] = process.argv.slice(2);
const mutant = REFRESH_MUTANTS.find((one) => one.name === name);
if (!mutant) throw new Error(`There is no mutant ${name}.`);
applyMutant(mutant);
const { runRefreshSeed } = await import('./run-seed.ts');
const { drawnFaults } = await import('./faults.ts');

for (let seed = 1; seed <= Number(seeds); seed++) {
  const { broken } = await runRefreshSeed(seed, drawnFaults);
  if (broken === null) continue;
  console.log(JSON.stringify({ seed, broken: broken.split('\n')[0] }));
  process.exit();
}
