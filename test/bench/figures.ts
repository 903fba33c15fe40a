import { format, ProgressDisplay, table } from '../../local/terminal/progress.ts';

/** Median and spread of repeated runs, in ms. */
export interface Measured {
  readonly medianMs: number;
  readonly minMs: number;
  readonly maxMs: number;
}

/** What a field of a figure has to keep, e.g. `>= 0.25`. */
export type Limits = Readonly<Record<string, `${'>=' | '<='} ${number}`>>;

type Values = Readonly<Record<string, string | number | null>>;

/** Hears what is measured: one JSON line for each figure on stdout; on stderr the progress, and a table in the end. */
export class Figures {
  readonly #told: { readonly name: string; readonly values: Values; readonly limits: Limits }[] = [];
  readonly #display = new ProgressDisplay(process.stderr);

  report(name: string, values: Values, limits: Limits = {}): void {
    this.#told.push({ name, values, limits });
    const limited = Object.keys(limits).length > 0;
    const judged = limited ? { limit: limits, met: missed(values, limits).length === 0 } : {};
    console.log(JSON.stringify({ name, ...values, ...judged }));
  }

  progress(label: string, done: number, of: number | null, note = ''): void {
    this.#display.show([{ label, done, of, note }]);
  }

  /** The bars of one part are over. */
  endProgress(): void {
    this.#display.end();
  }

  table(): string {
    const rows = this.#told.flatMap(({ name, values, limits }) =>
      Object.entries(values).map(([field, value], k) => [
        k === 0 ? name : '',
        field,
        typeof value === 'number' ? format(value) : String(value),
        limits[field]?.replace('>=', '≥').replace('<=', '≤') ?? '',
        field in limits ? (missed(values, limits).includes(field) ? 'MISSED' : 'met') : '',
      ]),
    );
    return table(['measure', 'figure', 'value', 'limit', ''], rows);
  }
}

/** The fields that do not keep their limit; one without a value does not. */
function missed(values: Values, limits: Limits): string[] {
  return Object.entries(limits).flatMap(([field, limit]) => {
    const [sign, bound] = limit.split(' ');
    const value = values[field];
    const isKept = typeof value === 'number' && (sign === '>=' ? value >= Number(bound) : value <= Number(bound));
    return isKept ? [] : [field];
  });
}

export async function timed(work: () => Promise<unknown> | unknown): Promise<number> {
  const started = performance.now();
  await work();
  return performance.now() - started;
}

export function summarize(times: readonly number[]): Measured {
  const sorted = times.toSorted((a, b) => a - b);
  const at = (index: number) => round(sorted[index] ?? 0);
  return { medianMs: at(Math.floor(sorted.length / 2)), minMs: at(0), maxMs: at(sorted.length - 1) };
}

export function median(times: readonly number[]): number {
  return summarize(times).medianMs;
}

/** The value that `share` of them do not exceed; 0 of none. */
export function percentile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? 0;
}

export function round(value: number): number {
  return Math.round(value * 1000) / 1000;
}
