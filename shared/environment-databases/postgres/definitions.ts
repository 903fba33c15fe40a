import { independent, OURS } from './catalog.ts';
import { ATTACHED_INDEXES, FINE_POINTS, UNVALIDATED, VIEW_DEFAULTS } from './fine-points.ts';

/**
 * The definitions of everything in a database that is copied, as questions to its catalog. Each answers with whole
 * statements in the column `statement`: names are quoted and expressions written by the server itself, with an empty
 * search_path, so that every name is a full one. What belongs to an extension comes with it.
 */

/** `WITH (…)` of a table, view or index; `also`: options that come first. */
const options = (relation: string, also = "''") =>
  `(SELECT coalesce(' WITH (' || nullif(concat_ws(', ', nullif(${also}, ''), string_agg(format('%s=%L', o.name, o.value), ', ')), '') || ')', '')
    FROM (SELECT quote_ident(option_name) AS name, option_value AS value FROM pg_options_to_table(${relation}.reloptions)
          WHERE option_name <> 'autovacuum_enabled'
          UNION ALL SELECT 'toast.' || quote_ident(option_name), option_value FROM pg_class toast, pg_options_to_table(toast.reloptions)
          WHERE toast.oid = ${relation}.reltoastrelid) o)`;

const collation = (own: string, ofType: string) =>
  `CASE WHEN ${own} <> 0 AND ${own} <> ${ofType} THEN
     (SELECT format(' COLLATE %I.%I', cn.nspname, co.collname) FROM pg_collation co JOIN pg_namespace cn ON cn.oid = co.collnamespace
      WHERE co.oid = ${own}) ELSE '' END`;

const SCHEMAS = `
  SELECT 'DROP SCHEMA IF EXISTS public' AS statement WHERE NOT EXISTS (SELECT FROM pg_namespace WHERE nspname = 'public')
  UNION ALL
  SELECT format('CREATE SCHEMA IF NOT EXISTS %I', n.nspname) FROM pg_namespace n
  WHERE ${OURS} AND ${independent('pg_namespace', 'n.oid')}`;

/** Those that cannot be made on the server of the copy are left out; nothing needs them (uncopied.ts). */
export const EXTENSIONS = `
  SELECT x.extname AS name, format('CREATE EXTENSION IF NOT EXISTS %I SCHEMA %I', x.extname, n.nspname) AS statement
  FROM pg_extension x JOIN pg_namespace n ON n.oid = x.extnamespace ORDER BY x.oid`;

const COLLATIONS = `
  SELECT format('CREATE COLLATION %I.%I (PROVIDER = %s, %s, DETERMINISTIC = %s%s)', n.nspname, co.collname,
    CASE co.collprovider WHEN 'i' THEN 'icu' WHEN 'b' THEN 'builtin' ELSE 'libc' END,
    CASE co.collprovider WHEN 'c' THEN format('LC_COLLATE = %L, LC_CTYPE = %L', co.collcollate, co.collctype)
      ELSE format('LOCALE = %L', coalesce(j->>'colllocale', j->>'colliculocale', co.collcollate)) END,
    CASE WHEN co.collisdeterministic THEN 'true' ELSE 'false' END, coalesce(', RULES = ' || quote_literal(j->>'collicurules'), '')) AS statement
  FROM pg_collation co JOIN pg_namespace n ON n.oid = co.collnamespace CROSS JOIN LATERAL to_jsonb(co) j
  WHERE ${OURS} AND ${independent('pg_collation', 'co.oid')} ORDER BY co.oid`;

