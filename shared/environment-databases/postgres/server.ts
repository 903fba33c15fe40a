import { FreshetError } from '../../errors/error.ts';
import type { Session } from '../../sql/postgres/session.ts';
import { COPY_NAME, type DatabaseFacts } from '../model.ts';
import { readEntry } from './entry.ts';
import { type Entry, type Mark, readMark } from './marks.ts';

/** Databases as their server's catalog tells of them; one question or change per function. */

export interface ServerDatabase {
  readonly id: string;
  readonly name: string;
  readonly bytes: number;
  readonly allowsConnections: boolean;
  /** A DROP that was interrupted: nothing but another DROP is possible. */
  readonly isInvalid: boolean;
  readonly comment: string | null;
  readonly mark: Mark | null;
}

type Choice = { readonly name: string } | { readonly id: string } | { readonly pattern: RegExp };

export async function listDatabases(session: Session, choice: Choice): Promise<ServerDatabase[]> {
  const [condition, value] =
    'id' in choice
      ? (['d.oid::text = $1', choice.id] as const)
      : 'name' in choice
        ? (['d.datname = $1', choice.name] as const)
        : (['d.datname ~ $1', choice.pattern.source] as const);
  const rows = await session.query<Omit<ServerDatabase, 'mark' | 'bytes'> & { bytes: string }>(
    `SELECT d.oid::text AS id, d.datname AS name, d.datallowconn AS "allowsConnections", d.datconnlimit = -2 AS "isInvalid",
       shobj_description(d.oid, 'pg_database') AS comment,
       CASE WHEN has_database_privilege(d.oid, 'CONNECT') OR pg_has_role('pg_read_all_stats', 'USAGE')
         THEN coalesce(pg_database_size(d.oid), 0) ELSE 0 END::text AS bytes
     FROM pg_database d WHERE NOT d.datistemplate AND ${condition} ORDER BY d.datname`,
    [value],
  );
  return rows.map((row) => ({ ...row, bytes: Number(row.bytes), mark: readMark(row.comment) }));
}

export async function findDatabase(session: Session, choice: Choice): Promise<ServerDatabase | null> {
  const [found] = await listDatabases(session, choice);
  return found ?? null;
}

/** DATABASE_GONE. */
export async function databaseOf(session: Session, id: string): Promise<ServerDatabase> {
  const found = await findDatabase(session, { id });
  if (!found) throw new FreshetError('DATABASE_GONE', { id });
  return found;
}

/** DATABASE_GONE. */
export async function entryOf(session: Session, id: string): Promise<Entry> {
  const found = await readEntry(session, id);
  if (!found) throw new FreshetError('DATABASE_GONE', { id });
  return found;
}

export function factsOf({ id, name, bytes, allowsConnections, isInvalid, mark }: ServerDatabase): DatabaseFacts {
  return { id, name, bytes, isOpen: allowsConnections && !isInvalid && mark === null };
}

/** Half copies are marked, or not yet let in at all. */
export function isHalfCopy({ name, allowsConnections, isInvalid, mark }: ServerDatabase): boolean {
  if (mark) return mark.state === 'copying';
  return COPY_NAME.test(name) && (!allowsConnections || isInvalid);
}

/** Sessions that do not end within this time hold up the runbook, which tries again. */
const END_MS = 30_000;

/** Of the database of that id only: names may have changed hands. */
export async function endSessions(session: Session, id: string): Promise<void> {
  // Without a user: autovacuum, which makes way by itself. Their kind is not told to everybody.
  const others = 'FROM pg_stat_activity WHERE datid = $1::oid AND pid <> pg_backend_pid() AND usesysid IS NOT NULL';
  await session.query(`SELECT pg_terminate_backend(pid, ${END_MS}) ${others}`, [id]);
  const left = await session.query(`SELECT 1 ${others}`, [id]);
  if (left.length > 0)
    throw new FreshetError('DATABASE_UNAVAILABLE', { text: 'a session of the database does not end' });
}

/**
 * Who can enter a shut database, or read its files, without being let in: superusers, members of the runbook's role, who
 * may act as its owner, and roles that read the server's files or all of its changes.
 */
export async function listAdministrators(session: Session): Promise<string[]> {
  const rows = await session.query<{ name: string }>(
    `SELECT r.rolname AS name FROM pg_roles r
     WHERE r.rolname <> current_user AND r.rolname !~ '^pg_'
       AND (r.rolsuper OR r.rolreplication OR pg_has_role(r.oid, current_user, 'MEMBER')
         OR EXISTS (SELECT FROM pg_roles p WHERE pg_has_role(r.oid, p.oid, 'MEMBER')
           AND p.rolname IN ('pg_read_server_files', 'pg_write_server_files', 'pg_execute_server_program'))
         OR (r.rolcreaterole AND current_setting('server_version_num')::integer < 160000))
     ORDER BY r.rolname`,
  );
  return rows.map(({ name }) => name);
}
