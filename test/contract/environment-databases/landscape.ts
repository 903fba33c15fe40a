import type { PostgresEnvironmentHarness } from './postgres.harness.ts';

/** A database with one of everything that a copy has to bring along, made by an administrator. */
export async function makeLandscape(harness: PostgresEnvironmentHarness): Promise<string> {
  const name = await harness.create({}, ['user']);
  await harness.query(name, 'DROP SCHEMA dbo');
  await harness.query(name, landscape(harness.role('owner'), harness.role('user')));
  return name;
}

/** `user` is somebody with rights in it. */
const landscape = (owner: string, user: string): string => `
CREATE SCHEMA "Odd ""Schema";
CREATE SCHEMA dbo;
COMMENT ON SCHEMA dbo IS 'tables; -- of ''the'' product';
CREATE COLLATION dbo.ci (PROVIDER = icu, LOCALE = 'und-u-ks-level2', DETERMINISTIC = false);
CREATE TYPE dbo.mood AS ENUM ('sad', 'it''s ok', 'happy');
CREATE DOMAIN dbo.email AS varchar(100) DEFAULT 'none' CONSTRAINT "has ""at""" CHECK (VALUE = 'none' OR VALUE LIKE '%@%');
CREATE TYPE dbo.pair AS (a integer, b text COLLATE "C");
CREATE TYPE dbo.span AS RANGE (SUBTYPE = float8, SUBTYPE_DIFF = float8mi);
CREATE SEQUENCE dbo."Number" AS integer INCREMENT BY 5 MINVALUE -10 MAXVALUE 1000000 START WITH 100 CACHE 3 CYCLE;
SELECT nextval('dbo."Number"');
CREATE SEQUENCE dbo.untouched START WITH 7;
CREATE FUNCTION dbo.double(n integer) RETURNS integer LANGUAGE sql IMMUTABLE AS 'SELECT 2 * n';
CREATE FUNCTION dbo.standard() RETURNS integer LANGUAGE sql BEGIN ATOMIC SELECT 42; END;
CREATE TABLE dbo.parent (
  id bigint GENERATED ALWAYS AS IDENTITY (START WITH 10 INCREMENT BY 2) PRIMARY KEY,
  code varchar(20) COLLATE dbo.ci NOT NULL UNIQUE,
  standard integer DEFAULT dbo.standard(),
  doubled integer GENERATED ALWAYS AS (dbo.double(standard)) STORED,
  feeling dbo.mood DEFAULT 'happy', feelings dbo.mood[], mail dbo.email, pair dbo.pair, span dbo.span,
  number integer DEFAULT nextval('dbo."Number"'), amount numeric(20, 4), at timestamptz, day date, raw bytea, doc jsonb, guid uuid,
  real_value float8, place inet, period tstzrange, words tsvector, what regclass, kept interval, flags bit varying(8),
  gone text, "Weird "" Name" text,
  CONSTRAINT positive CHECK (amount > 0) NOT VALID,
  CONSTRAINT "no overlap" EXCLUDE USING gist (period WITH &&)
) WITH (fillfactor = 70, autovacuum_enabled = true, toast.autovacuum_vacuum_threshold = 99);
ALTER TABLE dbo.parent DROP COLUMN gone;
ALTER TABLE dbo.parent ALTER COLUMN raw SET STORAGE EXTERNAL, ALTER COLUMN doc SET COMPRESSION pglz;
INSERT INTO dbo.parent (code, feelings, mail, pair, span, amount, at, day, raw, doc, guid, real_value, place, period, words, what, kept, flags, "Weird "" Name")
SELECT 'Code ' || n, ARRAY['sad', 'happy']::dbo.mood[], 'm' || n || '@x.example', (n, 'b' || n)::dbo.pair, dbo.span(n, n + 0.5),
  n * 1.0001, '2026-01-01Z'::timestamptz + n * interval '1 hour', '2026-01-01'::date + n, repeat('raw' || n, 2000)::bytea,
  jsonb_build_object('n', n, 'text', 'ä€😀\\'), md5(n::text)::uuid, n / 3.0, ('10.0.0.' || n)::inet,
  tstzrange('2026-01-01Z'::timestamptz + n * interval '1 day', '2026-01-01Z'::timestamptz + (n + 1) * interval '1 day'),
  to_tsvector('simple', 'word' || n), 'dbo.parent'::regclass, n * interval '1 day 2 hours', '1011'::bit varying(8), E'tab\\tline\\nback\\\\slash'
FROM generate_series(1, 50) n;
INSERT INTO dbo.parent (code, amount) VALUES ('all null', NULL);
COMMENT ON TABLE dbo.parent IS 'parents';
COMMENT ON COLUMN dbo.parent."Weird "" Name" IS 'odd';
COMMENT ON CONSTRAINT positive ON dbo.parent IS 'of amounts';
CREATE INDEX parent_lower ON dbo.parent USING btree (lower(code), amount DESC) INCLUDE (day) WHERE amount > 2;
CREATE INDEX parent_doc ON dbo.parent USING gin (doc);
COMMENT ON INDEX dbo.parent_lower IS 'partial';
CREATE STATISTICS dbo.parent_stats (dependencies) ON code, amount FROM dbo.parent;
CREATE TABLE dbo.child (id serial PRIMARY KEY, parent bigint NOT NULL REFERENCES dbo.parent ON DELETE CASCADE DEFERRABLE, note text);
INSERT INTO dbo.child (parent, note) SELECT id, 'note of ' || code FROM dbo.parent;
CREATE TABLE dbo.audit (at timestamptz DEFAULT now(), old text);
CREATE FUNCTION dbo.log_old() RETURNS trigger LANGUAGE plpgsql AS $f$ BEGIN INSERT INTO dbo.audit (old) VALUES (OLD.note); RETURN NEW; END $f$;
CREATE TRIGGER log_old BEFORE UPDATE OR DELETE ON dbo.child FOR EACH ROW EXECUTE FUNCTION dbo.log_old();
CREATE TRIGGER log_off BEFORE INSERT ON dbo.child FOR EACH ROW EXECUTE FUNCTION dbo.log_old();
ALTER TABLE dbo.child DISABLE TRIGGER log_off;
COMMENT ON TRIGGER log_old ON dbo.child IS 'keeps what was';
CREATE RULE no_update AS ON UPDATE TO dbo.audit DO INSTEAD NOTHING;
CREATE TABLE dbo.measure (at date NOT NULL, place text NOT NULL, value integer, PRIMARY KEY (at, place)) PARTITION BY RANGE (at);
CREATE TABLE dbo.measure_2025 PARTITION OF dbo.measure FOR VALUES FROM ('2025-01-01') TO ('2026-01-01');
CREATE TABLE dbo.measure_rest PARTITION OF dbo.measure DEFAULT PARTITION BY LIST (place);
CREATE TABLE dbo.measure_here PARTITION OF dbo.measure_rest FOR VALUES IN ('here');
CREATE TABLE dbo.measure_else PARTITION OF dbo.measure_rest DEFAULT;
CREATE INDEX "a name of its own" ON dbo.measure_here (value);
CREATE INDEX measure_value ON dbo.measure (value);
COMMENT ON INDEX dbo."a name of its own" IS 'of a partition';
INSERT INTO dbo.measure SELECT '2025-12-01'::date + n, (ARRAY['here', 'there'])[1 + n % 2], n FROM generate_series(1, 60) n;
CREATE TABLE dbo.base (a integer, CONSTRAINT a_small CHECK (a < 1000));
CREATE TABLE dbo.derived (b integer) INHERITS (dbo.base);
INSERT INTO dbo.base VALUES (1), (2);
INSERT INTO dbo.derived VALUES (3, 30);
CREATE UNLOGGED TABLE dbo.cache (k text PRIMARY KEY, v text);
INSERT INTO dbo.cache VALUES ('k', 'v');
CREATE TABLE dbo.nothing ();
INSERT INTO dbo.nothing DEFAULT VALUES;
CREATE DOMAIN dbo.lax_text AS text;
CREATE TABLE dbo.lax (n integer, up integer, text dbo.lax_text);
INSERT INTO dbo.lax VALUES (-1, 7, 'before');
ALTER DOMAIN dbo.lax_text ADD CONSTRAINT after_all CHECK (VALUE LIKE 'after%') NOT VALID;
ALTER TABLE dbo.lax ADD CONSTRAINT after_minus CHECK (n > 0) NOT VALID;
COMMENT ON CONSTRAINT after_minus ON dbo.lax IS 'not for what was there';
CREATE TABLE dbo.one_way (id integer PRIMARY KEY, other integer);
CREATE TABLE dbo.other_way (id integer PRIMARY KEY, one integer REFERENCES dbo.one_way);
INSERT INTO dbo.one_way VALUES (1, 1);
INSERT INTO dbo.other_way VALUES (1, 1);
ALTER TABLE dbo.one_way ADD FOREIGN KEY (other) REFERENCES dbo.other_way DEFERRABLE INITIALLY DEFERRED, REPLICA IDENTITY FULL;
CREATE TABLE dbo.typed OF dbo.pair (PRIMARY KEY (a));
ALTER TABLE dbo.typed ALTER COLUMN b SET STATISTICS 500, ALTER COLUMN b SET (n_distinct = 5), CLUSTER ON typed_pkey;
CREATE VIEW dbo.with_default AS SELECT a FROM dbo.typed;
ALTER VIEW dbo.with_default ALTER COLUMN a SET DEFAULT 7;
CREATE TABLE "Odd ""Schema"."Odd ""Table;" ("Odd ""Column" text PRIMARY KEY);
INSERT INTO "Odd ""Schema"."Odd ""Table;" VALUES ('x'), ('y');
CREATE VIEW dbo.names WITH (security_barrier = true) AS SELECT id, code AS "the code" FROM dbo.parent GROUP BY id;
CREATE VIEW dbo.view_of_view AS SELECT count(*) AS n FROM dbo.names;
CREATE FUNCTION dbo.all_names() RETURNS SETOF dbo.names LANGUAGE sql BEGIN ATOMIC SELECT * FROM dbo.names; END;
CREATE VIEW dbo.through_function AS SELECT * FROM dbo.all_names();
CREATE MATERIALIZED VIEW dbo.notes AS SELECT id, note FROM dbo.child;
CREATE UNIQUE INDEX notes_id ON dbo.notes (id);
CREATE MATERIALIZED VIEW dbo.notes_again AS SELECT count(*) AS n FROM dbo.notes;
CREATE MATERIALIZED VIEW dbo.empty_view AS SELECT 1 AS one WITH NO DATA;
CREATE PROCEDURE dbo.clear() LANGUAGE sql AS 'DELETE FROM dbo.cache';
CREATE TABLE dbo.secret (owner text, v integer);
INSERT INTO dbo.secret VALUES ('${user}', 1), ('other', 2);
ALTER TABLE dbo.secret ENABLE ROW LEVEL SECURITY;
CREATE POLICY own_rows ON dbo.secret AS PERMISSIVE FOR SELECT TO "${user}" USING (owner = current_user);
COMMENT ON POLICY own_rows ON dbo.secret IS 'each his own';
ALTER SCHEMA dbo OWNER TO "${owner}";
ALTER TABLE dbo.parent OWNER TO "${owner}";
ALTER TABLE dbo.child OWNER TO "${owner}";
GRANT USAGE ON SCHEMA dbo TO "${user}";
GRANT SELECT ON ALL TABLES IN SCHEMA dbo TO "${user}";
GRANT UPDATE (note) ON dbo.child TO "${user}" WITH GRANT OPTION;
GRANT USAGE ON SEQUENCE dbo."Number" TO "${user}";
REVOKE EXECUTE ON FUNCTION dbo.double FROM PUBLIC;
GRANT EXECUTE ON FUNCTION dbo.double TO "${user}";
REVOKE USAGE ON TYPE dbo.mood FROM PUBLIC;
ALTER DEFAULT PRIVILEGES FOR ROLE "${owner}" IN SCHEMA dbo GRANT SELECT ON TABLES TO "${user}";
`;