const TYPES = `
  SELECT statement FROM (
    SELECT t.oid, format('CREATE TYPE %I.%I AS ENUM (%s)', n.nspname, t.typname,
      (SELECT coalesce(string_agg(quote_literal(l.enumlabel), ', ' ORDER BY l.enumsortorder), '') FROM pg_enum l WHERE l.enumtypid = t.oid)) AS statement
    FROM pg_type t JOIN pg_namespace n ON n.oid = t.typnamespace
    WHERE t.typtype = 'e' AND ${OURS} AND ${independent('pg_type', 't.oid')}
    UNION ALL
    SELECT t.oid, format('CREATE DOMAIN %I.%I AS %s%s%s%s%s', n.nspname, t.typname, format_type(t.typbasetype, t.typtypmod),
      ${collation('t.typcollation', '(SELECT b.typcollation FROM pg_type b WHERE b.oid = t.typbasetype)')},
      coalesce(' DEFAULT ' || pg_get_expr(t.typdefaultbin, 0), ''), CASE WHEN t.typnotnull THEN ' NOT NULL' ELSE '' END,
      (SELECT coalesce(string_agg(format(' CONSTRAINT %I %s', k.conname, pg_get_constraintdef(k.oid)), '' ORDER BY k.conname), '')
       FROM pg_constraint k WHERE k.contypid = t.oid AND k.contype = 'c' AND k.convalidated))
    FROM pg_type t JOIN pg_namespace n ON n.oid = t.typnamespace
    WHERE t.typtype = 'd' AND ${OURS} AND ${independent('pg_type', 't.oid')}
    UNION ALL
    SELECT t.oid, format('CREATE TYPE %I.%I AS (%s)', n.nspname, t.typname,
      (SELECT coalesce(string_agg(format('%I %s%s', a.attname, format_type(a.atttypid, a.atttypmod),
         ${collation('a.attcollation', '(SELECT b.typcollation FROM pg_type b WHERE b.oid = a.atttypid)')}), ', ' ORDER BY a.attnum), '')
       FROM pg_attribute a WHERE a.attrelid = t.typrelid AND a.attnum > 0 AND NOT a.attisdropped))
    FROM pg_type t JOIN pg_namespace n ON n.oid = t.typnamespace JOIN pg_class c ON c.oid = t.typrelid AND c.relkind = 'c'
    WHERE t.typtype = 'c' AND ${OURS} AND ${independent('pg_type', 't.oid')}
    UNION ALL
    SELECT t.oid, format('CREATE TYPE %I.%I AS RANGE (SUBTYPE = %s%s%s, MULTIRANGE_TYPE_NAME = %I.%I)', n.nspname, t.typname,
      format_type(g.rngsubtype, NULL),
      (SELECT format(', COLLATION = %I.%I', cn.nspname, co.collname) FROM pg_collation co
       JOIN pg_namespace cn ON cn.oid = co.collnamespace WHERE co.oid = g.rngcollation),
      CASE WHEN g.rngsubdiff <> 0 THEN format(', SUBTYPE_DIFF = %s', g.rngsubdiff::regproc) ELSE '' END, mn.nspname, m.typname)
    FROM pg_type t JOIN pg_namespace n ON n.oid = t.typnamespace JOIN pg_range g ON g.rngtypid = t.oid
    JOIN pg_type m ON m.oid = g.rngmultitypid JOIN pg_namespace mn ON mn.oid = m.typnamespace
    WHERE t.typtype = 'r' AND ${OURS} AND ${independent('pg_type', 't.oid')}
  ) types ORDER BY oid`;

const sequenceOptions = `format('INCREMENT BY %s MINVALUE %s MAXVALUE %s START WITH %s CACHE %s%s', s.seqincrement, s.seqmin, s.seqmax,
   s.seqstart, s.seqcache, CASE WHEN s.seqcycle THEN ' CYCLE' ELSE ' NO CYCLE' END)`;

const SEQUENCES = `
  SELECT format('CREATE %sSEQUENCE %I.%I AS %s %s', CASE c.relpersistence WHEN 'u' THEN 'UNLOGGED ' ELSE '' END, n.nspname, c.relname,
    format_type(s.seqtypid, NULL), ${sequenceOptions}) AS statement
  FROM pg_sequence s JOIN pg_class c ON c.oid = s.seqrelid JOIN pg_namespace n ON n.oid = c.relnamespace
  WHERE ${OURS} AND ${independent('pg_class', 'c.oid')} ORDER BY c.oid`;

const ROUTINES = `
  SELECT pg_get_functiondef(p.oid) AS statement FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace
  WHERE p.prokind <> 'a' AND ${OURS} AND ${independent('pg_proc', 'p.oid')} ORDER BY p.oid`;

const identity = `(SELECT format(' GENERATED %s AS IDENTITY (SEQUENCE NAME %I.%I %s)',
    CASE a.attidentity WHEN 'a' THEN 'ALWAYS' ELSE 'BY DEFAULT' END, sn.nspname, sc.relname, ${sequenceOptions})
  FROM pg_depend i JOIN pg_sequence s ON s.seqrelid = i.objid JOIN pg_class sc ON sc.oid = i.objid JOIN pg_namespace sn ON sn.oid = sc.relnamespace
  WHERE i.classid = 'pg_class'::regclass AND i.refclassid = 'pg_class'::regclass AND i.refobjid = a.attrelid AND i.refobjsubid = a.attnum
    AND i.deptype = 'i')`;

