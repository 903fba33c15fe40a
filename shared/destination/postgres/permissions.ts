import { isProtected, type PostgresAddress } from '../../sql/postgres/address.ts';
import { quoteName } from '../../sql/postgres/names.ts';
import type { Session } from '../../sql/postgres/session.ts';
import type { Examination, PermissionCheck } from '../model.ts';
import { PERMISSION_CODES, type PermissionCode, permissionCheck } from '../permissions.ts';
import type { ObjectName } from '../sql/statements.ts';
import { keyName, quoted } from './dialect.ts';

/** What the login may do, by the catalog: each permission of the original is a check here, or has no counterpart. */

interface Rights {
  readonly login: string;
  readonly database: string;
  readonly readOnly: boolean;
  readonly connections: number;
  readonly createsSchemas: boolean;
  readonly temporary: boolean;
  readonly schemaStands: boolean;
  readonly uses: boolean;
  readonly creates: boolean;
}

interface TableRights {
  readonly name: string;
  readonly AL: boolean;
  readonly IN: boolean;
  readonly DL: boolean;
  readonly SL: boolean;
  readonly UP: boolean;
}

/** Fewer are soon used up by reports beside Freshet's own of each profile. */
const CONNECTIONS_ADVISED = 50;

const NOT_APPLICABLE: Partial<Record<PermissionCode, string>> = {
  CRTY: 'Freshet makes no types on PostgreSQL.',
  CRVW: 'Freshet makes no views.',
  CRPR: 'Freshet makes no procedures on PostgreSQL.',
  ALUS: 'Freshet changes no users.',
  VWDS: 'Every PostgreSQL user may read what Freshet needs to know of the database.',
  EX: 'Freshet makes no procedures on PostgreSQL.',
  RF: 'The tables have no foreign keys.',
};

const TABLE_RIGHTS = { AL: null, IN: 'INSERT', DL: 'DELETE', SL: 'SELECT', UP: 'UPDATE' } as const;

/** `own` and `entities`: the tables that are the profile's, whether they stand or not. */
export async function examine(
  session: Session,
  schema: string,
  own: readonly ObjectName[],
  entities: readonly ObjectName[],
): Promise<Examination> {
  const rights = await readRights(session, schema);
  const names = [...own, ...entities].map(({ name }) => name);
  const tables = await readTableRights(session, schema, names);
  return {
    permissions: PERMISSION_CODES.map((code) => check(code, rights, schema, tables)),
    readOnly: rights.readOnly,
    foreign: await readForeign(session, schema, own),
    advice: adviceOf(rights),
  };
}

function check(code: PermissionCode, rights: Rights, schema: string, tables: readonly TableRights[]): PermissionCheck {
  const reason = NOT_APPLICABLE[code];
  if (reason !== undefined) return permissionCheck(code, 'not applicable', reason);
  if (code === 'CRTB') return checkCreating(rights, schema);
  return checkTables(code as keyof typeof TABLE_RIGHTS, rights, schema, tables);
}

function checkCreating(rights: Rights, schema: string): PermissionCheck {
  const to = `TO ${quoteName(rights.login)}`;
  const missing = [
    ...(rights.temporary ? [] : [`GRANT TEMPORARY ON DATABASE ${quoteName(rights.database)} ${to}`]),
    ...(rights.schemaStands
      ? [...(rights.uses ? [] : ['USAGE']), ...(rights.creates ? [] : ['CREATE'])].map(
          (right) => `GRANT ${right} ON SCHEMA ${quoteName(schema)} ${to}`,
        )
      : rights.createsSchemas
        ? []
        : [`CREATE SCHEMA ${quoteName(schema)} AUTHORIZATION ${quoteName(rights.login)}`]),
  ];
  if (missing.length > 0) {
    const reason = `${rights.login} may not make the tables in schema ${schema}, or stage rows in temporary ones`;
    return permissionCheck('CRTB', 'missing', reason, missing.join('; '));
  }
  const where = rights.schemaStands ? `in schema ${schema}` : `in schema ${schema}, which Freshet will make`;
  return permissionCheck('CRTB', 'granted', `Tables may be made ${where}.`);
}

