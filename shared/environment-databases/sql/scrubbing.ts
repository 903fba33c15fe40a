import type { Units } from '../../sql/units.ts';
import type { Administrator, RuleFinding, RuleOutcome } from '../model.ts';
import { columnsWithoutRule, type RunningJobsQuery, type ScrubRule } from '../scrub-rules.ts';
import type { Scrubbing } from '../scrubbing.port.ts';
import { resetAdministrator, runningJobs } from './administer.ts';
import type { Told } from './errors.ts';
import { applyRule, countRule } from './scrub.ts';
import type { RuleStatements } from './statements.ts';
import type { SqlTable } from './tables.ts';
import { verifyRule } from './verify.ts';

/** The databases of a server, as rules need them. Units may last as long as their statements do. */
export interface RuleDatabases<S> {
  readonly told: Told;
  /** The database of that id. DATABASE_GONE. */
  inside(id: string): Promise<Units<S>>;
  /** The database that a connection string names; to be closed. */
  open(connection: string): Units<S>;
  /** Rows of one range. */
  readonly rangeRows: number;
}

/** Rules inside a copy, by the statements of a dialect. */
export class SqlScrubbing<S, T extends SqlTable> implements Omit<Scrubbing, 'finish'> {
  readonly #statements: RuleStatements<S, T>;
  readonly #databases: RuleDatabases<S>;

  constructor(statements: RuleStatements<S, T>, databases: RuleDatabases<S>) {
    this.#statements = statements;
    this.#databases = databases;
  }

  countRule(id: string, rule: ScrubRule): Promise<number | null> {
    return this.#onConnection(id, (session) => countRule(session, this.#statements, rule));
  }

  applyRule(
    id: string,
    rule: ScrubRule,
    watch: (done: number, of: number) => void,
    cancelled: AbortSignal,
  ): Promise<RuleOutcome> {
    const { told, inside, rangeRows } = this.#databases;
    const run = { id, rule, rangeRows, watch, cancelled };
    return told(async () => applyRule(await inside(id), this.#statements, run));
  }

  verifyRule(id: string, rule: ScrubRule, source: string): Promise<RuleFinding[]> {
    const { told, inside, open } = this.#databases;
    return told(async () => {
      const from = open(source);
      try {
        return await verifyRule({ copy: await inside(id), source: from, statements: this.#statements }, rule);
      } finally {
        await from.close();
      }
    });
  }

  async unknownColumns(id: string, known: readonly ScrubRule[]): Promise<string[]> {
    return columnsWithoutRule(await this.#onConnection(id, this.#statements.listColumns), known);
  }

  runningJobs(id: string, query: RunningJobsQuery): Promise<string[] | null> {
    return this.#onConnection(id, (session) => runningJobs(session, this.#statements, query));
  }

  resetAdministrator(id: string, administrator: Administrator): Promise<'reset' | 'absent' | 'skipped'> {
    const { told, inside } = this.#databases;
    return told(async () =>
      (await inside(id)).inTransaction((session) => resetAdministrator(session, this.#statements, administrator)),
    );
  }

  #onConnection<R>(id: string, work: (session: S) => Promise<R>): Promise<R> {
    const { told, inside } = this.#databases;
    return told(async () => (await inside(id)).onConnection(work));
  }
}