/** Whatever the catalog says of the objects of a database, by the views of the standard and functions that no copy is made with. */
export const DESCRIPTION = [
  `SELECT table_schema, table_name, column_name, ordinal_position > 0 AS there, column_default, is_nullable, data_type, character_maximum_length,
     numeric_precision, numeric_scale, collation_name, udt_name, is_identity, identity_generation, identity_start, identity_increment, is_generated,
     generation_expression FROM information_schema.columns WHERE table_schema NOT IN ('pg_catalog', 'information_schema') ORDER BY 1, 2, 3`,
  `SELECT constraint_schema, constraint_name, table_name, constraint_type, is_deferrable FROM information_schema.table_constraints
     WHERE constraint_schema NOT IN ('pg_catalog', 'information_schema') ORDER BY 1, 2, 3`,
  `SELECT schemaname, tablename, indexdef FROM pg_indexes WHERE schemaname NOT LIKE 'pg\\_%' ORDER BY 1, 2, 3`,
  `SELECT schemaname, viewname, definition FROM pg_views WHERE schemaname NOT IN ('pg_catalog', 'information_schema') ORDER BY 1, 2`,
  `SELECT schemaname, matviewname, hasindexes, ispopulated, definition FROM pg_matviews ORDER BY 1, 2`,
  `SELECT schemaname, sequencename, data_type::text, start_value, min_value, max_value, increment_by, cycle, cache_size, last_value FROM pg_sequences ORDER BY 1, 2`,
  `SELECT schemaname, tablename, rulename, definition FROM pg_rules WHERE schemaname NOT LIKE 'pg\\_%' ORDER BY 1, 2, 3`,
  `SELECT schemaname, tablename, policyname, permissive, roles, cmd, qual, with_check FROM pg_policies ORDER BY 1, 2, 3`,
  `SELECT c.relname, g.tgname, g.tgenabled, pg_get_triggerdef(g.oid) FROM pg_trigger g JOIN pg_class c ON c.oid = g.tgrelid WHERE NOT g.tgisinternal ORDER BY 1, 2`,
  `SELECT p.proname, pg_get_functiondef(p.oid) FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace WHERE n.nspname = 'dbo' AND p.prokind <> 'a' ORDER BY 1, 2`,
  `SELECT n.nspname, c.relname, c.relkind, c.relpersistence, c.reloptions, t.reloptions AS toast, c.relrowsecurity, pg_get_expr(c.relpartbound, c.oid) AS bound,
     (SELECT array_agg(i.inhparent::regclass::text) FROM pg_inherits i WHERE i.inhrelid = c.oid) AS parents
     FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace LEFT JOIN pg_class t ON t.oid = c.reltoastrelid
     WHERE n.nspname !~ '^pg_' AND n.nspname <> 'information_schema' ORDER BY 1, 2`,
  `SELECT a.attrelid::regclass::text, a.attname, a.attstorage, a.attcompression FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid
     WHERE c.relnamespace::regnamespace::text = 'dbo' AND a.attnum > 0 AND NOT a.attisdropped AND c.relkind IN ('r', 'p') ORDER BY 1, 2`,
  `SELECT c.oid::regclass::text, c.relreplident, c.reloftype::regtype::text, x.indisclustered FROM pg_class c LEFT JOIN pg_index x ON x.indexrelid = c.oid
     WHERE c.relnamespace::regnamespace::text = 'dbo' AND c.relkind IN ('r', 'p', 'i', 'I') ORDER BY 1`,
  `SELECT k.conrelid::regclass::text, k.contypid::regtype::text, k.conname, k.convalidated, pg_get_constraintdef(k.oid) FROM pg_constraint k
     WHERE k.connamespace::regnamespace::text = 'dbo' ORDER BY 1, 2, 3`,
  `SELECT a.attrelid::regclass::text, a.attname, a.attstattarget, a.attoptions FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid
     WHERE c.relnamespace::regnamespace::text = 'dbo' AND (a.attoptions IS NOT NULL OR a.attstattarget >= 0) AND NOT a.attisdropped ORDER BY 1, 2`,
  `SELECT o.type, o.identity, d.description FROM pg_description d CROSS JOIN pg_identify_object(d.classoid, d.objoid, d.objsubid) o
     WHERE d.objoid >= 16384 ORDER BY 1, 2`,
  `SELECT t.typname, t.typtype, t.typnotnull, t.typdefault, (SELECT array_agg(enumlabel ORDER BY enumsortorder) FROM pg_enum WHERE enumtypid = t.oid) AS labels
     FROM pg_type t WHERE t.typnamespace::regnamespace::text = 'dbo' AND t.typtype IN ('e', 'd', 'c', 'r') ORDER BY 1`,
  `SELECT stxname, pg_get_statisticsobjdef(oid) FROM pg_statistic_ext ORDER BY 1`,
  `SELECT collname, collprovider, collisdeterministic FROM pg_collation WHERE collnamespace::regnamespace::text = 'dbo' ORDER BY 1`,
];

