import { DATABASE_ROLES, type PerRole } from '../../control/environment.ts';
import { type RuleDone, sourceOf } from '../../control/operation.ts';
import type { RuleFinding, RuleOutcome } from '../../environment-databases/model.ts';
import type { EnvironmentDatabases } from '../../environment-databases/port.ts';
import { parseScrubRules, type ScrubRule } from '../../environment-databases/scrub-rules.ts';
import { FreshetError } from '../../errors/error.ts';
import { connectionOf, mustFind, mustHaveId, onTarget } from './databases.ts';
import type { Turn } from './turn.ts';

/** Every rule on both copies; a table that neither has is skipped and reported. What an earlier turn did is not done twice: the copy knows. */
export async function scrub(turn: Turn): Promise<void> {
  const { rules, unknownColumns } = parseScrubRules(turn.operation.rules);
  await onTarget(turn, async (servers) => {
    if (unknownColumns === 'halt') await mustKnowAllColumns(turn, servers, rules);
    for (const rule of applied(rules)) {
      const outcomes: RuleOutcome[] = [];
      for (const role of DATABASE_ROLES) {
        const id = mustHaveId(turn.operation.databases[role].copy);
        const watch = (done: number, of: number) => turn.report(rule.title, done, of);
        outcomes.push(await servers[role].applyRule(id, rule, watch, turn.cancelled));
      }
      await keepDone(turn, doneOf(rule, outcomes));
    }
  });
}

/** By queries that are not the rules' own. Whatever speaks against one ends the operation before anybody could see it. */
export async function verify(turn: Turn): Promise<void> {
  const { rules } = parseScrubRules(turn.operation.rules);
  const source = await mustFind(turn.ports, sourceOf(turn.operation));
  const findings: RuleFinding[] = [];
  await onTarget(turn, async (servers) => {
    for (const rule of applied(rules)) {
      const before = findings.length;
      for (const role of DATABASE_ROLES) {
        const id = mustHaveId(turn.operation.databases[role].copy);
        const connection = await connectionOf(turn.ports, source.settings.databases[role]);
        findings.push(...(await servers[role].verifyRule(id, rule, connection)));
      }
      if (findings.length === before) await keepVerified(turn, rule);
    }
  });
  for (const { rule, table, rows, reason } of findings) turn.log.line(`${rule}: ${reason} in ${table}, ${rows} rows`);
  const [first] = findings;
  if (first) {
    const { rule, table, reason } = first;
    throw new FreshetError('SCRUB_NOT_VERIFIED', { rule, table, reason, count: findings.length });
  }
}

const applied = (rules: readonly ScrubRule[]) => rules.filter(({ action }) => action !== 'keep');

async function mustKnowAllColumns(
  turn: Turn,
  servers: PerRole<EnvironmentDatabases>,
  rules: readonly ScrubRule[],
): Promise<void> {
  for (const role of DATABASE_ROLES) {
    const unknown = await servers[role].unknownColumns(mustHaveId(turn.operation.databases[role].copy), rules);
    if (unknown.length > 0) throw unknownColumnsError(unknown);
  }
}

const NAMED_MAX = 20;

/** Names some, for there may be thousands. */
export function unknownColumnsError(columns: readonly string[]): FreshetError {
  const named = columns.slice(0, NAMED_MAX).join(', ');
  return new FreshetError('COLUMNS_WITHOUT_RULE', { count: columns.length, columns: named });
}

function doneOf({ id, title, table }: ScrubRule, outcomes: readonly RuleOutcome[]): RuleDone {
  const touched = outcomes.flatMap(({ tables }) => tables);
  return {
    rule: id,
    title,
    table: touched.length > 0 ? touched.join(', ') : table,
    rows: outcomes.reduce((rows, outcome) => rows + outcome.rows, 0),
    skipped: outcomes.every(({ status }) => status === 'skipped'),
    verified: false,
  };
}

async function keepDone(turn: Turn, one: RuleDone): Promise<void> {
  const what = one.skipped ? 'skipped, no such table' : `${one.rows} rows`;
  turn.log.line(`${one.rule} (${one.table}): ${what}`);
  await turn.change(({ done }) => ({ done: [...done.filter(({ rule }) => rule !== one.rule), one] }));
}

async function keepVerified(turn: Turn, { id }: ScrubRule): Promise<void> {
  await turn.change(({ done }) => ({
    done: done.map((one) => (one.rule === id ? { ...one, verified: true } : one)),
  }));
}