const columnList = `(SELECT coalesce(string_agg(format('%I %s%s%s%s', a.attname, format_type(a.atttypid, a.atttypmod),
    ${collation('a.attcollation', 't.typcollation')},
    CASE WHEN a.attgenerated = 's' THEN format(' GENERATED ALWAYS AS (%s) STORED', pg_get_expr(d.adbin, d.adrelid))
      WHEN a.attgenerated <> '' THEN format(' GENERATED ALWAYS AS (%s) VIRTUAL', pg_get_expr(d.adbin, d.adrelid))
      WHEN a.attidentity <> '' THEN ${identity}
      ELSE coalesce(' DEFAULT ' || pg_get_expr(d.adbin, d.adrelid), '') END,
    CASE WHEN a.attnotnull AND coalesce(nn.convalidated, true) THEN coalesce(' CONSTRAINT ' || quote_ident(nn.conname), '') || ' NOT NULL' ELSE '' END), ', ' ORDER BY a.attnum), '')
  FROM pg_attribute a LEFT JOIN pg_constraint nn ON nn.conrelid = a.attrelid AND nn.contype = 'n' AND nn.conkey = ARRAY[a.attnum] JOIN pg_type t ON t.oid = a.atttypid LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
  WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped)`;

/** Until the scrub is over nothing looks at the rows: statistics would keep what the rules take away. */
const TABLES = `
  SELECT format('CREATE %sTABLE %I.%I (%s)%s%s', CASE c.relpersistence WHEN 'u' THEN 'UNLOGGED ' ELSE '' END, n.nspname, c.relname,
    ${columnList}, CASE c.relkind WHEN 'p' THEN ' PARTITION BY ' || pg_get_partkeydef(c.oid) ELSE '' END,
    CASE c.relkind WHEN 'r' THEN ${options('c', "'autovacuum_enabled=false'")} ELSE '' END) AS statement
  FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
  WHERE c.relkind IN ('r', 'p') AND c.relpersistence <> 't' AND ${OURS} AND ${independent('pg_class', 'c.oid')} ORDER BY c.oid`;

const CHECKS = `
  SELECT format('ALTER TABLE ONLY %s ADD CONSTRAINT %I %s', c.oid::regclass, k.conname, pg_get_constraintdef(k.oid)) AS statement
  FROM pg_constraint k JOIN pg_class c ON c.oid = k.conrelid JOIN pg_namespace n ON n.oid = c.relnamespace
  WHERE k.contype = 'c' AND k.convalidated AND c.relkind IN ('r', 'p') AND ${OURS} AND ${independent('pg_class', 'c.oid')} ORDER BY k.oid`;

const FAMILIES = `
  SELECT CASE WHEN c.relispartition
    THEN format('ALTER TABLE ONLY %s ATTACH PARTITION %s %s', i.inhparent::regclass, c.oid::regclass, pg_get_expr(c.relpartbound, c.oid))
    ELSE format('ALTER TABLE %s INHERIT %s', c.oid::regclass, i.inhparent::regclass) END AS statement
  FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid JOIN pg_namespace n ON n.oid = c.relnamespace
  WHERE c.relkind IN ('r', 'p') AND ${OURS} AND ${independent('pg_class', 'c.oid')} ORDER BY c.oid, i.inhseqno`;

const STORAGE = `
  SELECT format('ALTER TABLE ONLY %s ALTER COLUMN %I SET STORAGE %s', c.oid::regclass, a.attname,
    CASE a.attstorage WHEN 'p' THEN 'PLAIN' WHEN 'e' THEN 'EXTERNAL' WHEN 'm' THEN 'MAIN' ELSE 'EXTENDED' END) AS statement
  FROM pg_attribute a JOIN pg_type t ON t.oid = a.atttypid JOIN pg_class c ON c.oid = a.attrelid JOIN pg_namespace n ON n.oid = c.relnamespace
  WHERE a.attnum > 0 AND NOT a.attisdropped AND a.attstorage <> t.typstorage AND c.relkind IN ('r', 'p') AND ${OURS}
    AND ${independent('pg_class', 'c.oid')}
  UNION ALL
  SELECT format('ALTER TABLE ONLY %s ALTER COLUMN %I SET COMPRESSION %s', c.oid::regclass, a.attname,
    CASE a.attcompression WHEN 'l' THEN 'lz4' ELSE 'pglz' END)
  FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid JOIN pg_namespace n ON n.oid = c.relnamespace
  WHERE a.attnum > 0 AND NOT a.attisdropped AND a.attcompression <> '' AND c.relkind IN ('r', 'p') AND ${OURS}
    AND ${independent('pg_class', 'c.oid')}`;

