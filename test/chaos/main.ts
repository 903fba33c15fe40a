import { parseArgs } from 'node:util';
import { seededRandom } from '../../local/dataverse/model/random.ts';
import { ProgressDisplay } from '../../local/terminal/progress.ts';
import { diskScenarios } from './disk.ts';
import { killScenarios } from './kill.ts';
import { outageScenarios } from './outage.ts';
import { proxyScenarios } from './proxy.ts';
import { refreshScenarios } from './refresh.ts';
import { restoreScenarios } from './restore.ts';
import { isPicked, type Outcome, type Scenario } from './scenario.ts';

const SCENARIOS: readonly Scenario[] = [
  ...killScenarios,
  ...proxyScenarios,
  ...restoreScenarios,
  ...diskScenarios,
  ...outageScenarios,
  ...refreshScenarios,
];

/** As shells do for a program that Ctrl-C ended. */
const INTERRUPTED = 130;

/**
 * Faults on real parts: `npm run chaos [-- <scenario> …] [--seed <n>] [--quick]`. One JSON line per scenario on stdout, words
 * for people on stderr; the last line sums up. Exit code 1 when a scenario failed.
 */
async function main(): Promise<number> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: { seed: { type: 'string' }, quick: { type: 'boolean', default: false } },
  });
  const picked = SCENARIOS.filter((scenario) => isPicked(scenario, positionals));
  const unknown = positionals.filter((word) => !SCENARIOS.some((scenario) => isPicked(scenario, [word])));
  if (unknown.length > 0) {
    const names = SCENARIOS.map(({ name }) => name).join(', ');
    throw new Error(`there is no scenario ${unknown.join(', ')}; there are ${names}, and each first word alone`);
  }
  const seed = Number(values.seed ?? Math.floor(Math.random() * 1_000_000));
  if (!Number.isSafeInteger(seed)) throw new Error(`--seed is not a whole number: ${values.seed}`);
  const stop = new AbortController();
  process.once('SIGINT', () => stop.abort(new Error('it was interrupted')));
  let failed = 0;
  for (const scenario of picked) {
    if (!(await runOne(scenario, seed, values.quick, stop.signal))) failed += 1;
    if (stop.signal.aborted) return INTERRUPTED;
  }
  console.log(`${picked.length - failed} passed, ${failed} failed`);
  return failed === 0 ? 0 : 1;
}

/** Each scenario draws from the seed alone, so that it can be repeated by itself. */
async function runOne(scenario: Scenario, seed: number, quick: boolean, signal: AbortSignal): Promise<boolean> {
  const say = (line: string) => console.error(`  ${line}`);
  console.error(`\n${scenario.name}: ${scenario.what} (seed ${seed}${quick ? ', quick' : ''})`);
  const began = performance.now();
  const chaos = { random: seededRandom(seed), quick, display: new ProgressDisplay(process.stderr), say, signal };
  const { figures, problems } = await scenario.run(chaos).catch(
    (error: unknown): Outcome => ({
      figures: { changes: 0, rowsCompared: 0, differences: 0 },
      problems: [error instanceof Error ? (error.stack ?? error.message) : String(error)],
    }),
  );
  const passed = problems.length === 0;
  const seconds = Math.round((performance.now() - began) / 1000);
  console.log(JSON.stringify({ scenario: scenario.name, passed, seed, quick, seconds, ...figures, problems }));
  for (const problem of problems) say(`FAILED ${problem}`);
  if (passed) say(`passed in ${seconds} s`);
  return passed;
}

main().then(
  (code) => process.exit(code),
  (error: unknown) => {
    console.error(error instanceof Error ? error.message : String(error));
    process.exit(1);
  },
);
