/** Median and spread of repeated runs, in ms. */
export interface Measured {
  readonly medianMs: number;
  readonly minMs: number;
  readonly maxMs: number;
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

export function report(measure: string, values: Readonly<Record<string, unknown>>): void {
  console.log(JSON.stringify({ measure, ...values }));
}

export function round(value: number): number {
  return Math.round(value * 1000) / 1000;
}
