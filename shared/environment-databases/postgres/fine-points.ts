import { independent, OURS } from './catalog.ts';

/** What belongs to an object and cannot be said when it is made. Questions like those of definitions.ts. */

const IN_SCHEMA = 'JOIN pg_namespace n ON n.oid = c.relnamespace';
const OWN = `${OURS} AND ${independent('pg_class', 'c.oid')}`;

/** An index of a partitioned table is valid once those of all partitions belong to it. */
export const ATTACHED_INDEXES = `
  SELECT format('ALTER INDEX %s ATTACH PARTITION %s', h.inhparent::regclass, i.oid::regclass) AS statement
  FROM pg_inherits h JOIN pg_class i ON i.oid = h.inhrelid JOIN pg_index x ON x.indexrelid = i.oid JOIN pg_class c ON c.oid = x.indrelid ${IN_SCHEMA}
  WHERE (i.relkind = 'I' OR x.indisvalid) AND ${OWN} ORDER BY i.oid`;

export const VIEW_DEFAULTS = `
  SELECT format('ALTER VIEW %s ALTER COLUMN %I SET DEFAULT %s', c.oid::regclass, a.attname, pg_get_expr(d.adbin, d.adrelid)) AS statement
  FROM pg_attrdef d JOIN pg_class c ON c.oid = d.adrelid ${IN_SCHEMA} JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = d.adnum
  WHERE c.relkind = 'v' AND ${OWN}`;

/** Constraints that rows from before them need not meet: a copy writes all of its rows anew. */
export const UNVALIDATED = `
  SELECT format('ALTER TABLE %s ADD CONSTRAINT %I %s', c.oid::regclass, k.conname, pg_get_constraintdef(k.oid)) AS statement
  FROM pg_constraint k JOIN pg_class c ON c.oid = k.conrelid ${IN_SCHEMA}
  WHERE k.contype IN ('c', 'n') AND NOT k.convalidated AND k.coninhcount = 0 AND c.relkind IN ('r', 'p') AND ${OWN}
  UNION ALL
  SELECT format('ALTER DOMAIN %I.%I ADD CONSTRAINT %I %s', n.nspname, t.typname, k.conname, pg_get_constraintdef(k.oid))
  FROM pg_constraint k JOIN pg_type t ON t.oid = k.contypid JOIN pg_namespace n ON n.oid = t.typnamespace
  WHERE k.contype = 'c' AND NOT k.convalidated AND ${OURS} AND ${independent('pg_type', 't.oid')}`;

const REPLICA_IDENTITIES = `
  SELECT format('ALTER TABLE ONLY %s REPLICA IDENTITY %s', c.oid::regclass,
    CASE c.relreplident WHEN 'f' THEN 'FULL' WHEN 'n' THEN 'NOTHING' ELSE 'USING INDEX ' || quote_ident(i.relname) END) AS statement
  FROM pg_class c ${IN_SCHEMA} LEFT JOIN pg_index x ON x.indrelid = c.oid AND x.indisreplident LEFT JOIN pg_class i ON i.oid = x.indexrelid
  WHERE c.relkind IN ('r', 'p') AND (c.relreplident IN ('f', 'n') OR i.oid IS NOT NULL) AND ${OWN}`;

const CLUSTERED = `
  SELECT format('ALTER TABLE %s CLUSTER ON %I', c.oid::regclass, i.relname)
  FROM pg_index x JOIN pg_class i ON i.oid = x.indexrelid JOIN pg_class c ON c.oid = x.indrelid ${IN_SCHEMA}
  WHERE x.indisclustered AND x.indisvalid AND c.relkind = 'r' AND ${OWN}`;

const TYPED = `
  SELECT format('ALTER TABLE %s OF %s', c.oid::regclass, format_type(c.reloftype, NULL)) FROM pg_class c ${IN_SCHEMA}
  WHERE c.reloftype <> 0 AND c.relkind IN ('r', 'p') AND ${OWN}`;

/** How much the planner learns of a column. */
const STATISTICS_TARGETS = `
  SELECT CASE WHEN c.relkind IN ('i', 'I') THEN format('ALTER INDEX %s ALTER COLUMN %s SET STATISTICS %s', c.oid::regclass, a.attnum, a.attstattarget)
    ELSE format('ALTER TABLE %s ALTER COLUMN %I SET STATISTICS %s', c.oid::regclass, a.attname, a.attstattarget) END
  FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid ${IN_SCHEMA}
  WHERE a.attstattarget >= 0 AND a.attnum > 0 AND NOT a.attisdropped AND c.relkind IN ('r', 'p', 'm', 'i', 'I') AND ${OURS} AND ${independent('pg_class', 'coalesce((SELECT x.indrelid FROM pg_index x WHERE x.indexrelid = c.oid), c.oid)')}
  UNION ALL
  SELECT format('ALTER TABLE ONLY %s ALTER COLUMN %I SET (%s)', c.oid::regclass, a.attname,
    (SELECT string_agg(format('%I=%L', o.option_name, o.option_value), ', ') FROM pg_options_to_table(a.attoptions) o))
  FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid ${IN_SCHEMA}
  WHERE a.attoptions IS NOT NULL AND NOT a.attisdropped AND c.relkind IN ('r', 'p') AND ${OWN}
  UNION ALL
  SELECT format('ALTER STATISTICS %I.%I SET STATISTICS %s', n.nspname, s.stxname, s.stxstattarget)
  FROM pg_statistic_ext s JOIN pg_namespace n ON n.oid = s.stxnamespace
  WHERE s.stxstattarget >= 0 AND ${OURS} AND ${independent('pg_statistic_ext', 's.oid')}`;

export const FINE_POINTS = [REPLICA_IDENTITIES, CLUSTERED, TYPED, STATISTICS_TARGETS].join(' UNION ALL ');
