import { FreshetError } from '../../errors/error.ts';
import type { Clock } from '../../platform/clock/port.ts';
import { connect } from '../../sql/sqlserver/connect.ts';
import { onConnection, type Session, text } from '../../sql/sqlserver/session.ts';
import type { Logins } from './access.ts';
import { type Backup, backUp, blankBackup, percentOf, readBackup, restoreBackup } from './backup.ts';
import { type Connect, onPatience, type ServerConnections } from './connections.ts';
import { emptyDatabase } from './copies.ts';
import { admitAll, restrict } from './doors.ts';
import type { CopyRequest, Platform } from './platform.ts';
import { dataBytes, dropDatabase, type ServerDatabase } from './server.ts';

/** SQL Server on a machine of one's own: copies by BACKUP … COPY_ONLY and RESTORE. */

export interface MachineOptions {
  readonly clock: Clock;
  /**
   * The folder of backups that both servers reach (`\\share\refresh`). Absent: that of the server's own backups, which will do when
   * source and target are of one server.
   */
  readonly backups?: string;
  /** How connections are made. */
  readonly connect?: Connect;
}

export function machinePlatform({ clock, backups, connect: connectTo = connect }: MachineOptions): Platform {
  return {
    // A restored database gets a GUID of its own; numbers of databases are used again.
    idText: 'LOWER(CAST(r.database_guid AS varchar(36)))',
    joined: ' JOIN sys.database_recovery_status r ON r.database_id = d.database_id',
    alone,
    restrict,
    admitAll,
    forget: clearQueryStore,
    logins: (server) => server.onServer(readLogins),
    freeBytes: (server) => server.onServer(freeBytes),
    administrators: (server) => server.onServer(administrators),
    missingServerRights: (server) => server.onServer(missingServerRights),
    uncopied: async (server, source) => uncopied(await server.onServer(serverFacts), source, backups),
    makeCopy: (server, request, half) => makeCopy({ server, request, half, clock, backups, connectTo }),
    async restore(_, { last }) {
      throw new FreshetError('RESTORE_NOT_SUPPORTED', { name: last });
    },
  };
}

/** It keeps the texts of statements, and with them values. */
export async function clearQueryStore(session: Session): Promise<void> {
  await session.run('ALTER DATABASE CURRENT SET QUERY_STORE CLEAR');
}

/** A lock of the session: it ends with the process that holds it. */
function alone<T>(server: ServerConnections, name: string, work: () => Promise<T>): Promise<T> {
  const apart = new AbortController();
  return server.apart(apart.signal, async (session) => {
    const [row] = await session.query<{ result: number }>(
      `DECLARE @result int; EXEC @result = sp_getapplock @Resource = @name, @LockMode = 'Exclusive', @LockOwner = 'Session', @LockTimeout = 0;
SELECT @result AS result`,
      { name: text(`freshet copy ${name}`) },
    );
    if ((row?.result ?? -1) < 0)
      throw new FreshetError('DATABASE_UNAVAILABLE', { text: `the copy ${name} is being made` });
    return work();
  });
}

interface CopyTask {
  readonly server: ServerConnections;
  readonly request: CopyRequest;
  readonly half: ServerDatabase | null;
  readonly clock: Clock;
  readonly backups: string | undefined;
  readonly connectTo: Connect;
}

/** How often the server is asked how far it is. */
const WATCH_MS = 2_000;

