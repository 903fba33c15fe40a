import { FreshetError } from '../../errors/error.ts';
import type { Clock } from '../../platform/clock/port.ts';
import type { Credential } from '../../platform/identity/credential.port.ts';
import type { Session } from '../../sql/sqlserver/session.ts';
import type { OpenDatabases } from '../port.ts';
import type { Logins } from '../sqlserver/access.ts';
import type { Connect } from '../sqlserver/connections.ts';
import { openTsqlDatabases } from '../sqlserver/databases.ts';
import { admitAll, restrict } from '../sqlserver/doors.ts';
import { clearQueryStore } from '../sqlserver/machine.ts';
import type { Platform } from '../sqlserver/platform.ts';
import { makeCopy } from './copy.ts';
import type { KeptOperations } from './kept-operations.ts';
import { logicalServerOf, parseServerId } from './resource.ts';
import { AzureRestores } from './restores.ts';

export interface AzureSqlOptions {
  readonly clock: Clock;
  readonly newId: () => string;
  /** Ids of the logical servers whose databases may be restored through the resource manager; none: nothing is restored. */
  readonly servers?: readonly string[];
  readonly credential?: Credential;
  readonly operations?: KeptOperations;
  readonly endpoint?: string;
  readonly rangeRows?: number;
  readonly pollMs?: number;
  readonly connect?: Connect;
}

/** Databases of logical servers of Azure SQL. `connection` names the server and the runbook's principal; its database does not matter. */
export function openAzureSqlDatabases(options: AzureSqlOptions): OpenDatabases {
  return openTsqlDatabases((connection) => azurePlatform(connection, options), options);
}

function azurePlatform(connection: string, options: AzureSqlOptions): Platform {
  const { clock, pollMs, connect } = options;
  const restores = restoresOf(connection, options);
  return {
    // In master, where all of the server's databases have numbers of their own.
    idText: 'CAST(d.database_id AS varchar(20))',
    joined: '',
    // Two that watch the same copy do not disturb each other.
    alone: (_server, _name, work) => work(),
    restrict,
    admitAll,
    forget: clearQueryStore,
    logins: (server) => server.onServer(readLogins),
    // A database of Azure SQL has room of its own.
    freeBytes: async () => null,
    administrators: (server) => server.onServer(administrators),
    missingServerRights: async (server, name) => [
      ...(await server.onServer(missingServerRights)),
      ...(restores ? await missingRestorePoint(restores, clock, name) : []),
    ],
    uncopied: async (_server, source) => notOfAzure(source),
    makeCopy: (server, request, half) =>
      makeCopy({
        ...{ server, request, half, clock },
        ...(pollMs === undefined ? {} : { pollMs }),
        ...(connect === undefined ? {} : { connect }),
      }),
    async restore(_server, request) {
      if (!restores) throw new FreshetError('RESTORE_NOT_SUPPORTED', { name: request.last });
      await restores.restore(request);
    },
  };
}

function restoresOf(
  connection: string,
  { servers = [], credential, operations, clock, endpoint, pollMs }: AzureSqlOptions,
): AzureRestores | null {
  const server = logicalServerOf(connection);
  const resource = servers.map(parseServerId).find((one) => one?.server.toLowerCase() === server);
  if (!resource || !credential || !operations) return null;
  return new AzureRestores({
    ...{ resource, credential, operations, clock },
    ...(endpoint === undefined ? {} : { endpoint }),
    ...(pollMs === undefined ? {} : { pollMs }),
  });
}

/** The second way back, where somebody drops the old database: asked for before it is needed. */
async function missingRestorePoint(restores: AzureRestores, clock: Clock, name: string): Promise<string[]> {
  const earliest = await restores.earliest(name);
  if (earliest === null) return [`a restore point of ${name}`];
  return earliest > clock.now()
    ? [`a restore point of ${name} (the first is of ${new Date(earliest).toISOString()})`]
    : [];
}

/** Logins of SQL; those of Entra are known by their own SIDs. */
async function readLogins(session: Session): Promise<Logins> {
  const rows = await session.query<{ sid: string; name: string }>(
    'SELECT CONVERT(varchar(200), sid, 1) AS sid, name FROM sys.sql_logins WHERE sid IS NOT NULL',
  );
  return new Map(rows.map(({ sid, name }) => [sid, name]));
}

/** Until the copy is shut, those of the source's users who find its random name. */
const UNTIL_SHUT = 'whoever may enter the source, until the copy is shut (Azure copies a database with its users)';
const ADMINS = 'the server’s administrators of SQL and of Entra';

async function administrators(session: Session): Promise<string[]> {
  const rows = await session.query<{ name: string }>(
    `SELECT u.name AS name FROM sys.database_role_members m JOIN sys.database_principals r ON r.principal_id = m.role_principal_id
JOIN sys.database_principals u ON u.principal_id = m.member_principal_id
WHERE r.name IN ('db_owner', 'loginmanager') AND u.principal_id <> 1 AND u.name <> USER_NAME() ORDER BY u.name`,
  );
  return [ADMINS, UNTIL_SHUT, ...rows.map(({ name }) => name)];
}

async function missingServerRights(session: Session): Promise<string[]> {
  const [row] = await session.query<{ may: number | null }>(
    `SELECT CASE WHEN IS_MEMBER('dbmanager') = 1 OR IS_MEMBER('db_owner') = 1 THEN 1 ELSE 0 END AS may`,
  );
  return row?.may === 1 ? [] : ['membership in dbmanager (in master)'];
}

const AZURE_SQL = 5;

async function notOfAzure(source: Session): Promise<string[]> {
  const [row] = await source.query<{ edition: number }>(
    `SELECT CAST(SERVERPROPERTY('EngineEdition') AS int) AS edition`,
  );
  return row?.edition === AZURE_SQL ? [] : ['a database that is none of Azure SQL'];
}
