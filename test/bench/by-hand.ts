import pg from 'pg';
import { withClient } from '../../local/environments/databases.ts';
import { urlOf } from '../../local/environments/server.ts';
import { PATIENT } from '../../shared/environment-databases/postgres/connections.ts';
import { RULES } from '../../shared/environment-databases/postgres/rules.ts';
import {
  type Blueprint,
  readBlueprint,
  readSequences,
  type SequenceValue,
} from '../../shared/environment-databases/postgres/source.ts';
import { runInSomeOrder, runWhatCan } from '../../shared/environment-databases/postgres/statements.ts';
import type { StandingTable } from '../../shared/environment-databases/postgres/tables.ts';
import type { ScrubRule } from '../../shared/environment-databases/scrub-rules.ts';
import { tablesOfRule } from '../../shared/environment-databases/sql/tables.ts';
import { DEFAULT_RULES } from '../../shared/refresh/default-rules.ts';
import { connect, type PostgresPool } from '../../shared/sql/postgres/connect.ts';
import { forwardRows } from '../../shared/sql/postgres/forward.ts';
import { inTransaction, onConnection, type Session } from '../../shared/sql/postgres/session.ts';

export interface ByHand {
  readonly copyMs: number;
  readonly scrubMs: number;
}

/**
 * Makes the database `name` on the server of `source` as an administrator would without a runbook: by the same stream and the
 * same statements, one after the other over one connection to each side. Nothing is noted, verified, or able to go on where
 * it was broken off.
 */
export async function copyAndScrub(source: string, name: string): Promise<ByHand> {
  const began = performance.now();
  const from = connect(source, PATIENT);
  try {
    const { blueprint, sequences } = await inTransaction(from, async (session) => ({
      blueprint: await readBlueprint(session),
      sequences: await readSequences(session),
    }));
    await createDatabase(source, name, blueprint.creation);
    const into = connect(urlOf(source, { database: name }), PATIENT);
    try {
      await fill(from, into, blueprint, sequences);
      const copied = performance.now();
      await onConnection(into, scrub);
      const scrubbed = performance.now();
      await onConnection(into, (session) => runInSomeOrder(session, blueprint.afterScrub));
      return { copyMs: copied - began + performance.now() - scrubbed, scrubMs: scrubbed - copied };
    } finally {
      await into.end();
    }
  } finally {
    await from.end();
  }
}

export function dropDatabase(server: string, name: string): Promise<unknown> {
  return withClient(urlOf(server, { database: 'postgres' }), (client) =>
    client.query(`DROP DATABASE IF EXISTS ${pg.escapeIdentifier(name)}`),
  );
}

function createDatabase(server: string, name: string, options: string): Promise<unknown> {
  return withClient(urlOf(server, { database: 'postgres' }), async (client) => {
    await client.query(`CREATE DATABASE ${pg.escapeIdentifier(name)} TEMPLATE template0 ${options}`);
  });
}

/** As the product prepares its own: a statement that waited for the disk would be a handicap. */
const PREPARE =
  "SET search_path = ''; SET check_function_bodies = off; SET synchronous_commit = off; SET maintenance_work_mem = '128MB'";

async function fill(
  from: PostgresPool,
  into: PostgresPool,
  blueprint: Blueprint,
  sequences: readonly SequenceValue[],
): Promise<void> {
  const { extensions, beforeRows, indexes, afterRows } = blueprint;
  const made = [...extensions.map(({ statement }) => statement), ...beforeRows];
  const waiting = await onConnection(into, async (session) => {
    await session.query(PREPARE);
    return runWhatCan(made, (statement) => session.query(statement));
  });
  await copyRows(from, into, blueprint);
  await onConnection(into, async (session) => {
    await session.query(PREPARE);
    for (const statement of [...indexes.values()].flat()) await session.query(statement);
    for (const { name, value, isCalled } of sequences)
      await session.query('SELECT setval($1::regclass, $2, $3)', [name, value, isCalled]);
    await runInSomeOrder(session, [...waiting.map(({ statement }) => statement), ...afterRows]);
    await session.query('RESET ALL');
  });
}

async function copyRows(from: PostgresPool, into: PostgresPool, { tables, encoding }: Blueprint): Promise<void> {
  const [reader, writer] = [await from.connect(), await into.connect()];
  try {
    await reader.query('BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY');
    await writer.query(PREPARE);
    for (const { relation, columns, isBinary } of tables) {
      const form = `(FORMAT ${isBinary ? 'binary' : 'text'}, ENCODING '${encoding}')`;
      const rows = `${relation}${columns ? ` (${columns})` : ''}`;
      await forwardRows(reader, `COPY ${rows} TO STDOUT ${form}`, writer, `COPY ${rows} FROM STDIN ${form}`);
    }
    await reader.query('COMMIT');
  } finally {
    reader.release(true);
    writer.release(true);
  }
}

async function scrub(session: Session): Promise<void> {
  for (const rule of DEFAULT_RULES.rules) {
    for (const table of await tablesOfRule(session, RULES, rule)) await apply(session, table, rule);
  }
}

async function apply(session: Session, table: StandingTable, rule: ScrubRule): Promise<void> {
  if (rule.action === 'mask') throw new Error(`${rule.id} is a mask, which is not one statement`);
  if (rule.action !== 'truncate') await RULES.change(session, table, rule, null);
  else await session.query(table.isReferenced ? `DELETE FROM ${table.relation}` : `TRUNCATE TABLE ${table.relation}`);
}
