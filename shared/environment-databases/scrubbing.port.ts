import type { Administrator, RuleFinding, RuleOutcome } from './model.ts';
import type { RunningJobsQuery, ScrubRule } from './scrub-rules.ts';

/** What happens inside a shut copy between its making and its first use; `id` is the copy's. */
export interface Scrubbing {
  /** Rows a rule would change; null: the table is not there. SCRUB_COLUMN_MISSING, SCRUB_COLUMN_NOT_WRITABLE, SCRUB_TYPE_UNFIT, SCRUB_VALUE_UNFIT. */
  countRule(id: string, rule: ScrubRule): Promise<number | null>;
  /**
   * In key ranges, each in a transaction with its mark, so a mask is never applied twice. COPY_CANCELLED between two ranges; before
   * the first what `countRule` refuses, and SCRUB_NOT_A_COPY for anything but a copy before its `finish`: no rule ever touches a database in service.
   */
  applyRule(
    id: string,
    rule: ScrubRule,
    watch: (done: number, of: number) => void,
    cancelled: AbortSignal,
  ): Promise<RuleOutcome>;
  /** What speaks against the rule having held, by a query that is not the rule's; [] when it held. Before `finish`. `source`: to compare samples of masks. */
  verifyRule(id: string, rule: ScrubRule, source: string): Promise<RuleFinding[]>;
  /** Columns that no rule knows (for the policy allow | halt), as Table.COLUMN. */
  unknownColumns(id: string, known: readonly ScrubRule[]): Promise<string[]>;
  /** Names of the recurring import and export jobs that still run; null: the table is not there. SCRUB_COLUMN_MISSING. */
  runningJobs(id: string, query: RunningJobsQuery): Promise<string[] | null>;
  /**
   * The user `Admin` is this account, and enabled; the tenant is the account's. `absent`: no such user, nothing is done; `skipped`:
   * no table of users stands. SCRUB_NOT_VERIFIED, and nothing is done, when a query that is not the change's own finds it otherwise.
   */
  resetAdministrator(id: string, administrator: Administrator): Promise<'reset' | 'absent' | 'skipped'>;
  /** Makes what had to wait for the scrub (triggers, filled views, statistics), and takes the runbook's own traces out. */
  finish(id: string): Promise<void>;
}
