import { randomBytes } from 'node:crypto';
import { connect } from '../../shared/sql/sqlserver/connect.ts';
import { quoteName, quoteTable } from '../../shared/sql/sqlserver/names.ts';
import { onConnection, type Session, text } from '../../shared/sql/sqlserver/session.ts';

/** An ADO.NET connection string of a server on which databases may be made; undefined: what needs one is skipped. */
export const SQL_SERVER = process.env.FRESHET_TEST_MSSQL;

const PREFIX = 'freshet_test_';

const spares: string[] = [];

/** The connection string of an empty database: one that was given back, if there is one, for to make one takes seconds. */
export async function borrowSqlServerDatabase(): Promise<string> {
  return spares.pop() ?? freshDatabase();
}

/** Empties a database for the next borrower; nobody else may be connected any more. */
export async function giveBackSqlServerDatabase(connectionString: string): Promise<void> {
  await onServer(connectionString, empty);
  spares.push(connectionString);
}

/** Drops all databases of this run of tests, which the setting names. */
export async function dropTestDatabases(run: string): Promise<void> {
  await onServer(server(), async (session) => {
    const databases = await session.query<{ name: string }>('SELECT name FROM sys.databases');
    for (const { name } of databases.filter((one) => one.name.startsWith(`${PREFIX}${run}_`)))
      await session.run(`DROP DATABASE ${quoteName(name)}`);
  });
}

async function freshDatabase(): Promise<string> {
  const name = `${PREFIX}${process.env.FRESHET_TEST_RUN ?? 'alone'}_${randomBytes(4).toString('hex')}`;
  await onServer(server(), (session) => session.run(`CREATE DATABASE ${quoteName(name)}`));
  return `${server()};Initial Catalog=${name}`;
}

/** What depends on other things first. */
const KINDS = [
  ['PROCEDURE', "SELECT s.name AS [schema], o.name FROM sys.objects o {in} WHERE o.type = 'P'"],
  ['VIEW', "SELECT s.name AS [schema], o.name FROM sys.objects o {in} WHERE o.type = 'V'"],
  ['TABLE', "SELECT s.name AS [schema], o.name FROM sys.objects o {in} WHERE o.type = 'U'"],
  ['TYPE', 'SELECT s.name AS [schema], o.name FROM sys.table_types o {in} WHERE 1 = 1'],
] as const;
const IN_SCHEMA = 'INNER JOIN sys.schemas s ON s.schema_id = o.schema_id';

async function empty(session: Session): Promise<void> {
  for (const [kind, question] of KINDS) {
    const own = `${question.replace('{in}', IN_SCHEMA)} AND s.name NOT IN ('sys', 'INFORMATION_SCHEMA')`;
    const objects = await session.query<{ schema: string; name: string }>(own);
    for (const object of objects) await session.run(`DROP ${kind} ${quoteTable(object)}`);
  }
  const schemas = await session.query<{ name: string }>(
    `SELECT name FROM sys.schemas WHERE name NOT IN ('dbo', 'guest', 'sys', 'INFORMATION_SCHEMA') AND name NOT LIKE @fixed`,
    { fixed: text('db[_]%') },
  );
  for (const { name } of schemas) await session.run(`DROP SCHEMA ${quoteName(name)}`);
}

async function onServer(connectionString: string, work: (session: Session) => Promise<void>): Promise<void> {
  const pool = connect(connectionString);
  try {
    await onConnection(pool, work);
  } finally {
    await pool.end();
  }
}

function server(): string {
  if (!SQL_SERVER) throw new Error('FRESHET_TEST_MSSQL names no server');
  return SQL_SERVER;
}
