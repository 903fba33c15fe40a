/** A database as its server tells of it. `id` outlives every rename; `isOpen`: others than the runbook may enter. */
export interface DatabaseFacts {
  readonly id: string;
  readonly name: string;
  readonly bytes: number;
  readonly isOpen: boolean;
}

/** How far a copy is; neither goes down while it is made, and both are equal in the end. */
export interface CopyProgress {
  readonly doneBytes: number;
  readonly totalBytes: number;
}

/** Who may enter a database in service and do what there, as its server keeps it: opaque to the runbook, JSON. */
export type Access = { readonly dialect: string } & Record<string, unknown>;

/** The environment administrator, whom the user `Admin` is reset to. */
export interface Administrator {
  readonly sid: string;
  readonly alias: string;
  readonly domain: string;
  readonly identityProvider: string;
  readonly tenantId: string;
}

/** What a rule did, all its runs together. `skipped`: no table of that name stands, and nothing was done. */
export interface RuleOutcome {
  readonly status: 'applied' | 'skipped';
  /** The tables touched as the database spells them, with their schema. */
  readonly tables: readonly string[];
  /** Rows deleted or changed. */
  readonly rows: number;
}

/** Something that should not be there after a rule was applied. Holds no contents of a row. */
export interface RuleFinding {
  readonly rule: string;
  /** With its schema. */
  readonly table: string;
  readonly rows: number;
  readonly reason: 'rows remain' | 'values remain' | 'ranges not masked' | 'same as the source' | 'not applied';
}

/** What random names of copies look like; never derived from the environment's name. */
export const COPY_NAME = /^freshet_[0-9a-f]{16}$/;
