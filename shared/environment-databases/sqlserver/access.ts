import { z } from 'zod';
import { FreshetError } from '../../errors/error.ts';
import { quoteName, quoteTable } from '../../sql/sqlserver/names.ts';
import type { Session } from '../../sql/sqlserver/session.ts';
import type { Access } from '../model.ts';
import { USER_TYPES } from './doors.ts';
import { connectSchema, type Doors } from './marks.ts';

/** The users, roles, memberships and permissions of a database, as they are kept in it. */

const user = z.object({
  name: z.string(),
  /** `password`: of a user without a login, which no statement can read. */
  kind: z.enum(['login', 'external', 'password', 'none']),
  /** The login, by its name on the server. */
  login: z.string().nullable(),
  /** Of an identity of Entra: `0x…`, and E or X (group). */
  sid: z
    .string()
    .regex(/^0x[0-9A-F]+$/)
    .nullable(),
  type: z.string().regex(/^[A-Z]$/),
  schema: z.string().nullable(),
  connect: connectSchema,
});

const permission = z.object({
  state: z.enum(['G', 'W', 'D']),
  name: z.string().regex(/^[A-Z ]+$/),
  to: z.string(),
  on: z.enum(['DATABASE', 'OBJECT', 'SCHEMA', 'TYPE']),
  schema: z.string().nullable(),
  object: z.string().nullable(),
  column: z.string().nullable(),
});

const access = z.object({
  dialect: z.literal('sqlserver'),
  users: z.array(user),
  roles: z.array(z.string()),
  members: z.array(z.object({ role: z.string(), member: z.string() })),
  permissions: z.array(permission),
});

export type SqlServerAccess = z.infer<typeof access>;
type User = z.infer<typeof user>;
type Permission = z.infer<typeof permission>;

/** DATABASE_BUG for one of another dialect. */
export function parseAccess(value: Access): SqlServerAccess {
  const parsed = access.safeParse(value);
  if (parsed.success) return parsed.data;
  throw new FreshetError(
    'DATABASE_BUG',
    { text: 'the access that is to be given is none of SQL Server' },
    parsed.error,
  );
}

/** Names of logins by their SIDs in hexadecimal; sys.server_principals on SQL Server, sys.sql_logins in Azure’s master. */
export type Logins = ReadonlyMap<string, string>;

/** `doors`: the rights to enter, as they are or as a mark keeps them. */
export async function readAccess(session: Session, logins: Logins, doors: Doors): Promise<SqlServerAccess> {
  return {
    dialect: 'sqlserver',
    users: await readUsers(session, logins, doors),
    roles: await readRoles(session),
    members: await readMembers(session),
    permissions: await readPermissions(session),
  };
}

interface UserRow {
  readonly name: string;
  readonly type: string;
  readonly schema: string | null;
  readonly sid: string | null;
  readonly authentication: string;
}

async function readUsers(session: Session, logins: Logins, doors: Doors): Promise<User[]> {
  const rows = await session.query<UserRow>(
    `SELECT name, RTRIM(type) AS type, default_schema_name AS [schema], CONVERT(varchar(200), sid, 1) AS sid,
  authentication_type_desc AS authentication FROM sys.database_principals
WHERE type IN (${USER_TYPES}) AND principal_id <> 1 AND name NOT IN ('sys', 'INFORMATION_SCHEMA')
  AND principal_id <> COALESCE(DATABASE_PRINCIPAL_ID(), 1) ORDER BY name`,
  );
  const connects = new Map(doors.map(({ name, connect }) => [name, connect]));
  return rows
    .filter(({ name }) => name !== 'guest' || connects.has(name))
    .map(({ authentication, sid, ...row }) => {
      const kind = row.name === 'guest' ? 'none' : kindOf(authentication, row.type);
      const login = kind === 'login' ? (logins.get(sid ?? '') ?? row.name) : null;
      return { ...row, kind, login, sid: kind === 'external' ? sid : null, connect: connects.get(row.name) ?? '' };
    });
}

