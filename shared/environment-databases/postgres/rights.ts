import type { Session } from '../../sql/postgres/session.ts';
import { readAccess } from './access.ts';

/** What the runbook's principal needs on the target's server, asked before it is needed. */

/** Whoever owns the database: the server makes that role, and nobody else is its member. */
const OWNER_ITSELF = 'pg_database_owner';

/** `inside`: a session of the database itself, whose objects get their owners back. */
export async function missingRights(server: Session, inside: Session, id: string): Promise<string[]> {
  const [may] = await server.query<{ create: boolean; signal: boolean; owner: string }>(
    `SELECT r.rolsuper OR r.rolcreatedb AS create, pg_has_role(r.oid, 'pg_signal_backend', 'USAGE') AS signal,
       pg_get_userbyid(d.datdba) AS owner
     FROM pg_roles r, pg_database d WHERE r.rolname = current_user AND d.oid = $1::oid`,
    [id],
  );
  if (!may) return [];
  const { things, defaults } = await readAccess(inside);
  // A copy has a schema public from the beginning.
  const owned = things.filter(({ kind, name }) => kind !== 'SCHEMA' || name !== 'public');
  const owners = new Set([may.owner, ...owned.map(({ owner }) => owner), ...defaults.map(({ role }) => role)]);
  const others = await server.query<{ name: string }>(
    `SELECT rolname AS name FROM pg_roles WHERE rolname = ANY ($1) AND rolname <> '${OWNER_ITSELF}'
       AND NOT pg_has_role(oid, 'USAGE') ORDER BY 1`,
    [[...owners]],
  );
  return [
    ...(may.create ? [] : ['the right CREATEDB']),
    ...(may.signal ? [] : ['membership in pg_signal_backend']),
    ...others.map(({ name }) => `membership in ${name}`),
  ];
}