async function makeCopy({ server, request, half, clock, backups, connectTo }: CopyTask): Promise<void> {
  const { source, name, watch, cancelled } = request;
  // Whoever asked whether it was whole has been inside.
  if (half?.state === 'ONLINE') await emptyDatabase(server, name);
  if (half) await server.onceLeft(name, (session) => dropDatabase(session, name));
  const pool = connectTo(source, { maxConnections: 3 });
  const facts = await onConnection(pool, sourceFacts).catch(async (error: unknown) => {
    await pool.end();
    throw error;
  });
  const folder = backups ?? facts.backupFolder;
  const backup: Backup = { database: facts.name, place: placeOf(folder, name) };
  // Two halves: away from the source, and into the target.
  const tell = (half: 0 | 1) => (percent: number) =>
    watch({ doneBytes: Math.floor((facts.bytes * (half * 100 + percent)) / 200), totalBytes: facts.bytes });
  const end = () => void pool.end();
  cancelled.addEventListener('abort', end);
  try {
    // Nobody hears of it again if it was before.
    cancelled.throwIfAborted();
    tell(0)(0);
    await watched(
      clock,
      (ask) => onConnection(pool, ask),
      tell(0),
      () => onPatience(pool, (session) => backUp(session, backup)),
    );
    await watched(
      clock,
      (ask) => server.onServer(ask),
      tell(1),
      () =>
        server.apart(cancelled, async (session) =>
          restoreBackup(
            session,
            backup,
            name,
            await readBackup(session, backup),
            await session.query(FOLDERS).then(folders),
          ),
        ),
    );
    watch({ doneBytes: facts.bytes, totalBytes: facts.bytes });
  } catch (error) {
    if (cancelled.aborted) throw new FreshetError('COPY_CANCELLED', {}, error);
    throw error;
  } finally {
    cancelled.removeEventListener('abort', end);
    await pool.end();
    await blank(server, backup);
  }
}

/** The backup holds what nobody may see: what cannot be overwritten now is told by nobody, and the guide says so. */
async function blank(server: ServerConnections, backup: Backup): Promise<void> {
  await server.onServer((session) => blankBackup(session, backup)).catch(() => undefined);
}

/** Runs a long statement, and asks beside it how far it is, until it ends. */
async function watched(
  clock: Clock,
  onServer: <T>(ask: (session: Session) => Promise<T>) => Promise<T>,
  tell: (percent: number) => void,
  work: () => Promise<void>,
): Promise<void> {
  const ended = new AbortController();
  let told = 0;
  const watching = (async () => {
    while (!ended.signal.aborted) {
      const percent = await onServer(percentOf).catch(() => null);
      if (percent !== null && percent > told) {
        told = percent;
        tell(told);
      }
      await clock.sleep(WATCH_MS, ended.signal).catch(() => undefined);
    }
  })();
  try {
    await work();
  } finally {
    ended.abort();
    await watching;
  }
}

function placeOf(folder: string, name: string): string {
  const separator = folder.startsWith('/') ? '/' : '\\';
  return `${folder.replace(/[\\/]+$/, '')}${separator}${name}.bak`;
}

interface SourceFacts {
  readonly name: string;
  readonly bytes: number;
  readonly backupFolder: string;
}

async function sourceFacts(session: Session): Promise<SourceFacts> {
  const [row] = await session.query<{ name: string; folder: string | null }>(
    `SELECT DB_NAME() AS name, CAST(SERVERPROPERTY('InstanceDefaultBackupPath') AS nvarchar(260)) AS folder`,
  );
  return { name: row?.name ?? '', backupFolder: row?.folder ?? '', bytes: await dataBytes(session) };
}

const FOLDERS = `SELECT CAST(SERVERPROPERTY('InstanceDefaultDataPath') AS nvarchar(260)) AS data,
  CAST(SERVERPROPERTY('InstanceDefaultLogPath') AS nvarchar(260)) AS log`;

function folders(rows: readonly object[]): { data: string; log: string } {
  const { data = '', log = '' } = (rows[0] ?? {}) as { data?: string; log?: string };
  return { data, log };
}

async function readLogins(session: Session): Promise<Logins> {
  const rows = await session.query<{ sid: string; name: string }>(
    'SELECT CONVERT(varchar(200), sid, 1) AS sid, name FROM sys.server_principals WHERE sid IS NOT NULL',
  );
  return new Map(rows.map(({ sid, name }) => [sid, name]));
}

