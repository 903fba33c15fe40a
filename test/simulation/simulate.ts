import { availableParallelism } from 'node:os';
import { parseArgs } from 'node:util';
import { format, ProgressDisplay, table } from '../../local/terminal/progress.ts';
import { MUTANTS, type Mutant, mutantOf, mutated } from './mutants.ts';
import { applyMutant } from './mutate.ts';
import type { Outcome } from './run-seed.ts';
import { Runner, sideBySide } from './runner.ts';

const USAGE = `npm run simulate -- --seeds 1..500        random histories; every one must end as it should
npm run simulate -- --seed 17 [--trace]    one of them, with all that happened
npm run simulate -- --mutants              one rule switched off at a time; each must be caught
npm run simulate -- --mutant <name> [--seed 17 [--trace]]
--jobs <n>: processes side by side (all cores)`;
const DEFAULT_SEEDS = '1..500';
/** A mutant that lives so long has survived. */
const MUTANT_SEEDS = 2_000;
/** So many seeds of a run are run again: a history must depend on nothing but its seed. */
const TWICE = 3;

const display = new ProgressDisplay(process.stderr);

async function runSeeds(from: number, to: number, jobs: number): Promise<boolean> {
  const beganAt = performance.now();
  const failures: Outcome[] = [];
  const hashes = new Map<number, string>();
  let done = 0;
  await sideBySide(numbers(from, to), jobs, async (seed, runner) => {
    const outcome = await runner.run(seed);
    hashes.set(seed, outcome.hash);
    if (outcome.broken) failures.push(outcome);
    const note = failures.length > 0 ? `${failures.length} failed` : '';
    display.show([{ label: 'histories', done: ++done, of: to - from + 1, note }]);
  });
  const drifted: number[] = [];
  await sideBySide(spread(from, to, TWICE), jobs, async (seed, runner) => {
    if ((await runner.run(seed)).hash !== hashes.get(seed)) drifted.push(seed);
  });
  display.end();
  for (const failure of failures.toSorted((a, b) => a.seed - b.seed)) report(failure);
  for (const seed of drifted) console.log(`seed ${seed} gave another trace the second time`);
  const seconds = (performance.now() - beganAt) / 1000;
  const well = failures.length + drifted.length === 0;
  const verdict = well
    ? 'all ended as they should'
    : `${failures.length} failed, ${drifted.length} differed the second time`;
  console.log(`${format(done)} histories (seeds ${from}..${to}) in ${seconds.toFixed(1)} s: ${verdict}`);
  return well;
}

async function runSeed(seed: number, whole: boolean, mutant: Mutant | null): Promise<boolean> {
  if (mutant) applyMutant(mutant);
  const run = await import('./run-seed.ts');
  const outcome = await run.runSeed(seed, { whole });
  if (whole) for (const line of outcome.trace) console.log(line);
  if (outcome.broken) report({ ...outcome, trace: whole ? [] : outcome.trace });
  console.log(
    `seed ${seed}: ${outcome.broken ? `broken: ${outcome.broken.check}` : 'ended as it should'}, trace ${outcome.hash}`,
  );
  return outcome.broken === null;
}

async function runMutants(mutants: readonly Mutant[], jobs: number): Promise<boolean> {
  const beganAt = performance.now();
  const caught = new Map<Mutant, Outcome>();
  // A mutant whose text is gone is told before anything runs.
  for (const mutant of mutants) mutated(mutant);
  let done = 0;
  await sideBySide(mutants, jobs, async (mutant) => {
    const runner = new Runner(mutant.name);
    for (let seed = 1; seed <= MUTANT_SEEDS && !caught.has(mutant); seed++) {
      display.show([{ label: 'mutants', done, of: mutants.length, note: `${mutant.name}, seed ${seed}` }]);
      const outcome = await runner.run(seed);
      if (outcome.broken) caught.set(mutant, outcome);
    }
    runner.close();
    display.show([{ label: 'mutants', done: ++done, of: mutants.length }]);
  });
  display.end();
  const rows = mutants.map((mutant) => {
    const outcome = caught.get(mutant);
    return [mutant.name, outcome ? String(outcome.seed) : 'survived', outcome?.broken?.check ?? '', mutant.breaks];
  });
  console.log(table(['mutant', 'seed', 'caught by', 'the rule switched off'], rows));
  const seconds = (performance.now() - beganAt) / 1000;
  console.log(`${caught.size} of ${mutants.length} mutants caught in ${seconds.toFixed(1)} s`);
  return caught.size === mutants.length;
}

function report({ seed, broken, trace }: Outcome): void {
  console.log(`seed ${seed} failed: ${broken?.text}`);
  if (trace.length > 0) console.log(`its last lines:\n${trace.join('\n')}`);
  console.log(`again: npm run simulate -- --seed ${seed} --trace\n`);
}

function* numbers(from: number, to: number): Iterable<number> {
  for (let number = from; number <= to; number++) yield number;
}

function spread(from: number, to: number, count: number): number[] {
  const step = (to - from) / Math.max(1, count - 1);
  return [...new Set(Array.from({ length: count }, (_, index) => Math.round(from + index * step)))];
}

function range(text: string): [number, number] {
  const match = /^(\d+)(?:\.\.(\d+))?$/.exec(text);
  const [from, to] = [Number(match?.[1]), Number(match?.[2] ?? match?.[1])];
  if (!match || to < from) throw new Error(`--seeds ${text} is no range like 1..500.`);
  return [from, to];
}

function options() {
  return parseArgs({
    options: {
      seeds: { type: 'string' },
      seed: { type: 'string' },
      trace: { type: 'boolean', default: false },
      mutants: { type: 'boolean', default: false },
      mutant: { type: 'string' },
      jobs: { type: 'string', default: String(availableParallelism()) },
      help: { type: 'boolean', default: false },
    },
  }).values;
}

async function main(): Promise<boolean> {
  const { seeds = DEFAULT_SEEDS, seed, trace, mutants, mutant: name, jobs, help } = options();
  if (help) {
    console.log(USAGE);
    return true;
  }
  const [processes] = range(jobs);
  if (mutants) return runMutants(MUTANTS, processes);
  const mutant = name === undefined ? null : mutantOf(name);
  if (seed !== undefined) return runSeed(range(seed)[0], trace, mutant);
  if (mutant) return runMutants([mutant], processes);
  return runSeeds(...range(seeds), processes);
}

main().then(
  (well) => {
    process.exitCode = well ? 0 : 1;
  },
  (error: unknown) => {
    console.error(`${error instanceof Error ? error.message : String(error)}\n\n${USAGE}`);
    process.exitCode = 1;
  },
);
