/** What the supervisor has to know of a part. */
export interface PartDefinition {
  readonly name: string;
  /** The module that is run. Its process says `… ready on 127.0.0.1:<port>` when it serves, and ends on SIGTERM. */
  readonly entry: string;
  readonly args: readonly string[];
  /** Beside the supervisor's own environment; `undefined` removes a variable. */
  readonly environment?: Readonly<Record<string, string | undefined>>;
  readonly port: number;
  /** How many ports in a row it binds. */
  readonly ports?: number;
  /** Names of the parts that must serve before it is started, and that are stopped after it. */
  readonly needs: readonly string[];
  /** What is to be done before each start. */
  readonly prepare?: () => Promise<void>;
  /** What must also hold before it counts as serving; asked again until it does. */
  readonly serves?: () => Promise<boolean>;
  /** Default: a minute. */
  readonly readyWithinMs?: number;
}

/** A part as people and other programs see it. */
export interface PartState {
  readonly name: string;
  readonly pid: number;
  readonly port: number;
  /** ISO 8601. */
  readonly started: string;
}

/** For people: one line. */
export type Report = (line: string) => void;
