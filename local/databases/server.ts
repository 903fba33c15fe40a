import pg from 'pg';
import { kindOf } from '../../shared/sql/kind.ts';
import { parseAddress } from '../../shared/sql/sqlserver/address.ts';
import { quoteName } from '../../shared/sql/sqlserver/names.ts';
import { until } from '../support/until.ts';
import { onlookerOf } from './onlooker.ts';

/** Databases on the server that a connection string names: a `postgres://` URL, or SQL Server's keys and values. */

/** Makes an empty database; its connection string. */
export async function createDatabase(server: string, name: string): Promise<string> {
  await run(server, `CREATE DATABASE ${quoted(server, name)}`);
  return databaseOf(server, name);
}

const CLOSED_WITHIN_MS = 15_000;

/** Waits for connections that are being closed. `server`: names another database of it. */
export async function dropDatabase(server: string, name: string): Promise<void> {
  const force = kindOf(server) === 'postgres' ? ' WITH (FORCE)' : '';
  let refusal: unknown = null;
  const dropped = async () => {
    refusal = await run(server, `DROP DATABASE ${quoted(server, name)}${force}`).then(
      () => null,
      (error: unknown) => error,
    );
    return refusal === null;
  };
  if (!(await until(dropped, CLOSED_WITHIN_MS))) throw refusal;
}

/** The connection string of another database of the same server. */
export function databaseOf(server: string, name: string): string {
  if (kindOf(server) === 'sqlserver') return `${server};Initial Catalog=${name}`;
  const url = new URL(server);
  url.pathname = `/${encodeURIComponent(name)}`;
  return url.href;
}

/** Where the server is reached. */
export function placeOf(server: string): { host: string; port: number } {
  if (kindOf(server) === 'sqlserver') return parseAddress(server);
  const { hostname, port } = new URL(server);
  return { host: hostname, port: Number(port || 5432) };
}

/** The same database, reached through another port of this machine. */
export function reachedThrough(connectionString: string, port: number): string {
  if (kindOf(connectionString) === 'sqlserver') return `${connectionString};Server=127.0.0.1,${port}`;
  const url = new URL(connectionString);
  url.host = `127.0.0.1:${port}`;
  return url.href;
}

function quoted(server: string, name: string): string {
  return kindOf(server) === 'postgres' ? pg.escapeIdentifier(name) : quoteName(name);
}

async function run(server: string, statement: string): Promise<void> {
  const onlooker = onlookerOf(server);
  try {
    await onlooker.run(statement);
  } finally {
    await onlooker.end();
  }
}
