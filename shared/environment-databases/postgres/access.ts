import { z } from 'zod';
import { FreshetError } from '../../errors/error.ts';
import { quoteName } from '../../sql/postgres/names.ts';
import type { Session } from '../../sql/postgres/session.ts';
import type { Access } from '../model.ts';
import { grantee, grantText } from './entry.ts';
import { entry, type Grant } from './marks.ts';
import { TRACES_SCHEMA } from './traces.ts';

/**
 * Owners and grants inside a database, by the objects' names: what the target's users may do is the target's, not the
 * source's. Roles and their memberships belong to the server and need nothing.
 */

const grants = z.array(z.object({ to: z.string().nullable(), privilege: z.string(), grantable: z.boolean() }));

const thing = z.object({
  /** A word of GRANT: SCHEMA, TABLE, SEQUENCE, ROUTINE or TYPE; COLUMN is a table's. */
  kind: z.enum(['SCHEMA', 'TABLE', 'COLUMN', 'SEQUENCE', 'ROUTINE', 'TYPE']),
  schema: z.string(),
  /** What tells it from others of its kind and schema; only compared, never part of a statement. */
  name: z.string(),
  owner: z.string(),
  /** Null: as the server gives them by itself. */
  grants: grants.nullable(),
});

const access = z.object({
  dialect: z.literal('postgres'),
  entry,
  things: z.array(thing),
  defaults: z.array(z.object({ role: z.string(), schema: z.string().nullable(), kind: z.string(), grants })),
});

type Thing = z.infer<typeof thing>;
export type PostgresAccess = z.infer<typeof access>;

/** DATABASE_BUG when it is another dialect's. */
export function parseAccess(value: Access): PostgresAccess {
  const parsed = access.safeParse(value);
  if (!parsed.success) throw new FreshetError('DATABASE_BUG', { text: 'the access is not one of this server' });
  return parsed.data;
}

const json = (acl: string, owner: string) =>
  `(SELECT coalesce(json_agg(json_build_object('to', r.rolname, 'privilege', a.privilege_type, 'grantable', a.is_grantable)), '[]')
    FROM aclexplode(${acl}) a LEFT JOIN pg_roles r ON r.oid = a.grantee WHERE a.grantee <> ${owner})`;

const grantsOf = (acl: string, owner: string) => `CASE WHEN ${acl} IS NULL THEN NULL ELSE ${json(acl, owner)} END`;

const NOT_OF_EXTENSIONS = (catalog: string, id: string) =>
  `NOT EXISTS (SELECT FROM pg_depend e WHERE e.classid = '${catalog}'::regclass AND e.objid = ${id} AND e.deptype = 'e')`;

/**
 * `on` and `column`: the object in a statement; `own`: its owner is its own and not that of a table. Columns are listed
 * when they have grants, and those of $1 (`schema table.column`) anyway.
 */
