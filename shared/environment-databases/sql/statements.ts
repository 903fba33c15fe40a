import type { MaskRule, RunningJobsQuery, ScrubRule, SetRule } from '../scrub-rules.ts';
import type { ColumnName, SqlTable, TableName } from './tables.ts';
import type { Place, Range, Walk } from './walk.ts';

/** How far a rule is in a table of a copy. */
export interface Progress {
  readonly last: Place;
  /** Changed so far. */
  readonly rows: number;
  readonly finished: boolean;
}

/** A row of the source: its key and the value of the masked column, as texts. */
export interface SampleRow {
  readonly key: readonly string[];
  readonly value: string;
}

/**
 * What rules are made of in a dialect: statements, each a function on a session of its own kind. They run inside a unit of
 * work and throw what the driver throws; the unit's end classifies it.
 */
export interface RuleStatements<S, T extends SqlTable> {
  /** Those of a database's own tables that are meant. */
  readTables(session: S, isMeant: (table: TableName) => boolean): Promise<T[]>;
  /** Every column of every table. */
  listColumns(session: S): Promise<ColumnName[]>;
  /** Whether rules may be applied here: it is a copy, and its scrub is not over. */
  hasTraces(session: S): Promise<boolean>;
  /** The seed of masks that have none of their own. */
  readSeed(session: S): Promise<string>;
  /** Who applies the same rule at the same time waits here, and finds the range done. */
  lockProgress(session: S, rule: ScrubRule, table: T): Promise<Progress>;
  keepProgress(session: S, rule: ScrubRule, table: T, progress: Progress): Promise<void>;
  /** Null: the rule was never begun here. */
  isFinished(session: S, rule: ScrubRule, table: T): Promise<boolean | null>;
  walkFor(table: T, rule: ScrubRule, rangeRows: number): Walk<S>;
  /** TRUNCATE, unless something refers to the table: then row by row, for what refers to a row must have its say. Answers how many stood. */
  empty(session: S, table: T): Promise<number>;
  /** The rows of the range that a set, null or delete changed; `range` null: of the table. Other rules change none. */
  change(session: S, table: T, rule: Exclude<ScrubRule, MaskRule>, range: Range | null): Promise<number>;
  /** Whether the column would hold the rule's value, and give it back as the rule says it. */
  takes(session: S, table: T, rule: SetRule): Promise<boolean>;
  /** Masks the rows of the range, each once; answers how many. */
  mask(session: S, table: T, rule: MaskRule, range: Range, maskOf: (value: string) => string): Promise<number>;
  /** Rows that the rule would change. */
  countChanged(session: S, table: T, rule: ScrubRule): Promise<number>;
  /** Rows of which the rule should have left none, by the second opinion. */
  countRemaining(session: S, table: T, rule: ScrubRule): Promise<number>;
  /** At most `most` rows of the source that the rule is for, from all over the table, which has a key. */
  sampleOf(session: S, table: T, rule: MaskRule, most: number): Promise<SampleRow[]>;
  /** Rows of the sample that hold in the copy what they hold in the source; in a transaction. */
  countSame(session: S, table: T, rule: MaskRule, sample: readonly SampleRow[]): Promise<number>;
  /** The column `name` of rows that meet all conditions, as texts in order. */
  readNames(session: S, table: T, query: RunningJobsQuery, most: number): Promise<string[]>;
}
