import { quoteName } from '../../sql/sqlserver/names.ts';
import type { Session } from '../../sql/sqlserver/session.ts';
import type { Connect, Doors } from './marks.ts';

/** Who may enter a database, from inside of it: a user needs the permission CONNECT, and db_owner does not stand above a DENY. */

/** Users, groups and applications; roles have no door, and `dbo` none that could be shut. */
export const USER_TYPES = `'S', 'U', 'G', 'E', 'X', 'C', 'K'`;

/** Every user but `dbo` and the runbook's own. */
export async function readDoors(session: Session): Promise<Doors> {
  const rows = await session.query<{ name: string; connect: string | null }>(
    `SELECT u.name AS name, RTRIM(p.state) AS connect FROM sys.database_principals u
LEFT JOIN sys.database_permissions p ON p.class = 0 AND p.grantee_principal_id = u.principal_id AND p.permission_name = 'CONNECT'
WHERE u.type IN (${USER_TYPES}) AND u.principal_id <> 1 AND u.name NOT IN ('sys', 'INFORMATION_SCHEMA')
  AND u.principal_id <> COALESCE(DATABASE_PRINCIPAL_ID(), 1) ORDER BY u.name`,
  );
  const doors = rows.map(({ name, connect }) => ({ name, connect: (connect ?? '') as Connect }));
  // A guest who may not enter is as if he were not there.
  return doors.filter(({ name, connect }) => name !== 'guest' || connect !== '');
}

export async function denyDoors(session: Session, doors: Doors): Promise<void> {
  for (const { name } of doors) await session.run(`DENY CONNECT TO ${quoteName(name)} CASCADE`);
}

export async function giveDoors(session: Session, doors: Doors): Promise<void> {
  for (const { name, connect } of doors) {
    const user = quoteName(name);
    if (connect === 'D') await session.run(`DENY CONNECT TO ${user}`);
    if (connect === '') await session.run(`REVOKE CONNECT FROM ${user} CASCADE`);
    if (connect === 'G') await session.run(`GRANT CONNECT TO ${user}`);
    if (connect === 'W') await session.run(`GRANT CONNECT TO ${user} WITH GRANT OPTION`);
  }
}

/** Members of db_owner and above alone; who is inside and is none of them is put out at once. */
export async function restrict(session: Session): Promise<void> {
  await session.run('ALTER DATABASE CURRENT SET RESTRICTED_USER WITH ROLLBACK IMMEDIATE');
}

export async function admitAll(session: Session): Promise<void> {
  await session.run('ALTER DATABASE CURRENT SET MULTI_USER WITH ROLLBACK IMMEDIATE');
}

/** Sessions of people and programs in this database but our own; of this database only, for it is asked from inside. */
export async function otherSessions(session: Session): Promise<number[]> {
  const rows = await session.query<{ id: number }>(
    `SELECT CAST(session_id AS int) AS id FROM sys.dm_exec_sessions
WHERE is_user_process = 1 AND session_id <> @@SPID AND database_id = DB_ID()`,
  );
  return rows.map(({ id }) => id);
}

export async function killSession(session: Session, id: number): Promise<void> {
  await session.run(`KILL ${Math.trunc(id)}`);
}
