import { mkdir } from 'node:fs/promises';
import { createServer } from 'node:net';
import path from 'node:path';
import pg from 'pg';
import type { RunningPart } from '../support/entry.ts';
import { StartFailure, systemCode } from '../support/failure.ts';
import { isLock, takeLock } from '../support/lock.ts';
import { findPrograms } from './binaries.ts';
import { ensureCluster, locateCluster } from './cluster.ts';
import { postgresUrl } from './connection.ts';
import { clearLeftovers } from './leftovers.ts';
import { type Postmaster, startPostmaster } from './postmaster.ts';
import { serverSettings } from './settings.ts';

/** Between looking for a free port and binding it, another program may take it. */
const FREE_PORT_ATTEMPTS = 5;

export interface PostgresOptions {
  /** 0: a free one. */
  readonly port: number;
  /** The folder for all that is kept; made when missing. */
  readonly data: string;
  /** Databases that are to be there; those missing are created, empty. */
  readonly databases?: readonly string[];
  /** False for tests: faster, and a crash of the machine may damage the data. */
  readonly durable?: boolean;
  /** Each line of the server's log; it holds no values of statements. */
  readonly onLine?: (line: string) => void;
}

export interface Postgres extends RunningPart {
  /** The connection URL of a database, with user and password. */
  url(database: string): string;
  /** Settles with the reason when the server has ended, asked or not. */
  readonly ended: Promise<string>;
}

/**
 * Starts a real PostgreSQL on 127.0.0.1 and waits until it answers. It ends with `stop()`, or when this process ends in
 * whatever way; what a killed run left behind is cleared away first. Errors: StartFailure.
 */
export async function startPostgres(options: PostgresOptions): Promise<Postgres> {
  const data = path.resolve(options.data);
  await mkdir(data, { recursive: true });
  const lock = await takeLock(path.join(data, 'lock.json'));
  if (!isLock(lock)) {
    throw new StartFailure(
      `${data} is in use by process ${lock.pid}`,
      'Stop that one first, or use another data folder',
    );
  }
  try {
    const { postmaster, port } = await startServer(data, options);
    const stop = async () => {
      await postmaster.stop();
      await lock.release();
    };
    await createMissing(port, options.databases ?? []).catch(async (error: unknown) => {
      await postmaster.stop();
      throw error;
    });
    return { port, url: (database) => postgresUrl(port, database), ended: postmaster.ended, stop };
  } catch (error) {
    await lock.release();
    throw error;
  }
}

async function startServer(data: string, options: PostgresOptions): Promise<{ postmaster: Postmaster; port: number }> {
  const durable = options.durable ?? true;
  const cluster = await locateCluster(data);
  const programs = await findPrograms(cluster.user);
  await ensureCluster(cluster, programs, durable);
  await clearLeftovers(cluster, programs);
  const settings = serverSettings(durable);
  const start = (port: number) =>
    startPostmaster(cluster, programs, { port, settings, onLine: options.onLine ?? (() => undefined) });
  return options.port === 0 ? onFreePort(start) : { postmaster: await start(options.port), port: options.port };
}

async function onFreePort(start: (port: number) => Promise<Postmaster>) {
  for (let attempt = 1; ; attempt += 1) {
    const port = await freePort();
    try {
      return { postmaster: await start(port), port };
    } catch (error) {
      const taken = error instanceof Error && systemCode(error.cause) === 'EADDRINUSE';
      if (!taken || attempt === FREE_PORT_ATTEMPTS) throw error;
    }
  }
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer().on('error', reject);
    probe.listen(0, '127.0.0.1', () => {
      const address = probe.address();
      const port = typeof address === 'object' && address ? address.port : 0;
      probe.close(() => resolve(port));
    });
  });
}

async function createMissing(port: number, databases: readonly string[]): Promise<void> {
  const client = new pg.Client({ connectionString: postgresUrl(port, 'postgres') });
  await client.connect();
  try {
    const { rows } = await client.query<{ datname: string }>('SELECT datname FROM pg_database');
    const there = new Set(rows.map((row) => row.datname));
    for (const name of databases) {
      if (!there.has(name)) await client.query(`CREATE DATABASE ${pg.escapeIdentifier(name)}`);
    }
  } finally {
    await client.end();
  }
}
