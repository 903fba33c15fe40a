import { FreshetError } from '../../errors/error.ts';
import { quoteName } from '../../sql/sqlserver/names.ts';
import { onConnection, type Session, text } from '../../sql/sqlserver/session.ts';
import type { DatabaseFacts } from '../model.ts';
import type { ServerConnections } from './connections.ts';
import { type Mark, readMark } from './marks.ts';
import type { Platform } from './platform.ts';

/** Databases as their server's catalog tells of them, asked from `master`; and what only their inside knows. */

export interface ServerDatabase {
  readonly id: string;
  readonly name: string;
  /** `ONLINE`, `COPYING`, `RESTORING`, `SUSPECT`, … */
  readonly state: string;
}

/** `bytes` 0 and no mark for one that nobody can enter as it is. */
export interface KnownDatabase extends ServerDatabase {
  readonly bytes: number;
  readonly mark: Mark | null;
}

type One = { readonly name: string } | { readonly id: string };
type Choice = One | { readonly prefix: string };

export async function listDatabases(
  session: Session,
  { idText, joined }: Pick<Platform, 'idText' | 'joined'>,
  choice: Choice,
): Promise<ServerDatabase[]> {
  const [condition, value] =
    'id' in choice
      ? ([`${idText} = @value`, choice.id] as const)
      : 'name' in choice
        ? (['d.name = @value', choice.name] as const)
        : (['LEFT(d.name, LEN(@value)) = @value', choice.prefix] as const);
  return session.query<ServerDatabase>(
    `SELECT ${idText} AS id, d.name AS name, d.state_desc AS state FROM sys.databases d${joined}
WHERE d.name NOT IN ('master', 'model', 'msdb', 'tempdb') AND ${condition} ORDER BY d.name`,
    { value: text(value) },
  );
}

export async function findDatabase(
  server: ServerConnections,
  platform: Platform,
  choice: One,
): Promise<KnownDatabase | null> {
  const [found] = await server.onServer((session) => listDatabases(session, platform, choice));
  if (!found) return null;
  if (found.state !== 'ONLINE') return { ...found, bytes: 0, mark: null };
  return onConnection(server.inside(found.name), async (session) => ({
    ...found,
    bytes: await dataBytes(session),
    mark: await readMark(session),
  }));
}

/** DATABASE_GONE. */
export async function databaseOf(server: ServerConnections, platform: Platform, choice: One): Promise<KnownDatabase> {
  const found = await findDatabase(server, platform, choice);
  if (found === null) throw new FreshetError('DATABASE_GONE', { id: 'id' in choice ? choice.id : choice.name });
  return found;
}

/** The files of rows; a log grows and shrinks with what goes on. */
export async function dataBytes(session: Session): Promise<number> {
  const [row] = await session.query<{ bytes: string | number | null }>(
    'SELECT SUM(CAST(size AS bigint)) * 8192 AS bytes FROM sys.database_files WHERE type <> 1',
  );
  return Number(row?.bytes ?? 0);
}

export function factsOf({ id, name, bytes, state, mark }: KnownDatabase): DatabaseFacts {
  return { id, name, bytes, isOpen: state === 'ONLINE' && mark === null };
}

export async function renameDatabase(session: Session, from: string, to: string): Promise<void> {
  await session.run(`ALTER DATABASE ${quoteName(from)} MODIFY NAME = ${quoteName(to)}`);
}

export async function dropDatabase(session: Session, name: string): Promise<void> {
  await session.run(`DROP DATABASE IF EXISTS ${quoteName(name)}`);
}
