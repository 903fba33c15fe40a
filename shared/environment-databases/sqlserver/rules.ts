import type { Session } from '../../sql/sqlserver/session.ts';
import type { RunningJobsQuery } from '../scrub-rules.ts';
import type { RuleStatements } from '../sql/statements.ts';
import { columnOf } from '../sql/tables.ts';
import { mask } from './mask.ts';
import { Places } from './places.ts';
import { conditionText } from './predicates.ts';
import * as progress from './progress.ts';
import * as scrub from './scrub.ts';
import type { StandingTable } from './tables.ts';
import * as tables from './tables.ts';
import { hasTraces } from './traces.ts';
import { columnText } from './types.ts';
import * as verify from './verify.ts';
import { walkFor } from './walk.ts';

/** Rules in statements of T-SQL. */
export const RULES: RuleStatements<Session, StandingTable> = {
  ...tables,
  ...progress,
  ...scrub,
  ...verify,
  hasTraces,
  walkFor,
  mask,
  readNames,
};

async function readNames(
  session: Session,
  table: StandingTable,
  { name, where }: RunningJobsQuery,
  most: number,
): Promise<string[]> {
  const places = new Places();
  const conditions = where.map((condition) => conditionText(table, condition, places)).join(' AND ');
  const rows = await session.query<{ value: string | null }>(
    `SELECT TOP (${most}) ${columnText(columnOf(table, name))} AS value FROM ${table.relation} WHERE ${conditions} ORDER BY value`,
    places.parameters,
  );
  return rows.map(({ value }) => value ?? '');
}
