import { FreshetError } from '../../errors/error.ts';
import type { PostgresPool } from '../../sql/postgres/connect.ts';
import { quoteName } from '../../sql/postgres/names.ts';
import { COPY_NAME, type DatabaseFacts } from '../model.ts';
import type { ServerConnections } from './connections.ts';
import { type CopyTask, makeCopy } from './copy.ts';
import { revokeEntry } from './entry.ts';
import { writeMark } from './marks.ts';
import { endSessions, factsOf, findDatabase, isHalfCopy, type ServerDatabase } from './server.ts';

/** Copies as databases of their server: made once, whole or not at all, and taken away. */

export type CopyRequest = Omit<CopyTask, 'create' | 'onServer'> & { readonly name: string };

/** DATABASE_NAME_TAKEN; what `makeCopy` throws. */
export async function ensureCopy(server: ServerConnections, request: CopyRequest): Promise<DatabaseFacts> {
  const { name } = request;
  if (!COPY_NAME.test(name))
    throw new FreshetError('DATABASE_BUG', { text: 'a copy bears a name that is none of one' });
  return alone(server, name, async () => {
    const standing = await server.onServer((session) => findDatabase(session, { name }));
    if (standing && !isHalfCopy(standing)) return wholeCopy(standing);
    if (standing) await removeDatabase(server, standing);
    try {
      await makeCopy({
        ...request,
        onServer: (work) => server.onServer(work),
        create: (options) => createShut(server, name, options),
      });
    } catch (error) {
      await removeHalf(server, name);
      throw error;
    }
    await server.inServerTransaction((session) => writeMark(session, name, { state: 'unscrubbed', comment: null }));
    const made = await server.onServer((session) => findDatabase(session, { name }));
    if (!made) throw new FreshetError('DATABASE_UNAVAILABLE', { text: 'the copy is gone' });
    return factsOf(made);
  });
}

/** Two that make the same copy would drop each other's half. DATABASE_UNAVAILABLE while another is at it. */
function alone<T>(server: ServerConnections, name: string, work: () => Promise<T>): Promise<T> {
  return server.onServer(async (session) => {
    // A lock of the session: it ends with the process that holds it.
    const key = [`freshet copy ${name}`];
    const [row] = await session.query<{ locked: boolean }>(
      'SELECT pg_try_advisory_lock(hashtextextended($1, 0)) AS locked',
      key,
    );
    if (!row?.locked) throw new FreshetError('DATABASE_UNAVAILABLE', { text: `the copy ${name} is being made` });
    try {
      return await work();
    } finally {
      // A lost connection has given it back already.
      await session.query('SELECT pg_advisory_unlock(hashtextextended($1, 0))', key).catch(() => undefined);
    }
  });
}

/** A database that no copying made is not ours to answer with. */
function wholeCopy(standing: ServerDatabase): DatabaseFacts {
  if (!standing.mark) throw new FreshetError('DATABASE_NAME_TAKEN', { name: standing.name });
  return factsOf(standing);
}

/**
 * An empty database that nobody but its owner and the server's administrators can enter at any moment: none may connect
 * until everybody else's right to do so is gone, and both happens in one transaction.
 */
async function createShut(server: ServerConnections, name: string, options: string): Promise<PostgresPool> {
  const database = quoteName(name);
  await server.onServer((session) =>
    session.query(`CREATE DATABASE ${database} TEMPLATE template0 ALLOW_CONNECTIONS false ${options}`),
  );
  await server.inServerTransaction(async (session) => {
    await revokeEntry(session, name, { grants: [] });
    await writeMark(session, name, { state: 'copying', comment: null });
    await session.query(`ALTER DATABASE ${database} ALLOW_CONNECTIONS true`);
  });
  return server.inside(name);
}

/** With whoever is inside. */
export async function removeDatabase(server: ServerConnections, { id, name }: ServerDatabase): Promise<void> {
  await emptyDatabase(server, { id, name });
  await server.onServer((session) => session.query(`DROP DATABASE IF EXISTS ${quoteName(name)} WITH (FORCE)`));
}

/** Ends all sessions, our own first. */
export async function emptyDatabase(
  server: ServerConnections,
  { id, name }: Pick<ServerDatabase, 'id' | 'name'>,
): Promise<void> {
  await server.leave(name);
  await server.onServer((session) => endSessions(session, id));
}

/** What cannot be removed now is by the next attempt. */
async function removeHalf(server: ServerConnections, name: string): Promise<void> {
  try {
    const half = await server.onServer((session) => findDatabase(session, { name }));
    if (half && isHalfCopy(half)) await removeDatabase(server, half);
  } catch {
    await server.leave(name);
  }
}