const THINGS = `
  SELECT kind, schema, name, "on", "column", owner, grants, own FROM (
    SELECT 1 AS rank, 'SCHEMA' AS kind, n.nspname AS schema, n.nspname AS name, format('SCHEMA %I', n.nspname) AS "on", NULL AS "column",
      pg_get_userbyid(n.nspowner) AS owner, ${grantsOf('n.nspacl', 'n.nspowner')} AS grants, true AS own, n.oid AS nsp
    FROM pg_namespace n
    UNION ALL
    SELECT 2, CASE c.relkind WHEN 'S' THEN 'SEQUENCE' ELSE 'TABLE' END, n.nspname, c.relname,
      format('%s %I.%I', CASE c.relkind WHEN 'S' THEN 'SEQUENCE' ELSE 'TABLE' END, n.nspname, c.relname), NULL,
      pg_get_userbyid(c.relowner), ${grantsOf('c.relacl', 'c.relowner')},
      NOT EXISTS (SELECT FROM pg_depend d WHERE c.relkind = 'S' AND d.classid = 'pg_class'::regclass AND d.objid = c.oid
        AND d.refclassid = 'pg_class'::regclass AND d.deptype IN ('a', 'i')), n.oid
    FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE c.relkind IN ('r', 'p', 'v', 'm', 'S') AND c.relpersistence <> 't' AND ${NOT_OF_EXTENSIONS('pg_class', 'c.oid')}
    UNION ALL
    SELECT 3, 'COLUMN', n.nspname, format('%I.%I', c.relname, k.attname), format('TABLE %I.%I', n.nspname, c.relname), quote_ident(k.attname),
      pg_get_userbyid(c.relowner), ${grantsOf('k.attacl', 'c.relowner')}, false, n.oid
    FROM pg_attribute k JOIN pg_class c ON c.oid = k.attrelid JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE (k.attacl IS NOT NULL OR format('%s %I.%I', n.nspname, c.relname, k.attname) = ANY ($1::text[])) AND k.attnum > 0 AND NOT k.attisdropped AND ${NOT_OF_EXTENSIONS('pg_class', 'c.oid')}
    UNION ALL
    SELECT 4, 'ROUTINE', n.nspname, format('%I(%s)', p.proname, pg_get_function_identity_arguments(p.oid)),
      format('ROUTINE %I.%I(%s)', n.nspname, p.proname, pg_get_function_identity_arguments(p.oid)), NULL,
      pg_get_userbyid(p.proowner), ${grantsOf('p.proacl', 'p.proowner')}, true, n.oid
    FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace
    WHERE NOT EXISTS (SELECT FROM pg_depend e WHERE e.classid = 'pg_proc'::regclass AND e.objid = p.oid AND e.deptype IN ('e', 'i'))
    UNION ALL
    SELECT 5, 'TYPE', n.nspname, t.typname, format('TYPE %I.%I', n.nspname, t.typname), NULL,
      pg_get_userbyid(t.typowner), ${grantsOf('t.typacl', 't.typowner')}, true, n.oid
    FROM pg_type t JOIN pg_namespace n ON n.oid = t.typnamespace LEFT JOIN pg_class c ON c.oid = t.typrelid
    WHERE t.typtype IN ('e', 'd', 'c', 'r') AND (c.oid IS NULL OR c.relkind = 'c') AND ${NOT_OF_EXTENSIONS('pg_type', 't.oid')}
  ) things
  WHERE schema !~ '^pg_' AND schema NOT IN ('information_schema', '${TRACES_SCHEMA}') ORDER BY rank, schema, name`;

const DEFAULTS = `
  SELECT pg_get_userbyid(d.defaclrole) AS role, n.nspname AS schema,
    CASE d.defaclobjtype WHEN 'r' THEN 'TABLES' WHEN 'S' THEN 'SEQUENCES' WHEN 'f' THEN 'ROUTINES' WHEN 'T' THEN 'TYPES' ELSE 'SCHEMAS' END AS kind,
    ${json('d.defaclacl', 'd.defaclrole')} AS grants
  FROM pg_default_acl d LEFT JOIN pg_namespace n ON n.oid = d.defaclnamespace
  WHERE d.defaclobjtype IN ('r', 'S', 'f', 'T', 'n') ORDER BY 1, 2, 3`;

interface StandingThing extends Thing {
  readonly on: string;
  readonly column: string | null;
  readonly own: boolean;
}

/** All but who may enter, which is asked from outside. */
export async function readAccess(session: Session): Promise<Pick<PostgresAccess, 'things' | 'defaults'>> {
  await session.query("SET search_path = ''");
  const standing = await session.query<StandingThing>(THINGS, [[]]);
  const defaults = await session.query<PostgresAccess['defaults'][number]>(DEFAULTS);
  await session.query('RESET search_path');
  return { things: standing.map(({ on, column, own, ...rest }) => rest), defaults };
}

/** Statements sent at once; together they are one transaction, and their locks must find room. */
const STATEMENTS_AT_ONCE = 50;