/** Before the rows; some need others of them, whatever their order. */
export const BEFORE_ROWS = [SCHEMAS, COLLATIONS, TYPES, SEQUENCES, ROUTINES, TABLES, CHECKS, FAMILIES, STORAGE];

/** Keys and indexes by table, those of partitions each by itself. */
export const INDEXES = `
  SELECT relation, statement FROM (
    SELECT c.oid, k.oid AS number, 1 AS rank, c.oid::regclass::text AS relation,
      format('ALTER TABLE ONLY %s ADD CONSTRAINT %I %s', c.oid::regclass, k.conname, pg_get_constraintdef(k.oid)) AS statement
    FROM pg_constraint k JOIN pg_class c ON c.oid = k.conrelid JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE k.contype IN ('p', 'u', 'x') AND ${OURS} AND ${independent('pg_class', 'c.oid')}
    UNION ALL
    SELECT c.oid, x.indexrelid, 2, c.oid::regclass::text, pg_get_indexdef(x.indexrelid)
    FROM pg_index x JOIN pg_class c ON c.oid = x.indrelid JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE (x.indisvalid OR c.relkind = 'p') AND c.relkind IN ('r', 'p') AND ${OURS} AND ${independent('pg_class', 'c.oid')}
      AND NOT EXISTS (SELECT FROM pg_constraint k WHERE k.conindid = x.indexrelid AND k.contype IN ('p', 'u', 'x'))
  ) indexes ORDER BY oid, rank, number`;

const VIEWS = `
  SELECT CASE c.relkind
    WHEN 'v' THEN format('CREATE VIEW %s%s AS %s', c.oid::regclass, ${options('c')}, pg_get_viewdef(c.oid))
    ELSE format('CREATE MATERIALIZED VIEW %s%s AS %s WITH NO DATA', c.oid::regclass, ${options('c', "'autovacuum_enabled=false'")},
      rtrim(pg_get_viewdef(c.oid), ';')) END AS statement
  FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
  WHERE c.relkind IN ('v', 'm') AND ${OURS} AND ${independent('pg_class', 'c.oid')} ORDER BY c.oid`;

const VIEW_INDEXES = `
  SELECT pg_get_indexdef(x.indexrelid) AS statement
  FROM pg_index x JOIN pg_class c ON c.oid = x.indrelid JOIN pg_namespace n ON n.oid = c.relnamespace
  WHERE c.relkind = 'm' AND ${OURS} AND ${independent('pg_class', 'c.oid')} ORDER BY x.indexrelid`;

const STATISTICS = `
  SELECT pg_get_statisticsobjdef(s.oid) AS statement FROM pg_statistic_ext s JOIN pg_namespace n ON n.oid = s.stxnamespace
  WHERE ${OURS} AND ${independent('pg_statistic_ext', 's.oid')} ORDER BY s.oid`;

const FOREIGN_KEYS = `
  SELECT format('ALTER TABLE %s%s ADD CONSTRAINT %I %s', CASE c.relkind WHEN 'r' THEN 'ONLY ' ELSE '' END, c.oid::regclass, k.conname,
    pg_get_constraintdef(k.oid)) AS statement
  FROM pg_constraint k JOIN pg_class c ON c.oid = k.conrelid JOIN pg_namespace n ON n.oid = c.relnamespace
  WHERE k.contype = 'f' AND k.conparentid = 0 AND ${OURS} AND ${independent('pg_class', 'c.oid')} ORDER BY k.oid`;

const OWNED_SEQUENCES = `
  SELECT format('ALTER SEQUENCE %s OWNED BY %s.%I', d.objid::regclass, d.refobjid::regclass, a.attname) AS statement
  FROM pg_depend d JOIN pg_class c ON c.oid = d.objid AND c.relkind = 'S' JOIN pg_namespace n ON n.oid = c.relnamespace
  JOIN pg_attribute a ON a.attrelid = d.refobjid AND a.attnum = d.refobjsubid
  WHERE d.classid = 'pg_class'::regclass AND d.refclassid = 'pg_class'::regclass AND d.deptype = 'a' AND ${OURS} ORDER BY d.objid`;

