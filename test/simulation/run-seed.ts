import { History } from './history.ts';
import { BrokenPromise } from './rest.ts';

/** What came of one history. */
export interface Outcome {
  readonly seed: number;
  /** Of the trace: the same seed gives the same. */
  readonly hash: string;
  /** The promise that was broken, or null. */
  readonly broken: { readonly check: string; readonly text: string } | null;
  /** The last lines of the trace, or all. */
  readonly trace: readonly string[];
}

const LAST_LINES = 20;

export async function runSeed(seed: number, { whole = false } = {}): Promise<Outcome> {
  const history = new History(seed);
  const broken = await history.run().then(
    () => null,
    (error: unknown) => ({
      check: error instanceof BrokenPromise ? error.check : 'no error of our own',
      text: error instanceof BrokenPromise ? error.message : String(error instanceof Error ? error.stack : error),
    }),
  );
  const { hash, lines } = history.trace;
  return { seed, hash, broken, trace: whole ? lines : broken ? lines.slice(-LAST_LINES) : [] };
}
