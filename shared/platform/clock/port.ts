/** Time and chance. Nothing else in shared/ may read the real clock, set a timer or draw a random number. */
export interface Clock {
  /** Milliseconds since 1970-01-01 UTC. May jump back: nothing orders by it. */
  now(): number;
  /** Resolves after `ms` milliseconds of this clock, or rejects with the signal's reason when it is aborted. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
  /** Calls `tick` every `ms` milliseconds, beside everything else, until the function it answers with is called. */
  every(ms: number, tick: () => void): () => void;
}

/** A new random name: lower-case UUID text. */
export type NewId = () => string;
