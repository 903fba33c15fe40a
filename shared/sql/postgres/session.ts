import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type pg from 'pg';
import { from as copyFrom } from 'pg-copy-streams';
import type { UnitOptions, Units } from '../units.ts';
import { classify } from './classify.ts';
import { limitSilence, type PostgresPool } from './connect.ts';

/** One connection, for as long as a unit of work lasts. Errors come as pg throws them; the unit's end classifies them. */
export interface Session {
  query<Row = Record<string, unknown>>(text: string, values?: readonly unknown[]): Promise<Row[]>;
  /** One statement without parameters. */
  run(text: string): Promise<void>;
  /** `COPY … FROM STDIN`, fed with its text format. */
  copy(text: string, chunks: Iterable<string>): Promise<void>;
}

/** The server speaks up when its own limit is reached; only a peer that is gone stays silent beyond it. */
const SILENCE_BEYOND_STATEMENT_MS = 2_000;

/**
 * Runs the work in one transaction at READ COMMITTED. After a rejection nothing of it is written, but for a COMMIT whose
 * answer was lost: DESTINATION_UNAVAILABLE then, like for any lost connection. Every error is classified.
 */
export async function inTransaction<T>(
  pool: PostgresPool,
  work: (session: Session) => Promise<T>,
  options: UnitOptions = {},
): Promise<T> {
  return withConnection(pool, options, async (client) => {
    const limit = options.statementTimeoutMs;
    await client.query(
      `BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE${limit ? `; SET LOCAL statement_timeout = ${limit}` : ''}`,
    );
    const result = await work(sessionOf(client));
    await client.query(options.end === 'rollback' ? 'SET CONSTRAINTS ALL IMMEDIATE; ROLLBACK' : 'COMMIT');
    return result;
  });
}

/** Runs questions and single changes, each of which is a transaction by itself. Every error is classified. */
export function onConnection<T>(
  pool: PostgresPool,
  work: (session: Session) => Promise<T>,
  options: Pick<UnitOptions, 'silenceMs'> = {},
): Promise<T> {
  return withConnection(pool, options, (client) => work(sessionOf(client)));
}

/** On connections of the pool, whose limits are those of each unit that names none of its own. */
export function unitsOn(pool: PostgresPool): Units<Session> {
  return {
    inTransaction: (work, options) => inTransaction(pool, work, options),
    onConnection: (work, options) => onConnection(pool, work, options),
    close: () => pool.end(),
  };
}

async function withConnection<T>(
  pool: PostgresPool,
  {
    statementTimeoutMs,
    silenceMs = statementTimeoutMs && statementTimeoutMs + SILENCE_BEYOND_STATEMENT_MS,
  }: UnitOptions,
  work: (client: pg.PoolClient) => Promise<T>,
): Promise<T> {
  const client = await pool.connect().catch((error: unknown) => {
    throw classify(error);
  });
  if (silenceMs) limitSilence(client, silenceMs);
  // pg reports the loss of a connection as an event too; the query under way is rejected with it.
  const ignore = () => undefined;
  client.on('error', ignore);
  let healthy = true;
  try {
    return await work(client);
  } catch (error) {
    // Outside of a transaction it is a warning, and proof that the connection lives.
    healthy = await client.query('ROLLBACK').then(
      () => true,
      () => false,
    );
    throw classify(error);
  } finally {
    client.off('error', ignore);
    client.release(!healthy);
  }
}

function sessionOf(client: pg.PoolClient): Session {
  return {
    async query<Row>(text: string, values: readonly unknown[] = []) {
      // The row's shape is the statement's: whoever writes the statement states it.
      const result = await client.query(text, [...values]);
      return result.rows as Row[];
    },
    async run(text) {
      await client.query(text);
    },
    async copy(text, chunks) {
      await pipeline(Readable.from(chunks), client.query(copyFrom(text)));
    },
  };
}
