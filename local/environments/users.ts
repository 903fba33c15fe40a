import pg from 'pg';
import type { DatabaseKind } from './databases.ts';

/** Owns the databases of the environments and all in them; what the refresh connects as. It ends sessions of the target. */
export const RUNBOOK_USER = 'freshet_runbook';

/** What a user of an environment may do in the databases that it enters. */
type Rights = 'read' | 'write' | 'define';

/** The users that the product makes for itself (reference: finance-operations.md, section 2.3), by what they may do here. */
const USERS: Readonly<Record<string, Partial<Record<DatabaseKind, Rights>>>> = {
  axdbadmin: { transactional: 'define', financialReporting: 'define' },
  axdeployuser: { transactional: 'define' },
  axdeployextuser: { transactional: 'define' },
  axruntimeuser: { transactional: 'write' },
  axretailruntimeuser: { transactional: 'read' },
  axretaildatasyncuser: { transactional: 'write' },
  axmrruntimeuser: { transactional: 'read', financialReporting: 'write' },
  axdbreadonlyuser: { transactional: 'read' },
};

export const USER_NAMES = Object.keys(USERS);

/** The two databases of an environment, by their names. */
export type DatabaseNames = Readonly<Record<DatabaseKind, string>>;

const SCHEMAS: Readonly<Record<DatabaseKind, string>> = { transactional: 'dbo', financialReporting: 'reporting' };
const TABLE_RIGHTS: Readonly<Record<Rights, string>> = {
  read: 'SELECT',
  write: 'SELECT, INSERT, UPDATE, DELETE',
  define: 'ALL',
};

/** All environments share one server here, so their users carry the environment's name. */
export const userOf = (environment: string, name: string): string => `${environment}_${name}`;

/** A user that can sign in; one that is there gets the password. */
export async function ensureUser(client: pg.Client, name: string, password: string, more = ''): Promise<void> {
  const { rowCount } = await client.query('SELECT FROM pg_roles WHERE rolname = $1', [name]);
  const verb = rowCount ? 'ALTER' : 'CREATE';
  const user = pg.escapeIdentifier(name);
  await client.query(`${verb} ROLE ${user} LOGIN ${more} PASSWORD ${pg.escapeLiteral(password)}`);
  await client.query(`ALTER ROLE ${user} SET search_path = dbo, reporting, public`);
}

/** Lets the environment's users into one of its databases, to do there what they may. `client`: in it, as its owner. */
export async function grantAccess(
  client: pg.Client,
  environment: string,
  kind: DatabaseKind,
  names: DatabaseNames,
): Promise<void> {
  const schema = SCHEMAS[kind];
  for (const [name, databases] of Object.entries(USERS)) {
    const rights = databases[kind];
    if (rights === undefined) continue;
    const user = pg.escapeIdentifier(userOf(environment, name));
    const tables = TABLE_RIGHTS[rights];
    await client.query(`
      GRANT CONNECT, TEMPORARY ON DATABASE ${pg.escapeIdentifier(names[kind])} TO ${user};
      GRANT USAGE${rights === 'define' ? ', CREATE' : ''} ON SCHEMA ${schema} TO ${user};
      GRANT ${tables} ON ALL TABLES IN SCHEMA ${schema} TO ${user};
      ALTER DEFAULT PRIVILEGES IN SCHEMA ${schema} GRANT ${tables} ON TABLES TO ${user};
      GRANT ${rights === 'read' ? 'SELECT' : 'SELECT, USAGE'} ON ALL SEQUENCES IN SCHEMA ${schema} TO ${user};
    `);
  }
}