/** Safe to repeat: each object is made to have the owner and the grants that are wanted. */
export async function giveInnerAccess(session: Session, wanted: PostgresAccess): Promise<void> {
  await session.query("SET search_path = ''");
  const columns = wanted.things.filter(({ kind }) => kind === 'COLUMN').map(({ schema, name }) => `${schema} ${name}`);
  const standing = await session.query<StandingThing>(THINGS, [columns]);
  const heirs = heirsOf(wanted.things);
  const known = new Map(wanted.things.map((one) => [keyOf(one), one]));
  const statements = standing.flatMap((one) => {
    const target = known.get(keyOf(one)) ?? heirs(one);
    return target ? statementsFor(one, target) : [];
  });
  const all = [...statements, ...wanted.defaults.flatMap(defaultStatements)];
  for (let k = 0; k < all.length; k += STATEMENTS_AT_ONCE) {
    await session.query(all.slice(k, k + STATEMENTS_AT_ONCE).join('; '));
  }
  await session.query('RESET search_path');
}

function keyOf({ kind, schema, name }: Thing): string {
  return JSON.stringify([kind, schema, name]);
}

/**
 * What an object gets that the target did not have (its version is older): the owner of most objects of that schema, and
 * what a role holds on all of them, as a role that may read all tables would there.
 */
function heirsOf(things: readonly Thing[]): (one: Thing) => Pick<Thing, 'owner' | 'grants'> | null {
  const groups = Map.groupBy(
    things.filter(({ kind }) => kind !== 'COLUMN'),
    ({ kind, schema }) => JSON.stringify([kind, schema]),
  );
  return ({ kind, schema }) => {
    const group = groups.get(JSON.stringify([kind, schema]));
    const parent = things.find((one) => one.kind === 'SCHEMA' && one.schema === schema);
    if (!group) return parent ? { owner: parent.owner, grants: null } : null;
    const counts = [...Map.groupBy(group, ({ owner }) => owner)].sort(([, a], [, b]) => b.length - a.length);
    const [first, ...rest] = group.map(({ grants }) => new Set((grants ?? []).map((grant) => JSON.stringify(grant))));
    const common = [...(first ?? [])].filter((grant) => rest.every((others) => others.has(grant)));
    return {
      owner: counts[0]?.[0] ?? group[0]?.owner ?? '',
      grants: common.length > 0 ? common.map((grant): Grant => JSON.parse(grant)) : null,
    };
  };
}

function statementsFor(one: StandingThing, wanted: Pick<Thing, 'owner' | 'grants'>): string[] {
  const owner = one.own && one.owner !== wanted.owner ? [`ALTER ${one.on} OWNER TO ${quoteName(wanted.owner)}`] : [];
  if (JSON.stringify(sorted(one.grants)) === JSON.stringify(sorted(wanted.grants))) return owner;
  const place = one.column === null ? `ON ${one.on}` : `(${one.column}) ON ${one.on}`;
  // What the server gives to everybody by itself is taken away before, too.
  const holders = new Set([...(one.grants ?? []), ...(wanted.grants ? [{ to: null }] : [])].map(({ to }) => to));
  return [
    ...owner,
    ...[...holders].map((to) => `REVOKE ALL ${place} FROM ${to === null ? 'PUBLIC' : quoteName(to)} CASCADE`),
    ...(wanted.grants ?? []).map((grant) => `GRANT ${grantText(grant)} ${place} TO ${grantee(grant)}`),
  ];
}

function sorted(grants: readonly Grant[] | null): string[] | null {
  return grants?.map(({ to, privilege, grantable }) => JSON.stringify([to, privilege, grantable])).sort() ?? null;
}

function defaultStatements({ role, schema, kind, grants }: PostgresAccess['defaults'][number]): string[] {
  if (!/^[A-Z]+$/.test(kind)) return [];
  const where = `FOR ROLE ${quoteName(role)}${schema === null ? '' : ` IN SCHEMA ${quoteName(schema)}`}`;
  return grants.map(
    (grant) => `ALTER DEFAULT PRIVILEGES ${where} GRANT ${grantText(grant)} ON ${kind} TO ${grantee(grant)}`,
  );
}
