import type { RowValue } from '../../../shared/environment-databases/conditions.ts';
import type { DatabaseFacts } from '../../../shared/environment-databases/model.ts';
import type { EnvironmentDatabases } from '../../../shared/environment-databases/port.ts';
import type { ScrubRule } from '../../../shared/environment-databases/scrub-rules.ts';

export type Row = Readonly<Record<string, RowValue>>;
/** Rows by table, in the schema dbo; each row has a RECID. */
export type Tables = Readonly<Record<string, readonly Row[]>>;

/** What the suite needs of a server beside the port: people and programs that use its databases. */
export interface EnvironmentHarness {
  /** As the runbook. */
  open(): Promise<EnvironmentDatabases>;
  /** What the vault holds for a database. */
  connection(name: string): string;
  /** A database in service that `users` may enter, with a name that nobody else has. */
  create(tables: Tables, users?: readonly string[]): Promise<string>;
  /** Rows by RECID, as an administrator sees them. */
  rows(database: string, table: string): Promise<Row[]>;
  /** An administrator changes a row of whatever database. */
  change(database: string, table: string, recId: number, column: string, value: RowValue): Promise<void>;
  insert(database: string, table: string, row: Row): Promise<void>;
  /** Whether somebody gets in and can read; a session that got in stays. */
  enters(database: string, user: string): Promise<boolean>;
  /** Whether any session of that user still lives. */
  isInside(user: string): Promise<boolean>;
  /** A copy that its maker left half done. */
  leaveHalfCopy(name: string): Promise<void>;
  /** False for the name of a table that the server's catalog cannot tell; absent: there is none. */
  tells?(name: string): boolean;
  close(): Promise<void>;
}

export type MakeHarness = () => Promise<EnvironmentHarness>;

/** Rows of a range, small enough that a handful of rows make several. */
export const RANGE_ROWS = 3;

let copies = 0;

export function copyName(): string {
  copies += 1;
  return `freshet_${process.pid.toString(16).padStart(8, '0')}${copies.toString(16).padStart(8, '0')}`;
}

export const never = (): AbortSignal => new AbortController().signal;
export const unseen = () => undefined;

export function copyOf(
  databases: EnvironmentDatabases,
  harness: EnvironmentHarness,
  source: string,
): Promise<DatabaseFacts> {
  return databases.copy(harness.connection(source), copyName(), unseen, never());
}

export function apply(databases: EnvironmentDatabases, id: string, rule: ScrubRule) {
  return databases.applyRule(id, rule, unseen, never());
}

let rules = 0;

type WithoutName<Rule> = Rule extends ScrubRule ? Omit<Rule, 'id' | 'title'> : never;

/** A rule with an id of its own. */
export function ruleOf(rest: WithoutName<ScrubRule>): ScrubRule {
  rules += 1;
  return { id: `rule-${rules}`, title: 'A rule', ...rest };
}

/** A table of text with these values, RECID from 1. */
export function texts(values: readonly (string | null)[]): Row[] {
  return values.map((VALUE, k) => ({ RECID: k + 1, VALUE }));
}
