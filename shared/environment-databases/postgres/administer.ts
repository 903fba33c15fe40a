import { quoteName } from '../../sql/postgres/names.ts';
import type { Session } from '../../sql/postgres/session.ts';
import { ADMIN_ROW, administratorRules } from '../administrator.ts';
import type { Administrator } from '../model.ts';
import { columnsOf, type RunningJobsQuery } from '../scrub-rules.ts';
import { conditionText, Parameters } from './predicates.ts';
import { applyWhole } from './scrub.ts';
import { columnOf, type StandingTable, tablesFor } from './tables.ts';

/** In one transaction of the caller: all of the administrator or nothing. */
export async function resetAdministrator(session: Session, administrator: Administrator): Promise<'reset' | 'absent'> {
  const users = await tablesFor(session, { id: 'administrator', table: ADMIN_ROW.table }, ['ID']);
  let isThere = false;
  for (const table of users) isThere ||= (await selectText(session, table, ADMIN_ROW.where, 'ID', 1)).length > 0;
  if (!isThere) return 'absent';
  for (const rule of administratorRules(administrator)) {
    const tables = await tablesFor(session, rule, []);
    const fitting = tables.filter((table) =>
      columnsOf(rule).every((column) => table.columns.has(column.toLowerCase())),
    );
    for (const table of fitting) await applyWhole(session, table, rule);
  }
  return 'reset';
}

/** Names told at most: more are no better reason. */
const JOBS_MAX = 1_000;

export async function runningJobs(session: Session, query: RunningJobsQuery): Promise<string[]> {
  const columns = [query.name, ...query.where.map(({ column }) => column)];
  const tables = await tablesFor(session, { id: 'runningJobs', table: query.table }, columns);
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
