import { FreshetError } from '../../errors/error.ts';
import { quoteName, quoteTable } from '../../sql/sqlserver/names.ts';
import { inTransaction, onConnection, type Session } from '../../sql/sqlserver/session.ts';
import { COPY_NAME, type DatabaseFacts } from '../model.ts';
import type { ServerConnections } from './connections.ts';
import { denyDoors, killSession, otherSessions, readDoors } from './doors.ts';
import { environmentError } from './errors.ts';
import { readMark, writeMark } from './marks.ts';
import type { CopyRequest, Platform } from './platform.ts';
import { databaseOf, dropDatabase, factsOf, findDatabase, listDatabases } from './server.ts';
import { makeTraces } from './traces.ts';

/** Copies as databases of their server: made once, whole or not at all, and taken away. */

/** What the platform's `makeCopy` throws. `seed`: of masks that have none of their own. */
export async function ensureCopy(
  server: ServerConnections,
  platform: Platform,
  request: CopyRequest,
  seed: string,
): Promise<DatabaseFacts> {
  const { name } = request;
  if (!COPY_NAME.test(name))
    throw new FreshetError('DATABASE_BUG', { text: 'a copy bears a name that is none of one' });
  return platform.alone(server, name, async () => {
    const standing = await findDatabase(server, platform, { name });
    if (standing?.mark) return factsOf(standing);
    try {
      await platform.makeCopy(server, request, standing);
      await closeCopy(server, platform, name, seed);
    } catch (error) {
      // What cannot be removed now is by the next attempt.
      if (environmentError(error).class !== 'retry')
        await removeDatabase(server, platform, name).catch(() => undefined);
      throw error;
    }
    return factsOf(await databaseOf(server, platform, { name }));
  });
}

/** With whoever is inside. */
export async function removeDatabase(server: ServerConnections, platform: Platform, name: string): Promise<void> {
  const [standing] = await server.onServer((session) => listDatabases(session, platform, { name }));
  if (!standing) return;
  if (standing.state === 'ONLINE') await emptyDatabase(server, name);
  await server.onceLeft(name, (session) => dropDatabase(session, name));
}

/** A copy that has just come online with the source's users becomes the runbook's alone, and ready for its scrub. */
async function closeCopy(server: ServerConnections, platform: Platform, name: string, seed: string): Promise<void> {
  await onConnection(server.inside(name), (session) => platform.restrict(session));
  await inTransaction(server.inside(name), async (session) => {
    // An earlier turn came as far as this.
    if (await readMark(session)) return;
    const doors = await readDoors(session);
    await writeMark(session, { state: 'unscrubbed', doors });
    await denyDoors(session, doors);
    const triggers = await enabledTriggers(session);
    await makeTraces(
      session,
      seed,
      triggers.map(({ enable }) => enable),
    );
    for (const { disable } of triggers) await session.run(disable);
  });
  await emptyDatabase(server, name);
}

/** Ends all sessions, our own first. Of an open database others may come at once. */
export async function emptyDatabase(server: ServerConnections, name: string): Promise<void> {
  await server.leave(name);
  await onConnection(server.inside(name), async (session) => {
    for (const id of await otherSessions(session)) await killSession(session, id).catch(ignoreGone);
    const left = await otherSessions(session);
    if (left.length > 0)
      throw new FreshetError('DATABASE_UNAVAILABLE', { text: 'a session of the database does not end' });
  });
  await server.leave(name);
}

const NO_SUCH_SESSION = 6106;

function ignoreGone(error: unknown): void {
  if ((error as { number?: unknown }).number !== NO_SUCH_SESSION) throw error;
}

/** Triggers would keep what the rules take away: they wait for `finish`. */
async function enabledTriggers(session: Session): Promise<{ disable: string; enable: string }[]> {
  const rows = await session.query<{ schema: string | null; name: string; table: string | null }>(
    `SELECT OBJECT_SCHEMA_NAME(t.object_id) AS [schema], t.name AS name, OBJECT_NAME(t.parent_id) AS [table]
FROM sys.triggers t WHERE t.is_disabled = 0 AND t.is_ms_shipped = 0`,
  );
  return rows.map(({ schema, name, table }) => {
    const trigger = schema === null || table === null ? quoteName(name) : quoteTable({ schema, name });
    const on = schema === null || table === null ? 'DATABASE' : quoteTable({ schema, name: table });
    return { disable: `DISABLE TRIGGER ${trigger} ON ${on}`, enable: `ENABLE TRIGGER ${trigger} ON ${on}` };
  });
}
