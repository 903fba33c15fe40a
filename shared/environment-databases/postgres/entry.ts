import { quoteName } from '../../sql/postgres/names.ts';
import type { Session } from '../../sql/postgres/session.ts';
import type { Entry, Grant } from './marks.ts';

/** Who may enter a database: read, taken away and given back, from outside of it. */

export async function readEntry(session: Session, id: string): Promise<Entry | null> {
  const [row] = await session.query<Entry>(
    `SELECT pg_get_userbyid(d.datdba) AS owner, d.datconnlimit AS "connectionLimit",
       (SELECT coalesce(json_agg(json_build_object('to', r.rolname, 'privilege', a.privilege_type, 'grantable', a.is_grantable)), '[]')
        FROM aclexplode(coalesce(d.datacl, acldefault('d', d.datdba))) a LEFT JOIN pg_roles r ON r.oid = a.grantee
        WHERE a.grantee <> d.datdba) AS grants,
       (SELECT coalesce(json_agg(json_build_object('role', r.rolname, 'name', split_part(c, '=', 1),
                 'value', substr(c, strpos(c, '=') + 1))), '[]')
        FROM pg_db_role_setting s CROSS JOIN unnest(s.setconfig) c LEFT JOIN pg_roles r ON r.oid = s.setrole
        WHERE s.setdatabase = d.oid) AS settings
     FROM pg_database d WHERE d.oid = $1::oid`,
    [id],
  );
  return row ?? null;
}

/** Leaves the runbook, who becomes the owner, and the server's administrators. */
export async function revokeEntry(session: Session, name: string, { grants }: Pick<Entry, 'grants'>): Promise<void> {
  const database = quoteName(name);
  const holders = new Set(['PUBLIC', ...grants.map(({ to }) => (to === null ? 'PUBLIC' : quoteName(to)))]);
  await session.query(`ALTER DATABASE ${database} OWNER TO CURRENT_USER`);
  await session.query(`REVOKE ALL ON DATABASE ${database} FROM ${[...holders].join(', ')} CASCADE`);
}

/** As the database's owner, who gives it away last. */
export async function giveEntry(session: Session, name: string, given: Entry): Promise<void> {
  const database = quoteName(name);
  for (const grant of given.grants) {
    await session.query(`GRANT ${grantText(grant)} ON DATABASE ${database} TO ${grantee(grant)}`);
  }
  await session.query(`ALTER DATABASE ${database} CONNECTION LIMIT ${given.connectionLimit}`);
  for (const { role, name: setting, value } of given.settings) {
    // The value's own syntax (lists of names, say) is left to the server.
    await session.query('SELECT set_config($1, $2, true)', [setting, value]);
    const holder = role === null ? `DATABASE ${database}` : `ROLE ${quoteName(role)} IN DATABASE ${database}`;
    await session.query(`ALTER ${holder} SET ${settingName(setting)} FROM CURRENT`);
  }
  await session.query(`ALTER DATABASE ${database} OWNER TO ${quoteName(given.owner)}`);
}

/** Also with the right to give it on, where it had that. */
export function grantee({ to, grantable }: Grant): string {
  return `${to === null ? 'PUBLIC' : quoteName(to)}${grantable ? ' WITH GRANT OPTION' : ''}`;
}

/** A privilege is one of the server's own words; anything else is no privilege. */
export function grantText({ privilege }: Grant): string {
  if (!/^[A-Z ]+$/.test(privilege)) throw new Error('the name of a privilege is none');
  return privilege;
}

/** `class.name` of an extension's setting has two parts. */
function settingName(name: string): string {
  return name.split('.').map(quoteName).join('.');
}
