import { FreshetError, isFreshetError } from '../../errors/error.ts';
import type { Clock } from '../../platform/clock/port.ts';
import { parseAddress } from '../../sql/sqlserver/address.ts';
import { connect } from '../../sql/sqlserver/connect.ts';
import { quoteName } from '../../sql/sqlserver/names.ts';
import { onConnection, type Session, text } from '../../sql/sqlserver/session.ts';
import type { Connect, ServerConnections } from '../sqlserver/connections.ts';
import { environmentError, isNameTaken } from '../sqlserver/errors.ts';
import type { CopyRequest } from '../sqlserver/platform.ts';
import { dataBytes, dropDatabase, type ServerDatabase } from '../sqlserver/server.ts';
import { logicalServerOf } from './resource.ts';

/**
 * A copy is made by the service: it goes on whatever becomes of the statement that asked for it, and only DROP ends it. So a copy
 * that an earlier turn asked for is watched to its end.
 */

export interface CopyTask {
  readonly server: ServerConnections;
  readonly request: CopyRequest;
  readonly half: ServerDatabase | null;
  readonly clock: Clock;
  readonly pollMs?: number;
  readonly connect?: Connect;
}

const POLL_MS = 5_000;

/** Leaves the database online. COPY_CANCELLED; DATABASE_REFUSED with what the service says of a copy that failed. */
export async function makeCopy(task: CopyTask): Promise<void> {
  const { server, request, half, pollMs = POLL_MS, clock } = task;
  const { name, watch, cancelled } = request;
  if (half?.state === 'SUSPECT') await server.onServer((session) => dropDatabase(session, name));
  const source = await sourceOf(task);
  const tell = (percent: number) =>
    watch({ doneBytes: Math.floor((source.bytes * percent) / 100), totalBytes: source.bytes });
  tell(0);
  const asked = half && half.state !== 'SUSPECT' ? ANSWERED : ask(server, name, source);
  for (let told = 0; ; ) {
    if (cancelled.aborted) throw new FreshetError('COPY_CANCELLED');
    const state = await server.onServer((session) => copyState(session, name));
    if (state.state === 'ONLINE' && state.percent === null) break;
    const failure = state.failure ?? asked.failure();
    if (failure !== null && state.state !== 'ONLINE') throw failed(failure);
    if (state.percent !== null && state.percent > told) {
      told = Math.min(state.percent, 99);
      tell(told);
    }
    // Who cancels does not wait for the next look.
    await clock.sleep(pollMs, cancelled).catch(() => undefined);
  }
  tell(100);
}

function failed(failure: unknown): unknown {
  return typeof failure === 'string' ? new FreshetError('DATABASE_REFUSED', { text: failure }) : failure;
}

interface Source {
  readonly server: string | null;
  readonly database: string;
  readonly bytes: number;
}

async function sourceOf({ request, connect: open = connect }: CopyTask): Promise<Source> {
  const pool = open(request.source, { maxConnections: 1 });
  try {
    const bytes = await onConnection(pool, dataBytes);
    return { server: logicalServerOf(request.source), database: parseAddress(request.source).database, bytes };
  } finally {
    await pool.end();
  }
}

interface Asked {
  /** Why the service would not begin; null as long as nothing speaks against it. */
  failure(): unknown;
}

const ANSWERED: Asked = { failure: () => null };

/** Some versions of the service answer at once, others when the copy is whole: nobody waits for it. */
function ask(server: ServerConnections, name: string, source: Source): Asked {
  const ended = new AbortController();
  let failure: unknown = null;
  server
    .apart(ended.signal, (session) => session.run(copyText(name, source)))
    .catch((error: unknown) => {
      const known = environmentError(error);
      // The copy goes on without the connection; and who was first asked for the same one.
      const goesOn = isNameTaken(error) || (isFreshetError(known) && known.class === 'retry');
      if (!goesOn) failure = known;
    });
  return { failure: () => failure };
}

export function copyText(name: string, { server, database }: Pick<Source, 'server' | 'database'>): string {
  const of = server === null ? quoteName(database) : `${quoteName(server)}.${quoteName(database)}`;
  return `CREATE DATABASE ${quoteName(name)} AS COPY OF ${of}`;
}

interface CopyState {
  /** Null: there is no such database (yet). */
  readonly state: string | null;
  /** Null: no copy under way. */
  readonly percent: number | null;
  readonly failure: string | null;
}

async function copyState(session: Session, name: string): Promise<CopyState> {
  const [copy] = await session.query<{ state: string; percent: number | null; error: string | null }>(
    `SELECT d.state_desc AS state, c.percent_complete AS [percent], c.error_desc AS error
FROM sys.databases d LEFT JOIN sys.dm_database_copies c ON c.database_id = d.database_id WHERE d.name = @name`,
    { name: text(name) },
  );
  const failure = copy?.error ?? (copy?.state === 'SUSPECT' || !copy ? await operationFailure(session, name) : null);
  return { state: copy?.state ?? null, percent: copy?.percent ?? null, failure: failure ?? null };
}

/** What the service keeps for an hour about each operation; of several the last. */
async function operationFailure(session: Session, name: string): Promise<string | null> {
  const [row] = await session.query<{ error: string | null; failed: number }>(
    `SELECT TOP (1) o.error_desc AS error, CASE WHEN o.state IN (3, 4) THEN 1 ELSE 0 END AS failed FROM sys.dm_operation_status o
WHERE o.major_resource_id = @name AND o.resource_type = 0 ORDER BY o.start_time DESC`,
    { name: text(name) },
  );
  return row?.failed === 1 ? (row.error ?? 'the copy was given up') : null;
}