/** Commented objects that wait for the scrub. */
const WAITING = `(o.type IN ('trigger', 'rule', 'policy') OR EXISTS (SELECT FROM pg_constraint k
  WHERE d.classoid = 'pg_constraint'::regclass AND k.oid = d.objoid AND k.contype <> 'f' AND NOT k.convalidated))`;

const comments = (waiting: boolean) => `
  SELECT format('COMMENT ON %s %s IS %L',
    CASE WHEN o.type LIKE '% column' THEN 'COLUMN' WHEN o.type = 'table constraint' THEN 'CONSTRAINT' WHEN o.type = 'domain constraint'
      THEN 'CONSTRAINT' WHEN o.type = 'statistics object' THEN 'STATISTICS' ELSE upper(o.type) END,
    CASE o.type WHEN 'domain constraint' THEN regexp_replace(o.identity, ' on ', ' ON DOMAIN ') ELSE o.identity END, d.description) AS statement
  FROM pg_description d CROSS JOIN LATERAL pg_identify_object(d.classoid, d.objoid, d.objsubid) o
  WHERE d.objoid >= 16384 AND d.classoid <> 'pg_extension'::regclass AND ${waiting ? '' : 'NOT '}${WAITING}
    AND coalesce(o.schema, '') !~ '^pg_' AND NOT EXISTS (SELECT FROM pg_depend e
      WHERE e.classid = d.classoid AND e.objid = d.objoid AND e.deptype = 'e')
    AND o.type NOT IN ('publication', 'subscription')
    AND NOT EXISTS (SELECT FROM pg_constraint k
      WHERE d.classoid = 'pg_constraint'::regclass AND k.oid = d.objoid AND k.contype = 'f' AND k.conparentid <> 0)`;

export const AFTER_ROWS = [
  ATTACHED_INDEXES,
  VIEWS,
  VIEW_DEFAULTS,
  VIEW_INDEXES,
  STATISTICS,
  FOREIGN_KEYS,
  OWNED_SEQUENCES,
  FINE_POINTS,
  comments(false),
];

const onTable = (statement: string) => `
  SELECT ${statement} AS statement FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace`;

const FILLED_VIEWS = `${onTable(`format('REFRESH MATERIALIZED VIEW %s', c.oid::regclass)`)}
  WHERE c.relkind = 'm' AND c.relispopulated AND ${OURS} AND ${independent('pg_class', 'c.oid')} ORDER BY c.oid`;

const TRIGGERS = `
  SELECT pg_get_triggerdef(g.oid) || coalesce(CASE g.tgenabled
      WHEN 'D' THEN format('; ALTER TABLE %s DISABLE TRIGGER %I', c.oid::regclass, g.tgname)
      WHEN 'R' THEN format('; ALTER TABLE %s ENABLE REPLICA TRIGGER %I', c.oid::regclass, g.tgname)
      WHEN 'A' THEN format('; ALTER TABLE %s ENABLE ALWAYS TRIGGER %I', c.oid::regclass, g.tgname) END, '') AS statement
  FROM pg_trigger g JOIN pg_class c ON c.oid = g.tgrelid JOIN pg_namespace n ON n.oid = c.relnamespace
  WHERE NOT g.tgisinternal AND g.tgparentid = 0 AND ${OURS} AND ${independent('pg_class', 'c.oid')} ORDER BY g.oid`;

const RULES = `
  SELECT pg_get_ruledef(r.oid) || CASE r.ev_enabled WHEN 'O' THEN ''
      WHEN 'D' THEN format(' ALTER TABLE %s DISABLE RULE %I', c.oid::regclass, r.rulename)
      WHEN 'R' THEN format(' ALTER TABLE %s ENABLE REPLICA RULE %I', c.oid::regclass, r.rulename)
      ELSE format(' ALTER TABLE %s ENABLE ALWAYS RULE %I', c.oid::regclass, r.rulename) END AS statement
  FROM pg_rewrite r JOIN pg_class c ON c.oid = r.ev_class JOIN pg_namespace n ON n.oid = c.relnamespace
  WHERE r.rulename <> '_RETURN' AND ${OURS} AND ${independent('pg_class', 'c.oid')} ORDER BY r.oid`;