function kindOf(authentication: string, type: string): User['kind'] {
  if (type === 'E' || type === 'X') return 'external';
  if (authentication === 'INSTANCE' || authentication === 'WINDOWS') return 'login';
  return authentication === 'DATABASE' ? 'password' : 'none';
}

async function readRoles(session: Session): Promise<string[]> {
  const rows = await session.query<{ name: string }>(
    `SELECT name FROM sys.database_principals WHERE type = 'R' AND is_fixed_role = 0 AND principal_id <> 0 ORDER BY name`,
  );
  return rows.map(({ name }) => name);
}

/** But the runbook's own. */
function readMembers(session: Session): Promise<{ role: string; member: string }[]> {
  return session.query(
    `SELECT r.name AS role, u.name AS member FROM sys.database_role_members m
JOIN sys.database_principals r ON r.principal_id = m.role_principal_id JOIN sys.database_principals u ON u.principal_id = m.member_principal_id
WHERE u.principal_id <> 1 AND u.principal_id <> COALESCE(DATABASE_PRINCIPAL_ID(), 1) ORDER BY r.name, u.name`,
  );
}

/** Of users and roles that people made, and what the role public holds on things that they made; but CONNECT, which is a door. */
async function readPermissions(session: Session): Promise<Permission[]> {
  const rows = await session.query<Permission>(
    `SELECT RTRIM(p.state) AS state, p.permission_name AS name, u.name AS [to],
  CASE p.class WHEN 0 THEN 'DATABASE' WHEN 1 THEN 'OBJECT' WHEN 3 THEN 'SCHEMA' ELSE 'TYPE' END AS [on],
  COALESCE(os.name, s.name, ts.name) AS [schema], COALESCE(o.name, t.name) AS object, c.name AS [column]
FROM sys.database_permissions p JOIN sys.database_principals u ON u.principal_id = p.grantee_principal_id
LEFT JOIN sys.objects o ON p.class = 1 AND o.object_id = p.major_id LEFT JOIN sys.schemas os ON os.schema_id = o.schema_id
LEFT JOIN sys.columns c ON p.class = 1 AND c.object_id = p.major_id AND c.column_id = p.minor_id AND p.minor_id > 0
LEFT JOIN sys.schemas s ON p.class = 3 AND s.schema_id = p.major_id
LEFT JOIN sys.types t ON p.class = 6 AND t.user_type_id = p.major_id LEFT JOIN sys.schemas ts ON ts.schema_id = t.schema_id
WHERE ((p.class = 0 AND p.permission_name <> 'CONNECT' AND u.principal_id <> 0) OR (p.class = 1 AND o.object_id IS NOT NULL) OR p.class = 3 OR p.class = 6)
  AND u.is_fixed_role = 0 AND u.principal_id <> 1 AND u.principal_id <> COALESCE(DATABASE_PRINCIPAL_ID(), 1)
ORDER BY u.name, p.class, 5, 6, 7, p.permission_name`,
  );
  return rows;
}

/** In one transaction of the caller. Users who are to enter have that right, too, until the caller denies it. */
export async function giveInnerAccess(session: Session, wanted: SqlServerAccess, logins: Logins): Promise<void> {
  await takeAway(session, wanted, logins);
  const present = new Set((await readAccess(session, logins, [])).users.map(({ name }) => name));
  for (const one of wanted.users) if (one.name !== 'guest' && !present.has(one.name)) await createUser(session, one);
  const roles = new Set(await readRoles(session));
  for (const role of wanted.roles) if (!roles.has(role)) await session.run(`CREATE ROLE ${quoteName(role)}`);
  for (const { role, member } of wanted.members)
    await session.run(`ALTER ROLE ${quoteName(role)} ADD MEMBER ${quoteName(member)}`);
  for (const one of wanted.permissions) await grant(session, one);
}