function checkTables(
  code: keyof typeof TABLE_RIGHTS,
  { login }: Rights,
  schema: string,
  tables: readonly TableRights[],
): PermissionCheck {
  const without = tables.filter((table) => !table[code]).map(({ name }) => ({ schema, name }));
  if (without.length > 0) {
    const reason = `${login} lacks it on ${without.map(({ name }) => name).join(', ')}`;
    return permissionCheck(code, 'missing', reason, without.map((table) => grant(code, table, login)).join('; '));
  }
  return permissionCheck(
    code,
    'granted',
    tables.length > 0 ? 'On all tables that stand.' : 'The tables will be Freshet’s own.',
  );
}

/** Only an owner may alter a table. */
function grant(code: keyof typeof TABLE_RIGHTS, table: ObjectName, login: string): string {
  const right = TABLE_RIGHTS[code];
  return right === null
    ? `ALTER TABLE ${quoted(table)} OWNER TO ${quoteName(login)}`
    : `GRANT ${right} ON ${quoted(table)} TO ${quoteName(login)}`;
}

function adviceOf({ connections }: Rights): string[] {
  if (connections >= CONNECTIONS_ADVISED) return [];
  return [
    `The server allows ${connections} connections: a larger tier lets reports and several profiles work beside each other.`,
  ];
}

/** What the connection string leaves open. */
export function adviceOnAddress(address: PostgresAddress): string[] {
  if (isProtected(address)) return [];
  const now = address.tls === 'disable' ? 'is not encrypted' : 'is encrypted only if the server offers it';
  return [
    `The connection to the database ${now}: name SSL Mode=VerifyFull (sslmode=verify-full in a URL), or Require at least, in the connection string.`,
  ];
}

async function readRights(session: Session, schema: string): Promise<Rights> {
  const [rights] = await session.query<Rights>(
    `SELECT current_user AS login, current_database() AS database,
       pg_is_in_recovery() OR current_setting('default_transaction_read_only')::boolean AS "readOnly",
       current_setting('max_connections')::integer AS connections,
       has_database_privilege(current_database(), 'CREATE') AS "createsSchemas",
       has_database_privilege(current_database(), 'TEMPORARY') AS temporary,
       n.oid IS NOT NULL AS "schemaStands",
       coalesce(has_schema_privilege(n.oid, 'USAGE'), false) AS uses,
       coalesce(has_schema_privilege(n.oid, 'CREATE'), false) AS creates
     FROM (SELECT) one LEFT JOIN pg_catalog.pg_namespace n ON n.nspname = $1`,
    [schema],
  );
  if (!rights) throw new Error('the catalog answered nothing');
  return rights;
}

async function readTableRights(session: Session, schema: string, names: readonly string[]): Promise<TableRights[]> {
  return session.query<TableRights>(
    `SELECT c.relname AS name, pg_has_role(c.relowner, 'USAGE') AS "AL", has_table_privilege(c.oid, 'INSERT') AS "IN",
       has_table_privilege(c.oid, 'DELETE') AS "DL", has_table_privilege(c.oid, 'SELECT') AS "SL",
       has_table_privilege(c.oid, 'UPDATE') AS "UP"
     FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
     WHERE n.nspname = $1 AND c.relname = ANY ($2::text[]) AND c.relkind IN ('r', 'p') ORDER BY c.relname`,
    [schema, names],
  );
}

/** Those names under which something stands that does not bear the key of Freshet's table. */
async function readForeign(session: Session, schema: string, tables: readonly ObjectName[]): Promise<string[]> {
  const rows = await session.query<{ name: string }>(
    `SELECT own.name FROM unnest($2::text[], $3::text[]) AS own (name, key)
     JOIN pg_catalog.pg_class c ON c.relname = own.name JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
     WHERE n.nspname = $1 AND c.relkind IN ('r', 'p', 'v', 'm', 'f')
       AND NOT EXISTS (SELECT FROM pg_catalog.pg_constraint k WHERE k.conrelid = c.oid AND k.conname = own.key)
     ORDER BY own.name`,
    [schema, tables.map(({ name }) => name), tables.map(keyName)],
  );
  return rows.map(({ name }) => name);
}
