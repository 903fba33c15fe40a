import type { Figures } from './figures.ts';

/** A part of the benchmark: what it measures, by the names under which it is asked for. */
export interface Part {
  /** Beginnings of the names of its measures. */
  readonly names: readonly string[];
  /** Only on request: it serves to choose a constant, and has no limit to keep. */
  readonly onRequest?: true;
  /** Can be measured on the server of FRESHET_DESTINATION; the others know the embedded PostgreSQL alone. */
  readonly anywhere?: true;
  run(figures: Figures, chosen: (name: string) => boolean): Promise<void>;
}
