import { isProtected, type SqlServerAddress } from '../../sql/sqlserver/address.ts';
import { quoteName } from '../../sql/sqlserver/names.ts';
import { type Session, text } from '../../sql/sqlserver/session.ts';
import type { Examination, PermissionCheck } from '../model.ts';
import { PERMISSION_CODES, PERMISSIONS, type PermissionCode, permissionCheck } from '../permissions.ts';
import type { ObjectName } from '../sql/statements.ts';
import { isOurs, standingNames } from './introspect.ts';

/** What the login may do, asked of the server: each permission of the original, by its name. */

interface Rights {
  readonly user: string;
  readonly database: string;
  readonly updateability: string | null;
  readonly snapshotreads: boolean | null;
  readonly edition: number | null;
  readonly objective: string | null;
  readonly schemastands: number;
}

/** Freshet does nothing that needs them. */
const NOT_APPLICABLE: Partial<Record<PermissionCode, string>> = {
  CRVW: 'Freshet makes no views.',
  ALUS: 'Freshet changes no users.',
  RF: 'The tables have no foreign keys.',
};

/** `own` and `entities`: the tables that are the profile's, whether they stand or not. */
export async function examine(
  session: Session,
  schema: string,
  own: readonly ObjectName[],
  _entities: readonly ObjectName[],
): Promise<Examination> {
  const rights = await readRights(session, schema);
  const granted = await readGranted(session, schema);
  return {
    permissions: PERMISSION_CODES.map((code) => check(code, rights, schema, granted)),
    readOnly: rights.updateability === 'READ_ONLY',
    foreign: await readForeign(session, schema, own),
    advice: adviceOf(rights),
  };
}

function check(
  code: PermissionCode,
  { user, schemastands }: Rights,
  schema: string,
  granted: Granted,
): PermissionCheck {
  const reason = NOT_APPLICABLE[code];
  if (reason !== undefined) return permissionCheck(code, 'not applicable', reason);
  const { name, scope } = PERMISSIONS[code];
  const to = `TO ${quoteName(user)}`;
  if (scope === 'schema' && !schemastands) {
    if (granted.get('AL')) return permissionCheck(code, 'granted', `Freshet will make the schema ${schema}.`);
    const remedy = `CREATE SCHEMA ${quoteName(schema)} AUTHORIZATION ${quoteName(user)}`;
    return permissionCheck(code, 'missing', `${user} may not make the schema ${schema}`, remedy);
  }
  const has = granted.get(code);
  if (has === null) return permissionCheck(code, 'not applicable', 'The server cannot tell.');
  if (has) return permissionCheck(code, 'granted', `${user} has it.`);
  const on = scope === 'schema' ? ` ON SCHEMA::${quoteName(schema)}` : '';
  const where = scope === 'schema' ? `on schema ${schema}` : 'in the database';
  return permissionCheck(code, 'missing', `${user} lacks it ${where}`, `GRANT ${name}${on} ${to}`);
}

/** Tiers below stand in the way of a first synchronization (the original asked for Premium P1). */
const SMALL_OBJECTIVE = /^(Basic|S[0-2])$/i;
const AZURE_SQL_DATABASE = 5;

function adviceOf({ snapshotreads, edition, objective, database }: Rights): string[] {
  const reads =
    snapshotreads === false
      ? [
          `Reports wait for Freshet’s transactions, and Freshet for reports: ALTER DATABASE ${quoteName(database)} SET READ_COMMITTED_SNAPSHOT ON lets both go on.`,
        ]
      : [];
  const tier =
    edition === AZURE_SQL_DATABASE && objective !== null && SMALL_OBJECTIVE.test(objective)
      ? [
          `The database has the service objective ${objective}: a first synchronization is several times as fast in Premium P1 or larger.`,
        ]
      : [];
  return [...reads, ...tier];
}

/** What the connection string leaves open. */
export function adviceOnAddress(address: SqlServerAddress): string[] {
  if (isProtected(address)) return [];
  const now = address.encryption === 'off' ? 'is not encrypted' : 'is encrypted for whoever answers';
  return [
    `The connection to the database ${now}: leave out Encrypt=False and TrustServerCertificate=True in the connection string.`,
  ];
}

async function readRights(session: Session, schema: string): Promise<Rights> {
  const [rights] = await session.query<Rights>(
    `SELECT USER_NAME() AS [user], DB_NAME() AS [database],
       CAST(DATABASEPROPERTYEX(DB_NAME(), 'Updateability') AS nvarchar(128)) AS updateability,
       (SELECT d.is_read_committed_snapshot_on FROM sys.databases d WHERE d.name = DB_NAME()) AS snapshotreads,
       CAST(SERVERPROPERTY('EngineEdition') AS int) AS edition,
       CAST(DATABASEPROPERTYEX(DB_NAME(), 'ServiceObjective') AS nvarchar(128)) AS objective,
       (SELECT COUNT(*) FROM sys.schemas s WHERE s.name = @schema) AS schemastands`,
    { schema: text(schema) },
  );
  if (!rights) throw new Error('the server answered nothing');
  return rights;
}

/** Whether the user has it; null: the server does not know it. */
type Granted = ReadonlyMap<PermissionCode, boolean | null>;

/** `AL` of a schema that does not stand: the right to make it. */
async function readGranted(session: Session, schema: string): Promise<Granted> {
  const asked = PERMISSION_CODES.filter((code) => NOT_APPLICABLE[code] === undefined);
  const expressions = asked.map((code) => {
    const { name, scope } = PERMISSIONS[code];
    const inSchema = `CASE WHEN SCHEMA_ID(@schema) IS NULL THEN HAS_PERMS_BY_NAME(NULL, 'DATABASE', 'CREATE SCHEMA')
      ELSE HAS_PERMS_BY_NAME(QUOTENAME(@schema), 'SCHEMA', '${name}') END`;
    return `${scope === 'database' ? `HAS_PERMS_BY_NAME(NULL, 'DATABASE', '${name}')` : inSchema} AS [${code.toLowerCase()}]`;
  });
  const [row] = await session.query<Record<string, number | null>>(`SELECT ${expressions.join(',\n  ')}`, {
    schema: text(schema),
  });
  return new Map(asked.map((code) => [code, answered(row?.[code.toLowerCase()])]));
}

function answered(value: number | null | undefined): boolean | null {
  return value === null || value === undefined ? null : value === 1;
}

/** Those names under which something stands that does not bear the key of Freshet's table. */
async function readForeign(session: Session, schema: string, tables: readonly ObjectName[]): Promise<string[]> {
  const standing = await standingNames(
    session,
    'table',
    schema,
    tables.map(({ name }) => name),
  );
  const foreign: string[] = [];
  for (const name of standing.toSorted()) if (!(await isOurs(session, { schema, name }))) foreign.push(name);
  return foreign;
}
