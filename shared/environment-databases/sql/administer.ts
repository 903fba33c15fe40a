import { FreshetError } from '../../errors/error.ts';
import { ADMIN_ROWS, administratorRules } from '../administrator.ts';
import type { Administrator } from '../model.ts';
import { columnsOf, type RunningJobsQuery, type SetRule } from '../scrub-rules.ts';
import { countRule } from './scrub.ts';
import type { RuleStatements } from './statements.ts';
import { nameOf, type SqlTable, tablesFor } from './tables.ts';

/** In one transaction of the caller: all of the administrator or nothing. */
export async function resetAdministrator<S, T extends SqlTable>(
  session: S,
  statements: RuleStatements<S, T>,
  administrator: Administrator,
): Promise<'reset' | 'absent' | 'skipped'> {
  const admins = await countRule(session, statements, ADMIN_ROWS);
  if (admins === 0) return 'absent';
  const places: (readonly [T, SetRule])[] = [];
  for (const rule of administratorRules(administrator)) {
    const tables = await tablesFor(session, statements, rule, []);
    const fitting = tables.filter((table) =>
      columnsOf(rule).every((column) => table.columns.has(column.toLowerCase())),
    );
    places.push(...fitting.map((table) => [table, rule] as const));
  }
  for (const [table, rule] of places) await statements.change(session, table, rule, null);
  for (const [table, rule] of places) await mustHold(session, statements, table, rule);
  return admins === null ? 'skipped' : 'reset';
}

async function mustHold<S, T extends SqlTable>(
  session: S,
  { countRemaining }: RuleStatements<S, T>,
  table: T,
  rule: SetRule,
): Promise<void> {
  const count = await countRemaining(session, table, rule);
  if (count === 0) return;
  const reason = 'values remain';
  throw new FreshetError('SCRUB_NOT_VERIFIED', { rule: rule.title, table: nameOf(table), reason, count });
}

/** Names told at most: more are no better reason. */
const JOBS_MAX = 1_000;

export async function runningJobs<S, T extends SqlTable>(
  session: S,
  statements: RuleStatements<S, T>,
  query: RunningJobsQuery,
): Promise<string[] | null> {
  const columns = [query.name, ...query.where.map(({ column }) => column)];
  const tables = await tablesFor(session, statements, { id: 'runningJobs', table: query.table }, columns);
  if (tables.length === 0) return null;
  const jobs: string[] = [];
  for (const table of tables) jobs.push(...(await statements.readNames(session, table, query, JOBS_MAX)));
  return jobs;
}
