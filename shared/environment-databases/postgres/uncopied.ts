import type { Session } from '../../sql/postgres/session.ts';
import { independent, noPart, OURS } from './catalog.ts';

/** What keeps a copy from being whole, by questions to both servers: nothing is left out in silence, nor found out in the middle. */

/** Named as people know them, some of each kind. Leaves `source` without a search_path. */
export async function uncopied(source: Session, target: Session): Promise<string[]> {
  await source.query("SET search_path = ''");
  const names = async (question: string) => (await source.query<{ name: string }>(question)).map(({ name }) => name);
  const extensions = await makeableExtensions(target);
  const roles = await rolesOf(target);
  const [needed, of] = [await names(NEEDED_EXTENSIONS), await names(POLICY_ROLES)];
  return [
    ...(await names(OF_NO_STATEMENT)),
    ...(await names(LARGE_OBJECTS)),
    ...((await isSuperuser(target)) ? [] : await names(UNTRUSTED_ROUTINES)),
    ...needed
      .filter((name) => !extensions.has(name))
      .map((name) => `extension ${name} (cannot be made on the target’s server)`),
    ...of.filter((name) => !roles.has(name)).map((name) => `policies for ${name} (no role of the target’s server)`),
    ...(await names(UNREADABLE)).map((name) => `${name} (may not be read)`),
  ];
}

/** Those that the session’s user may make in a database of its own. */
export async function makeableExtensions(session: Session): Promise<ReadonlySet<string>> {
  const rows = await session.query<{ name: string }>(
    `SELECT e.name FROM pg_available_extensions e
     JOIN pg_available_extension_versions v ON v.name = e.name AND v.version = e.default_version
     WHERE v.trusted OR NOT v.superuser OR (SELECT rolsuper FROM pg_roles WHERE rolname = current_user)`,
  );
  return new Set(rows.map(({ name }) => name));
}

async function rolesOf(session: Session): Promise<ReadonlySet<string>> {
  const rows = await session.query<{ name: string }>('SELECT rolname AS name FROM pg_roles');
  return new Set(rows.map(({ name }) => name));
}

async function isSuperuser(session: Session): Promise<boolean> {
  const rows = await session.query('SELECT 1 FROM pg_roles WHERE rolname = current_user AND rolsuper');
  return rows.length > 0;
}

/** Of each kind: more are no better reason. */
const NAMED_MAX = 20;
/** What is older belongs to the server. */
const FIRST_OWN_ID = 16_384;

/** Kinds of objects that no statement is made for. Publications and subscriptions belong to an environment: they are left out on purpose. */
const OF_NO_STATEMENT = `
  SELECT pg_describe_object(catalog, id, 0) AS name FROM (
    SELECT 'pg_proc'::regclass AS catalog, oid AS id FROM pg_proc WHERE prokind = 'a'
    UNION ALL SELECT 'pg_operator'::regclass, oid FROM pg_operator
    UNION ALL SELECT 'pg_opclass'::regclass, oid FROM pg_opclass
    UNION ALL SELECT 'pg_opfamily'::regclass, oid FROM pg_opfamily
    UNION ALL SELECT 'pg_cast'::regclass, oid FROM pg_cast
    UNION ALL SELECT 'pg_conversion'::regclass, oid FROM pg_conversion
    UNION ALL SELECT 'pg_ts_config'::regclass, oid FROM pg_ts_config
    UNION ALL SELECT 'pg_ts_dict'::regclass, oid FROM pg_ts_dict
    UNION ALL SELECT 'pg_ts_parser'::regclass, oid FROM pg_ts_parser
    UNION ALL SELECT 'pg_ts_template'::regclass, oid FROM pg_ts_template
    UNION ALL SELECT 'pg_event_trigger'::regclass, oid FROM pg_event_trigger
    UNION ALL SELECT 'pg_foreign_data_wrapper'::regclass, oid FROM pg_foreign_data_wrapper
    UNION ALL SELECT 'pg_foreign_server'::regclass, oid FROM pg_foreign_server
    UNION ALL SELECT 'pg_language'::regclass, oid FROM pg_language
    UNION ALL SELECT 'pg_transform'::regclass, oid FROM pg_transform
    UNION ALL SELECT 'pg_am'::regclass, oid FROM pg_am
    UNION ALL SELECT 'pg_class'::regclass, oid FROM pg_class WHERE relkind = 'f'
    UNION ALL SELECT 'pg_type'::regclass, oid FROM pg_type WHERE typtype = 'b' AND typcategory <> 'A'
  ) objects
  WHERE id >= ${FIRST_OWN_ID} AND ${noPart('objects.catalog', 'objects.id')}
  LIMIT ${NAMED_MAX}`;

