/** Calls to the API, counted for all instances together. Moments are the control database's. Errors: CONTROL_UNAVAILABLE (retry). */
export interface Calls {
  /** Counts one call under each of the limits, if all admit it: 0; else how many ms to wait, and nothing is counted. */
  admit(limits: readonly CallLimit[]): Promise<number>;
}

export interface CallLimit {
  /** What is counted, e.g. `metadata/project/112233`. */
  readonly key: string;
  readonly max: number;
  readonly windowMs: number;
}