/** Of the volume that new databases lie on; null when no file of a database is there to tell. */
async function freeBytes(session: Session): Promise<number | null> {
  const [row] = await session.query<{ bytes: string | number | null }>(
    `SELECT MIN(v.available_bytes) AS bytes FROM sys.master_files f CROSS APPLY sys.dm_os_volume_stats(f.database_id, f.file_id) v
WHERE LEFT(CAST(SERVERPROPERTY('InstanceDefaultDataPath') AS nvarchar(260)), LEN(v.volume_mount_point)) = v.volume_mount_point`,
  );
  return row?.bytes == null ? null : Number(row.bytes);
}

async function administrators(session: Session): Promise<string[]> {
  const rows = await session.query<{ name: string }>(
    `SELECT p.name AS name FROM sys.server_principals p
WHERE p.type IN ('S', 'U', 'G', 'E', 'X') AND p.is_disabled = 0 AND p.name <> SUSER_SNAME()
  AND (EXISTS (SELECT 1 FROM sys.server_role_members m JOIN sys.server_principals r ON r.principal_id = m.role_principal_id
      WHERE m.member_principal_id = p.principal_id AND r.name IN ('sysadmin', 'securityadmin'))
    OR EXISTS (SELECT 1 FROM sys.server_permissions g WHERE g.grantee_principal_id = p.principal_id AND g.state IN ('G', 'W')
      AND g.permission_name IN ('CONTROL SERVER', 'ALTER ANY LOGIN', 'IMPERSONATE ANY LOGIN')))
ORDER BY p.name`,
  );
  return rows.map(({ name }) => name);
}

const RIGHTS: readonly (readonly [permission: string, words: string])[] = [
  ['CREATE ANY DATABASE', 'membership in dbcreator'],
  ['ALTER ANY CONNECTION', 'the permission ALTER ANY CONNECTION'],
  ['VIEW SERVER STATE', 'the permission VIEW SERVER STATE'],
  ['VIEW ANY DEFINITION', 'the permission VIEW ANY DEFINITION'],
];

async function missingServerRights(session: Session): Promise<string[]> {
  const missing: string[] = [];
  for (const [permission, words] of RIGHTS) {
    const [row] = await session.query<{ has: number | null }>(
      'SELECT HAS_PERMS_BY_NAME(NULL, NULL, @permission) AS has',
      { permission: text(permission) },
    );
    if (row?.has !== 1) missing.push(words);
  }
  return missing;
}

interface ServerFacts {
  readonly name: string;
  readonly version: number;
}

async function serverFacts(session: Session): Promise<ServerFacts> {
  const [row] = await session.query<ServerFacts>(
    `SELECT CAST(@@SERVERNAME AS nvarchar(260)) AS name, CAST(PARSENAME(CAST(SERVERPROPERTY('ProductVersion') AS nvarchar(128)), 4) AS int) AS version`,
  );
  return row ?? { name: '', version: 0 };
}

async function uncopied(target: ServerFacts, source: Session, backups: string | undefined): Promise<string[]> {
  const { name, version } = await serverFacts(source);
  const [row] = await source.query<{ may: number | null; encrypted: boolean | null }>(
    `SELECT HAS_PERMS_BY_NAME(DB_NAME(), 'DATABASE', 'BACKUP DATABASE') AS may,
  (SELECT is_encrypted FROM sys.databases WHERE name = DB_NAME()) AS encrypted`,
  );
  const elsewhere = name !== target.name;
  return [
    ...(version > target.version
      ? [`a database of a newer server (${version}, the target’s is ${target.version})`]
      : []),
    ...(row?.may === 1 ? [] : ['a database that the source’s login may not back up (BACKUP DATABASE)']),
    ...(elsewhere && backups === undefined
      ? ['a database of another server, without a place for backups that both reach']
      : []),
    ...(elsewhere && row?.encrypted
      ? ['an encrypted database of another server, unless its certificate is there, too']
      : []),
  ];
}