/** All users of the source, with what they hold and own; memberships and permissions of the roles that the target knows. */
async function takeAway(session: Session, wanted: SqlServerAccess, logins: Logins): Promise<void> {
  const standing = await readAccess(session, logins, []);
  const known = new Set([...wanted.roles, 'public']);
  const users = new Set(standing.users.map(({ name }) => name));
  for (const one of standing.permissions) if (users.has(one.to) || known.has(one.to)) await revoke(session, one);
  for (const { role, member } of standing.members)
    await session.run(`ALTER ROLE ${quoteName(role)} DROP MEMBER ${quoteName(member)}`);
  for (const statement of await ownedThings(session)) await session.run(statement);
  for (const { name } of standing.users) if (name !== 'guest') await session.run(`DROP USER ${quoteName(name)}`);
}

async function createUser(session: Session, { name, kind, login, sid, type, schema }: User): Promise<void> {
  const options = schema === null ? [] : [`DEFAULT_SCHEMA = ${quoteName(schema)}`];
  if (kind === 'external') {
    // By its SID, so that nobody has to ask Entra for it.
    await session.run(
      `CREATE USER ${quoteName(name)} WITH ${[`SID = ${sid}`, `TYPE = ${type}`, ...options].join(', ')}`,
    );
    return;
  }
  const from = kind === 'login' ? `FOR LOGIN ${quoteName(login ?? name)}` : 'WITHOUT LOGIN';
  const wishes = options.length > 0 ? ` WITH ${options.join(', ')}` : '';
  await session.run(`CREATE USER ${quoteName(name)} ${from}${wishes}`);
}

async function grant(session: Session, { state, name, to, ...on }: Permission): Promise<void> {
  const [verb, option] = state === 'D' ? ['DENY', ''] : ['GRANT', state === 'W' ? ' WITH GRANT OPTION' : ''];
  await session.run(`${verb} ${name}${securable(on)} TO ${quoteName(to)}${option}`);
}

async function revoke(session: Session, { name, to, ...on }: Permission): Promise<void> {
  await session.run(`REVOKE ${name}${securable(on)} FROM ${quoteName(to)} CASCADE`);
}

type Securable = Pick<Permission, 'on' | 'schema' | 'object' | 'column'>;

function securable({ on, schema, object, column }: Securable): string {
  if (on === 'DATABASE') return '';
  const name = object === null ? quoteName(schema ?? '') : quoteTable({ schema: schema ?? '', name: object });
  return ` ON ${on}::${name}${column === null ? '' : ` (${quoteName(column)})`}`;
}

/** A user who owns something cannot be dropped: it becomes dbo's, or, an object, its schema's owner's. */
async function ownedThings(session: Session): Promise<string[]> {
  const rows = await session.query<{ kind: string; schema: string | null; name: string }>(
    `SELECT x.kind, x.[schema], x.name FROM (
  SELECT 'SCHEMA' AS kind, CAST(NULL AS nvarchar(128)) AS [schema], name, principal_id FROM sys.schemas
  UNION ALL SELECT 'ROLE', NULL, name, owning_principal_id FROM sys.database_principals WHERE type = 'R'
  UNION ALL SELECT 'OBJECT', SCHEMA_NAME(schema_id), name, principal_id FROM sys.objects WHERE principal_id IS NOT NULL AND parent_object_id = 0
  UNION ALL SELECT 'CERTIFICATE', NULL, name, principal_id FROM sys.certificates
  UNION ALL SELECT 'FULLTEXT CATALOG', NULL, name, principal_id FROM sys.fulltext_catalogs
) x JOIN sys.database_principals u ON u.principal_id = x.principal_id
WHERE u.type IN (${USER_TYPES}) AND u.principal_id <> 1 AND u.name NOT IN ('guest', 'sys', 'INFORMATION_SCHEMA')
  AND u.principal_id <> COALESCE(DATABASE_PRINCIPAL_ID(), 1)`,
  );
  return rows.map(({ kind, schema, name }) => {
    const thing = schema === null ? quoteName(name) : quoteTable({ schema, name });
    return `ALTER AUTHORIZATION ON ${kind}::${thing} TO ${kind === 'OBJECT' ? 'SCHEMA OWNER' : '[dbo]'}`;
  });
}
