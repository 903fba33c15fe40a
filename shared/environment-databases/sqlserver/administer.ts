import { FreshetError } from '../../errors/error.ts';
import type { Session } from '../../sql/sqlserver/session.ts';
import { ADMIN_ROWS, administratorRules } from '../administrator.ts';
import type { Administrator } from '../model.ts';
import { columnsOf, type RunningJobsQuery, type SetRule } from '../scrub-rules.ts';
import { Places } from './places.ts';
import { conditionText } from './predicates.ts';
import { applyWhole, countIn } from './scrub.ts';
import { columnOf, nameOf, type StandingTable, tablesFor } from './tables.ts';
import { columnText } from './types.ts';
import { countRemaining } from './verify.ts';

/** In one transaction of the caller: all of the administrator or nothing. */
export async function resetAdministrator(
  session: Session,
  administrator: Administrator,
): Promise<'reset' | 'absent' | 'skipped'> {
  const admins = await countIn(session, ADMIN_ROWS);
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
  for (const table of tables) jobs.push(...(await namesIn(session, table, query)));
  return jobs;
}

async function namesIn(session: Session, table: StandingTable, query: RunningJobsQuery): Promise<string[]> {
  const places = new Places();
  const conditions = query.where.map((condition) => conditionText(table, condition, places)).join(' AND ');
  const rows = await session.query<{ value: string | null }>(
    `SELECT TOP (${JOBS_MAX}) ${columnText(columnOf(table, query.name))} AS value FROM ${table.relation} WHERE ${conditions} ORDER BY value`,
    places.parameters,
  );
  return rows.map(({ value }) => value ?? '');
}
