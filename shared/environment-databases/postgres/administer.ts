import { FreshetError } from '../../errors/error.ts';
import { quoteName } from '../../sql/postgres/names.ts';
import type { Session } from '../../sql/postgres/session.ts';
import { ADMIN_ROWS, administratorRules } from '../administrator.ts';
import type { Administrator } from '../model.ts';
import { columnsOf, type RunningJobsQuery, type SetRule } from '../scrub-rules.ts';
import { conditionText, Parameters } from './predicates.ts';
import { applyWhole, countRule } from './scrub.ts';
import { columnOf, nameOf, type StandingTable, tablesFor } from './tables.ts';
import { countRemaining } from './verify.ts';

/** In one transaction of the caller: all of the administrator or nothing. */
export async function resetAdministrator(
  session: Session,
  administrator: Administrator,
): Promise<'reset' | 'absent' | 'skipped'> {
  const admins = await countRule(session, ADMIN_ROWS);
  if (admins === 0) return 'absent';
  const places: (readonly [StandingTable, SetRule])[] = [];
  for (const rule of administratorRules(administrator)) {
    const tables = await tablesFor(session, rule, []);
    const fitting = tables.filter((table) =>
      columnsOf(rule).every((column) => table.columns.has(column.toLowerCase())),
    );
    places.push(...fitting.map((table) => [table, rule] as const));
  }
  for (const [table, rule] of places) await applyWhole(session, table, rule);
  for (const [table, rule] of places) await mustHold(session, table, rule);
  return admins === null ? 'skipped' : 'reset';
}

async function mustHold(session: Session, table: StandingTable, rule: SetRule): Promise<void> {
  const count = await countRemaining(session, table, rule);
  if (count === 0) return;
  const reason = 'values remain';
  throw new FreshetError('SCRUB_NOT_VERIFIED', { rule: rule.title, table: nameOf(table), reason, count });
}

/** Names told at most: more are no better reason. */
const JOBS_MAX = 1_000;

export async function runningJobs(session: Session, query: RunningJobsQuery): Promise<string[] | null> {
  const columns = [query.name, ...query.where.map(({ column }) => column)];
  const tables = await tablesFor(session, { id: 'runningJobs', table: query.table }, columns);
  if (tables.length === 0) return null;
  const jobs: string[] = [];
  for (const table of tables) jobs.push(...(await selectText(session, table, query.where, query.name, JOBS_MAX)));
  return jobs;
}

async function selectText(
  session: Session,
  table: StandingTable,
  where: RunningJobsQuery['where'],
  column: string,
  limit: number,
): Promise<string[]> {
  const parameters = new Parameters();
  const conditions = where.map((condition) => conditionText(table, condition, parameters)).join(' AND ');
  const rows = await session.query<{ value: string | null }>(
    `SELECT ${quoteName(columnOf(table, column).name)}::text AS value FROM ${table.relation} WHERE ${conditions} ORDER BY 1 LIMIT ${limit}`,
    parameters.values,
  );
  return rows.map(({ value }) => value ?? '');
}
