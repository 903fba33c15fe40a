import { FreshetError } from '../../errors/error.ts';
import { connect, type PostgresPool } from '../../sql/postgres/connect.ts';
import { inTransaction, onConnection, type Session } from '../../sql/postgres/session.ts';
import type { CopyProgress } from '../model.ts';
import { PATIENT } from './connections.ts';
import { copyRows, inLanes } from './rows.ts';
import { type Blueprint, readBlueprint, readSequences } from './source.ts';
import { runInSomeOrder, runWhatCan } from './statements.ts';
import { makeTraces } from './traces.ts';
import { makeableExtensions, uncopied } from './uncopied.ts';

/** How a new database becomes the copy of a source: the stream of one snapshot. */

export interface CopyTask {
  /** The source's connection string. */
  readonly source: string;
  readonly onServer: <T>(work: (session: Session) => Promise<T>) => Promise<T>;
  /** Makes the database with these options of CREATE DATABASE, shut, and answers how to connect to it. */
  readonly create: (options: string) => Promise<PostgresPool>;
  readonly watch: (progress: CopyProgress) => void;
  readonly cancelled: AbortSignal;
  readonly pieceBytes: number;
}

/** COPY_CANCELLED ends it within the time of a round trip. COPY_UNSUPPORTED when something would be left out. */
export async function makeCopy({ source, onServer, create, watch, cancelled, pieceBytes }: CopyTask): Promise<void> {
  const pool = connect(source, PATIENT);
  const open: PostgresPool[] = [pool];
  // Ended connections make whatever is under way fail at once.
  const stop = () => open.forEach((one) => void one.end());
  cancelled.addEventListener('abort', stop);
  try {
    if (cancelled.aborted) throw new FreshetError('COPY_CANCELLED');
    await withSnapshot(pool, async (session, snapshot) => {
      const objects = await onServer((target) => uncopied(session, target));
      if (objects.length > 0) throw new FreshetError('COPY_UNSUPPORTED', { objects: objects.join(', ') });
      const blueprint = await readBlueprint(session);
      const copy = await create(blueprint.creation);
      open.push(copy);
      await fill(session, { pool, copy, blueprint, snapshot, pieceBytes, watch });
    });
  } catch (error) {
    throw cancelled.aborted ? new FreshetError('COPY_CANCELLED', {}, error) : error;
  } finally {
    cancelled.removeEventListener('abort', stop);
    await pool.end();
  }
}

/** The transaction that the snapshot belongs to; it reads catalogs alone. */
function withSnapshot<T>(pool: PostgresPool, work: (session: Session, snapshot: string) => Promise<T>): Promise<T> {
  return onConnection(pool, async (session) => {
    await session.query(
      'BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY; SET LOCAL idle_in_transaction_session_timeout = 0',
    );
    const [row] = await session.query<{ name: string }>('SELECT pg_export_snapshot() AS name');
    const result = await work(session, row?.name ?? '');
    await session.query('COMMIT');
    return result;
  });
}

interface Filling {
  readonly pool: PostgresPool;
  readonly copy: PostgresPool;
  readonly blueprint: Blueprint;
  readonly snapshot: string;
  readonly pieceBytes: number;
  readonly watch: (progress: CopyProgress) => void;
}

async function fill(source: Session, { pool, copy, blueprint, snapshot, pieceBytes, watch }: Filling): Promise<void> {
  const routines = await define(copy, blueprint);
  const { tables, encoding } = blueprint;
  const totalBytes = tables.reduce((sum, { bytes }) => sum + bytes, 0);
  let doneBytes = 0;
  watch({ doneBytes, totalBytes });
  await copyRows(pool, copy, { tables, encoding, snapshot, pieceBytes }, (bytes) => {
    doneBytes = Math.min(totalBytes, doneBytes + bytes);
    watch({ doneBytes, totalBytes });
  });
  await index(copy, blueprint);
  const sequences = await readSequences(source);
  await onConnection(copy, async (session) => {
    await prepare(session);
    await session.query(
      'SELECT setval(name::regclass, value, called) FROM unnest($1::text[], $2::bigint[], $3::boolean[]) s (name, value, called)',
      [
        sequences.map(({ name }) => name),
        sequences.map(({ value }) => value),
        sequences.map(({ isCalled }) => isCalled),
      ],
    );
    await runInSomeOrder(session, [...routines, ...blueprint.afterRows]);
  });
  // This commit waits for the disk, and with it for all before it.
  await inTransaction(copy, (session) => makeTraces(session, blueprint.afterScrub));
  watch({ doneBytes: totalBytes, totalBytes });
}

/** Answers with the routines that need views, which need routines. */
function define(copy: PostgresPool, { extensions, beforeRows }: Blueprint): Promise<string[]> {
  return onConnection(copy, async (session) => {
    await prepare(session);
    const names = await makeableExtensions(session);
    const wanted = extensions.filter(({ name }) => names.has(name)).map(({ statement }) => statement);
    const waiting = await runWhatCan([...beforeRows, ...wanted].sort(schemasFirst), (statement) =>
      session.query(statement),
    );
    const other = waiting.find(({ statement }) => !/^CREATE OR REPLACE (FUNCTION|PROCEDURE)/.test(statement));
    if (other) throw other.error;
    return waiting.map(({ statement }) => statement);
  });
}

/** Extensions lie in schemas, and types and tables use both. */
function schemasFirst(a: string, b: string): number {
  const rank = (statement: string) =>
    /^(CREATE|DROP) SCHEMA/.test(statement) ? 0 : statement.startsWith('CREATE EXTENSION') ? 1 : 2;
  return rank(a) - rank(b);
}

/** Table by table, the largest first; those of one table one after the other. */
async function index(copy: PostgresPool, { tables, indexes }: Blueprint): Promise<void> {
  const sizes = new Map(tables.map(({ relation, bytes }) => [relation, bytes]));
  const lists = [...indexes].sort(([a], [b]) => (sizes.get(b) ?? 0) - (sizes.get(a) ?? 0)).map(([, list]) => list);
  await inLanes(lists, (take) =>
    onConnection(copy, async (session) => {
      await prepare(session);
      for (let list = take(); list; list = take()) {
        for (const statement of list) await session.query(statement);
      }
    }),
  );
}

/** A crash leaves a half copy, which is dropped whole: no statement has to wait for the disk. */
async function prepare(session: Session): Promise<void> {
  await session.query(
    "SET search_path = ''; SET check_function_bodies = off; SET synchronous_commit = off; SET maintenance_work_mem = '128MB'",
  );
}