/** Whoever makes one may choose its id. */
const LARGE_OBJECTS = `SELECT pg_describe_object('pg_largeobject'::regclass, oid, 0) AS name FROM pg_largeobject_metadata ORDER BY oid LIMIT ${NAMED_MAX}`;

/** Only a superuser makes them. */
const UNTRUSTED_ROUTINES = `
  SELECT pg_describe_object('pg_proc'::regclass, p.oid, 0) AS name
  FROM pg_proc p JOIN pg_language l ON l.oid = p.prolang JOIN pg_namespace n ON n.oid = p.pronamespace
  WHERE NOT l.lanpltrusted AND p.prokind <> 'a' AND ${OURS} AND ${independent('pg_proc', 'p.oid')} LIMIT ${NAMED_MAX}`;

/**
 * Those that something of the database, or another extension, is made of; an array is made of its elements. A part of an
 * extension's own object (the rule of a view) is none of the database.
 */
const NEEDED_EXTENSIONS = `
  WITH members AS (
    SELECT m.refobjid AS extension, m.classid, m.objid FROM pg_depend m WHERE m.refclassid = 'pg_extension'::regclass AND m.deptype = 'e'
  ), inner_parts AS (
    SELECT extension, classid, objid FROM members
    UNION SELECT p.extension, i.classid, i.objid FROM members p
      JOIN pg_depend i ON i.refclassid = p.classid AND i.refobjid = p.objid AND i.deptype IN ('i', 'a')
  )
  SELECT x.extname AS name FROM pg_extension x
  WHERE x.oid >= ${FIRST_OWN_ID} AND (
    EXISTS (SELECT FROM pg_depend r WHERE r.refclassid = 'pg_extension'::regclass AND r.refobjid = x.oid AND r.classid = 'pg_extension'::regclass)
    OR EXISTS (
      SELECT FROM inner_parts m JOIN pg_depend d ON d.refclassid = m.classid AND d.refobjid = m.objid AND d.deptype IN ('n', 'a')
      WHERE m.extension = x.oid AND NOT EXISTS (SELECT FROM inner_parts o WHERE o.classid = d.classid AND o.objid = d.objid)))
  ORDER BY 1`;

const POLICY_ROLES = `
  SELECT DISTINCT r.rolname AS name FROM pg_policy p JOIN pg_roles r ON r.oid = ANY (p.polroles) ORDER BY 1`;

/** A row that a policy hides from the login would be missing. */
const UNREADABLE = `
  SELECT pg_describe_object('pg_class'::regclass, c.oid, 0) AS name FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
  WHERE c.relkind IN ('r', 'S') AND c.relpersistence <> 't' AND ${OURS} AND NOT EXISTS (SELECT FROM pg_depend e
      WHERE e.classid = 'pg_class'::regclass AND e.objid = c.oid AND e.deptype = 'e')
    AND (NOT has_schema_privilege(n.oid, 'USAGE') OR NOT has_table_privilege(c.oid, 'SELECT') OR row_security_active(c.oid))
  ORDER BY 1 LIMIT ${NAMED_MAX}`;
