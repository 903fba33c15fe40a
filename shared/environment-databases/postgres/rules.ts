import { quoteName } from '../../sql/postgres/names.ts';
import type { Session } from '../../sql/postgres/session.ts';
import type { RunningJobsQuery } from '../scrub-rules.ts';
import type { RuleStatements } from '../sql/statements.ts';
import { columnOf } from '../sql/tables.ts';
import { mask } from './mask.ts';
import { conditionText, Parameters } from './predicates.ts';
import * as progress from './progress.ts';
import * as scrub from './scrub.ts';
import type { StandingTable } from './tables.ts';
import * as tables from './tables.ts';
import { hasTraces } from './traces.ts';
import * as verify from './verify.ts';
import { walkFor } from './walk.ts';

/** Rules in PostgreSQL's statements. */
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
  const parameters = new Parameters();
  const conditions = where.map((condition) => conditionText(table, condition, parameters)).join(' AND ');
  const rows = await session.query<{ value: string | null }>(
    `SELECT ${quoteName(columnOf(table, name).name)}::text AS value FROM ${table.relation} WHERE ${conditions} ORDER BY 1 LIMIT ${most}`,
    parameters.values,
  );
  return rows.map(({ value }) => value ?? '');
}
