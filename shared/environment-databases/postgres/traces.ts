import { quoteName } from '../../sql/postgres/names.ts';
import type { Session } from '../../sql/postgres/session.ts';
import { runInSomeOrder } from './statements.ts';

/** What the runbook keeps in a copy until its scrub is over: what waits for that, how far each rule is, the seed of masks. */

export const TRACES_SCHEMA = 'freshet_runbook';
const SCHEMA = quoteName(TRACES_SCHEMA);

export const TRACES = {
  waiting: `${SCHEMA}.waiting`,
  progress: `${SCHEMA}.progress`,
  seed: `${SCHEMA}.seed`,
} as const;

export async function makeTraces(session: Session, waiting: readonly string[]): Promise<void> {
  await session.query(
    `CREATE SCHEMA ${SCHEMA};
     CREATE TABLE ${TRACES.waiting} (number integer PRIMARY KEY, statement text NOT NULL);
     CREATE TABLE ${TRACES.progress} (rule text, relation oid, last text[], rows bigint NOT NULL DEFAULT 0,
       finished boolean NOT NULL DEFAULT false, PRIMARY KEY (rule, relation));
     CREATE TABLE ${TRACES.seed} (value text NOT NULL);
     INSERT INTO ${TRACES.seed} VALUES (gen_random_uuid()::text || gen_random_uuid()::text)`,
  );
  await session.query(
    `INSERT INTO ${TRACES.waiting} SELECT number, statement FROM unnest($1::text[]) WITH ORDINALITY s (statement, number)`,
    [waiting],
  );
}

export async function hasTraces(session: Session): Promise<boolean> {
  const rows = await session.query('SELECT 1 FROM pg_namespace WHERE nspname = $1', [TRACES_SCHEMA]);
  return rows.length > 0;
}

/** Makes what waited, each statement in the transaction that crosses it off; then takes the traces out. Safe to repeat. */
export async function takeTracesOut(session: Session): Promise<void> {
  if (!(await hasTraces(session))) return;
  await session.query("SET search_path = ''; SET check_function_bodies = off");
  const waiting = await session.query<{ number: number; statement: string }>(
    `SELECT number, statement FROM ${TRACES.waiting} ORDER BY number`,
  );
  const numbers = new Map(waiting.map(({ number, statement }) => [statement, number]));
  await runInSomeOrder(session, [...numbers.keys()], async (statement) => {
    await session
      .query(`BEGIN; DELETE FROM ${TRACES.waiting} WHERE number = ${numbers.get(statement)}; ${statement}; COMMIT`)
      .catch(async (error: unknown) => {
        await session.query('ROLLBACK');
        throw error;
      });
  });
  // What the rules left behind in the pages goes, and statistics are of the scrubbed rows.
  for (const { relation } of await touchedTables(session)) await session.query(`VACUUM ${relation}`);
  await session.query('ANALYZE');
  await session.query(`DROP SCHEMA ${SCHEMA} CASCADE; RESET search_path; RESET check_function_bodies`);
}

function touchedTables(session: Session): Promise<{ relation: string }[]> {
  return session.query(
    `SELECT DISTINCT relation::regclass::text AS relation FROM ${TRACES.progress} p JOIN pg_class c ON c.oid = p.relation WHERE p.rows > 0`,
  );
}
