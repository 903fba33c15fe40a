import type { Random } from '../../local/dataverse/model/random.ts';
import type { ProgressDisplay } from '../../local/terminal/progress.ts';

/** One way of being mean to a real installation, and what must hold afterwards. */
export interface Scenario {
  /** `<family>` or `<family>.<victim>`; the command line picks by either. */
  readonly name: string;
  /** For people: what happens. */
  readonly what: string;
  run(chaos: Chaos): Promise<Outcome>;
}

export interface Chaos {
  /** All chance of a run: moments, victims, the changes themselves. */
  readonly random: Random;
  /** Shorter, for trying; the figures of such a run are no proof. */
  readonly quick: boolean;
  readonly display: ProgressDisplay;
  /** Aborted when somebody has enough: what was started is stopped and removed then. */
  readonly signal: AbortSignal;
  /** For people: one line. */
  say(line: string): void;
}

/** What was measured, for the JSON line. Lags are in ms, from a change to the commit of the batch that holds it. */
export interface Figures {
  readonly changes: number;
  readonly rowsCompared: number;
  readonly differences: number;
  readonly [more: string]: number | string | boolean | null;
}

export interface Outcome {
  readonly figures: Figures;
  /** What did not hold, in words; none: passed. */
  readonly problems: readonly string[];
}

/** Whether the words of a command line name this scenario; no words: all. */
export function isPicked({ name }: Pick<Scenario, 'name'>, words: readonly string[]): boolean {
  return words.length === 0 || words.some((word) => name === word || name.startsWith(`${word}.`));
}