/** Owners and rights. */
export const RIGHTS = [
  `SELECT n.nspname, pg_get_userbyid(n.nspowner), n.nspacl::text FROM pg_namespace n WHERE n.nspname !~ '^pg_' AND n.nspname <> 'information_schema' ORDER BY 1`,
  `SELECT c.oid::regclass::text, pg_get_userbyid(c.relowner) AS owner,
     (SELECT array_agg(a ORDER BY a) FROM (SELECT pg_get_userbyid(x.grantee) || ' ' || x.privilege_type || ' ' || x.is_grantable AS a
       FROM aclexplode(coalesce(c.relacl, acldefault(CASE c.relkind WHEN 'S' THEN 's' ELSE 'r' END::"char", c.relowner))) x) g) AS rights
     FROM pg_class c WHERE c.relnamespace::regnamespace::text NOT LIKE 'pg\\_%' AND c.relnamespace::regnamespace::text <> 'information_schema'
       AND c.relkind IN ('r', 'p', 'v', 'm', 'S') ORDER BY 1`,
  `SELECT attrelid::regclass::text, attname, (SELECT array_agg(pg_get_userbyid(x.grantee) || ' ' || x.privilege_type || ' ' || x.is_grantable) FROM aclexplode(attacl) x)
     FROM pg_attribute WHERE attacl IS NOT NULL AND attrelid >= 16384 ORDER BY 1, 2`,
  `SELECT p.oid::regprocedure::text, pg_get_userbyid(p.proowner), (SELECT array_agg(a ORDER BY a) FROM (SELECT x.grantee::regrole::text || ' ' || x.privilege_type AS a
       FROM aclexplode(coalesce(p.proacl, acldefault('f', p.proowner))) x) g)
     FROM pg_proc p WHERE p.pronamespace::regnamespace::text = 'dbo' ORDER BY 1`,
  `SELECT t.typname, pg_get_userbyid(t.typowner), (SELECT array_agg(a ORDER BY a) FROM (SELECT x.grantee::regrole::text || ' ' || x.privilege_type AS a
       FROM aclexplode(coalesce(t.typacl, acldefault('T', t.typowner))) x) g)
     FROM pg_type t WHERE t.typnamespace::regnamespace::text = 'dbo' AND t.typtype IN ('e', 'd', 'r') ORDER BY 1`,
  `SELECT pg_get_userbyid(defaclrole), defaclnamespace::regnamespace::text, defaclobjtype, defaclacl::text FROM pg_default_acl ORDER BY 1, 2, 3`,
];

/** A checksum of each table's own rows, whatever their order. */
export const CHECKSUMS = `
  SELECT c.oid::regclass::text AS relation,
    (xpath('/row/sum/text()', query_to_xml(format('SELECT count(*) || '':'' || coalesce(sum(hashtextextended(t::text, 0)), 0) AS sum FROM ONLY %s t', c.oid::regclass), true, true, '')))[1]::text AS sum
  FROM pg_class c WHERE c.relkind = 'r' AND c.relnamespace::regnamespace::text NOT LIKE 'pg\\_%'
    AND c.relnamespace::regnamespace::text NOT IN ('information_schema', 'freshet_runbook') ORDER BY 1`;

/** What a database answers to each of the questions. */
export async function answers(
  harness: PostgresEnvironmentHarness,
  database: string,
  questions: readonly string[],
): Promise<unknown[]> {
  const all: unknown[] = [];
  for (const question of questions) all.push(await harness.query(database, question));
  return all;
}
