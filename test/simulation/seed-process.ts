import { mutantOf } from './mutants.ts';
import { applyMutant } from './mutate.ts';

// A process of its own runs one seed after the other, perhaps with one rule of the product switched off.
const [mutant] = process.argv.slice(2);
if (mutant) applyMutant(mutantOf(mutant));
const { runSeed } = await import('./run-seed.ts');

process.on('message', async (seed: number) => process.send?.(await runSeed(seed)));
process.on('disconnect', () => process.exit());
process.send?.('ready');