const POLICIES = `
  SELECT format('CREATE POLICY %I ON %s AS %s FOR %s TO %s%s%s', p.polname, c.oid::regclass,
    CASE WHEN p.polpermissive THEN 'PERMISSIVE' ELSE 'RESTRICTIVE' END,
    CASE p.polcmd WHEN 'r' THEN 'SELECT' WHEN 'a' THEN 'INSERT' WHEN 'w' THEN 'UPDATE' WHEN 'd' THEN 'DELETE' ELSE 'ALL' END,
    (SELECT string_agg(coalesce(quote_ident(r.rolname), 'PUBLIC'), ', ') FROM unnest(p.polroles) role LEFT JOIN pg_roles r ON r.oid = role),
    coalesce(' USING (' || pg_get_expr(p.polqual, p.polrelid) || ')', ''),
    coalesce(' WITH CHECK (' || pg_get_expr(p.polwithcheck, p.polrelid) || ')', '')) AS statement
  FROM pg_policy p JOIN pg_class c ON c.oid = p.polrelid JOIN pg_namespace n ON n.oid = c.relnamespace
  WHERE ${OURS} AND ${independent('pg_class', 'c.oid')} ORDER BY p.oid`;

const ROW_SECURITY = `${onTable(`format('ALTER TABLE %s %s', c.oid::regclass,
    concat_ws(', ', CASE WHEN c.relrowsecurity THEN 'ENABLE ROW LEVEL SECURITY' END,
      CASE WHEN c.relforcerowsecurity THEN 'FORCE ROW LEVEL SECURITY' END))`)}
  WHERE (c.relrowsecurity OR c.relforcerowsecurity) AND c.relkind IN ('r', 'p') AND ${OURS} AND ${independent('pg_class', 'c.oid')}`;

const AUTOVACUUM = `${onTable(`coalesce((SELECT format('ALTER TABLE %s SET (autovacuum_enabled = %L)', c.oid::regclass, o.option_value)
      FROM pg_options_to_table(c.reloptions) o WHERE o.option_name = 'autovacuum_enabled'),
    format('ALTER TABLE %s RESET (autovacuum_enabled)', c.oid::regclass))`)}
  WHERE c.relkind IN ('r', 'm') AND c.relpersistence <> 't' AND ${OURS} AND ${independent('pg_class', 'c.oid')} ORDER BY c.oid`;

/**
 * What would see, keep, refuse or hide rows while they are scrubbed: triggers that log old values, rules, filled views,
 * constraints that not all rows meet, row security, statistics.
 */
export const AFTER_SCRUB = [
  UNVALIDATED,
  FILLED_VIEWS,
  TRIGGERS,
  RULES,
  POLICIES,
  ROW_SECURITY,
  AUTOVACUUM,
  comments(true),
];

/** Tables with rows of their own. `isBinary`: all types have one binary form on every server. */
export const ROWS = `
  SELECT c.oid::text AS id, c.oid::regclass::text AS relation, c.relfilenode::text AS file, pg_table_size(c.oid)::text AS bytes,
    CASE WHEN m.amname = 'heap' THEN pg_relation_size(c.oid) / current_setting('block_size')::bigint ELSE 0 END::text AS blocks,
    a.columns, coalesce(a.binary, true) AS "isBinary"
  FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace LEFT JOIN pg_am m ON m.oid = c.relam
  CROSS JOIN LATERAL (
    SELECT string_agg(quote_ident(a.attname), ', ' ORDER BY a.attnum) AS columns,
      bool_and(t.oid < 16384 AND t.typtype IN ('b', 'r', 'm') AND t.typname !~ '^_?reg' AND coalesce(e.typsend, t.typsend) <> 0) AS binary
    FROM pg_attribute a JOIN pg_type t ON t.oid = a.atttypid LEFT JOIN pg_type e ON e.oid = t.typelem AND t.typcategory = 'A'
    WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped AND a.attgenerated = '') a
  WHERE c.relkind = 'r' AND c.relpersistence <> 't' AND ${OURS} AND ${independent('pg_class', 'c.oid')}
  ORDER BY pg_table_size(c.oid) DESC, c.oid`;

/** Sequences with a value, identity's own included. */
export const SEQUENCE_NAMES = `
  SELECT c.oid::regclass::text AS name FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
  WHERE c.relkind = 'S' AND c.relpersistence <> 't' AND ${OURS} AND NOT EXISTS (SELECT FROM pg_depend e
    WHERE e.classid = 'pg_class'::regclass AND e.objid = c.oid AND e.deptype = 'e') ORDER BY c.oid`;

/** How the copy must be made to hold the same texts in the same order. Fields differ between versions: the row as JSON. */
export const LOCALE = `SELECT to_jsonb(d) AS facts, pg_encoding_to_char(d.encoding) AS encoding FROM pg_database d WHERE d.datname = current_database()`;
