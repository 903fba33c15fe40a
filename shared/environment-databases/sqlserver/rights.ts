import { onConnection, type Session } from '../../sql/sqlserver/session.ts';
import type { Units } from '../../sql/units.ts';
import { readAccess } from './access.ts';
import type { ServerConnections } from './connections.ts';
import { readDoors } from './doors.ts';
import { readMark } from './marks.ts';
import type { Platform } from './platform.ts';

/** What the runbook's principal needs, and what would be in the way of a copy: asked before it is needed. */

export async function missingRights(server: ServerConnections, platform: Platform, name: string): Promise<string[]> {
  const logins = await platform.logins(server);
  const inner = await onConnection(server.inside(name), async (session) => {
    const access = await readAccess(session, logins, await readDoors(session));
    const unread = access.users.filter(({ kind }) => kind === 'password').map((user) => user.name);
    return [
      ...((await isOwner(session)) ? [] : [`membership in db_owner of ${name}`]),
      ...unread.map((user) => `a login for the user ${user} of ${name}, whose password no statement can read`),
    ];
  });
  return [...(await platform.missingServerRights(server, name)), ...inner];
}

async function isOwner(session: Session): Promise<boolean> {
  const [row] = await session.query<{ owner: number | null }>(`SELECT IS_MEMBER('db_owner') AS owner`);
  return row?.owner === 1;
}

/** Things that keep old values beside their tables, where no rule reaches them. */
export async function uncopied(
  server: ServerConnections,
  platform: Platform,
  source: Units<Session>,
): Promise<string[]> {
  return source.onConnection(async (session) => [
    ...((await readMark(session)) ? ['a database that the runbook keeps shut'] : []),
    ...(await keepers(session)),
    ...(await platform.uncopied(server, session)),
  ]);
}

async function keepers(session: Session): Promise<string[]> {
  const rows = await session.query<{ what: string }>(
    `SELECT N'the history of the table ' + OBJECT_SCHEMA_NAME(t.object_id) + N'.' + t.name AS what FROM sys.tables t WHERE t.temporal_type = 2
UNION ALL SELECT N'change data capture' FROM sys.databases d WHERE d.name = DB_NAME() AND d.is_cdc_enabled = 1`,
  );
  return rows.map(({ what }) => what);
}
