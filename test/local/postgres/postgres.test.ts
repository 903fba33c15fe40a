import { readFile, rm, stat, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:net';
import path from 'node:path';
import pg from 'pg';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { type Postgres, type PostgresOptions, startPostgres } from '../../../local/postgres/postgres.ts';
import { removePostgresData } from '../../../local/postgres/remove.ts';
import { listProcesses, signalProcess } from '../../../local/support/processes.ts';
import { until } from '../../../local/support/until.ts';
import { type PartProcess, spawnPart, startPart } from '../../support/part-process.ts';
import { freshDatabase } from '../../support/postgres.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

const MAIN = 'local/postgres/main.ts';
const DEADLINE_MS = 20_000;

let folder = '';
/** One for all tests, each with tables of its own: to make the first databases takes longer than most of the tests. */
let data = '';
const servers: Postgres[] = [];
const mains: PartProcess[] = [];

beforeAll(async () => {
  folder = await temporaryFolder('postgres');
  data = path.join(folder, 'postgres');
});

afterEach(async () => {
  for (const server of servers.splice(0)) await server.stop();
  for (const main of mains.splice(0)) await main.end();
});

afterAll(async () => {
  await removePostgresData(data);
  await rm(folder, { recursive: true, force: true });
});

async function start(options: Partial<PostgresOptions> = {}): Promise<Postgres> {
  const server = await startPostgres({ port: 0, data, durable: false, ...options });
  servers.push(server);
  return server;
}

async function startMain(...more: string[]): Promise<PartProcess> {
  const main = await startPart(MAIN, ['--port', '0', '--data', data, ...more]);
  mains.push(main);
  return main;
}

async function query(url: string, sql: string, values: unknown[] = []): Promise<Record<string, unknown>[]> {
  const client = new pg.Client({ connectionString: url });
  // Without a listener, the loss of a connection would end the whole run; the query rejects anyway.
  client.on('error', () => undefined);
  await client.connect();
  try {
    return (await client.query(sql, values)).rows;
  } finally {
    await client.end();
  }
}

const postmasterPid = async () =>
  Number.parseInt(await readFile(path.join(data, 'cluster', 'postmaster.pid'), 'utf8'), 10);

/** The processes of the server of a data folder, now and at each later call. */
async function processesOfServer(ofData: string) {
  const commands = (await listProcesses()).map((entry) => entry.command).filter((command) => command.includes(ofData));
  const [, name] = commands.map((command) => /cluster_name=(\S+)/.exec(command)).find((match) => match !== null) ?? [];
  if (!name) throw new Error('no server runs');
  return async () => (await listProcesses()).filter((entry) => entry.command.includes(name));
}

const refused = async (url: string) =>
  query(url, 'SELECT 1').then(
    () => false,
    () => true,
  );

describe('a started PostgreSQL', () => {
  test('is version 18 with the databases asked for, in UTF-8', async () => {
    const server = await start({ databases: ['freshet', 'Destination 2'] });
    const text = 'Größe ≠ 大きさ 🌊';
    const [row] = await query(
      server.url('Destination 2'),
      'SELECT $1::text AS echo, current_database() AS db, version() AS v',
      [text],
    );
    expect(row).toMatchObject({ echo: text, db: 'Destination 2' });
    expect(row?.v).toMatch(/^PostgreSQL 18\./);
    expect(await query(server.url('freshet'), 'SHOW server_encoding')).toEqual([{ server_encoding: 'UTF8' }]);
  });

  test('asks for the password and listens on 127.0.0.1 alone', async () => {
    const server = await start();
    await expect(query(server.url('postgres').replace(':freshet@', ':wrong@'), 'SELECT 1')).rejects.toThrow(/password/);
    expect(await query(server.url('postgres'), 'SHOW listen_addresses')).toEqual([{ listen_addresses: '127.0.0.1' }]);
    expect(await query(server.url('postgres'), 'SHOW unix_socket_directories')).toEqual([
      { unix_socket_directories: '' },
    ]);
  });

  test('is durable unless told otherwise', async () => {
    const server = await start({ durable: true });
    const settings = await query(
      server.url('postgres'),
      "SELECT string_agg(name || '=' || setting, ' ' ORDER BY name) AS all FROM pg_settings WHERE name IN ('fsync', 'synchronous_commit', 'full_page_writes', 'max_connections')",
    );
    expect(settings).toEqual([{ all: 'fsync=on full_page_writes=on max_connections=200 synchronous_commit=on' }]);
  });

  test('writes no values of statements to its log', async () => {
    const lines: string[] = [];
    const server = await start({ onLine: (line) => lines.push(line) });
    await query(server.url('postgres'), 'CREATE TABLE logged (a int PRIMARY KEY)');
    await expect(query(server.url('postgres'), "INSERT INTO logged VALUES ('TOPSECRET')")).rejects.toThrow();
    await expect(query(server.url('postgres'), 'INSERT INTO logged VALUES (4711), (4711)')).rejects.toThrow();
    await server.stop();
    expect(lines.join('\n')).toContain('database system is shut down');
    expect(lines.join('\n')).not.toMatch(/TOPSECRET|4711/);
  });

  test('gives each caller of freshDatabase an empty database of its own', async () => {
    const server = await start();
    const [one, two] = [await freshDatabase(server.url('postgres')), await freshDatabase(server.url('postgres'))];
    await query(one, 'CREATE TABLE t (a int)');
    await query(two, 'CREATE TABLE t (a int)');
    const named = await freshDatabase(server.url('postgres'), 'named');
    await query(named, 'CREATE TABLE t (a int)');
    await query(await freshDatabase(server.url('postgres'), 'named'), 'CREATE TABLE t (a int)');
  });
});

describe('what was committed is there', () => {
  test('after an orderly stop', async () => {
    const first = await start({ databases: ['freshet'] });
    await query(first.url('freshet'), 'CREATE TABLE stopped AS SELECT 42 AS n');
    await first.stop();
    const second = await start({ databases: ['freshet', 'more'] });
    expect(await query(second.url('freshet'), 'SELECT n FROM stopped')).toEqual([{ n: 42 }]);
  });

  test('after a kill -9 of the server while one of its processes is busy', async () => {
    const first = await start({ durable: true });
    await query(first.url('postgres'), 'CREATE TABLE killed AS SELECT 42 AS n');
    const busy = query(first.url('postgres'), 'DO $$ BEGIN LOOP END LOOP; END $$').catch(() => 'lost');
    const isBusy = async () =>
      (await query(first.url('postgres'), "SELECT 1 FROM pg_stat_activity WHERE query LIKE 'DO%'")).length > 0;
    expect(await until(isBusy, DEADLINE_MS)).toBe(true);
    signalProcess(await postmasterPid(), 'SIGKILL');
    await first.ended;
    await first.stop();

    const second = await start({ durable: true });
    expect(await query(second.url('postgres'), 'SELECT n FROM killed')).toEqual([{ n: 42 }]);
    expect(await busy).toBe('lost');
  });

  test('after a kill -9 of everything, with a lock file that names a living stranger', async () => {
    const first = await start();
    await query(first.url('postgres'), 'CREATE TABLE orphaned AS SELECT 42 AS n');
    const file = path.join(data, 'cluster', 'postmaster.pid');
    const lock = await readFile(file, 'utf8');
    await first.stop();
    await writeFile(file, lock.replace(/^\d+/, String(process.pid)));
    const second = await start();
    expect(await query(second.url('postgres'), 'SELECT n FROM orphaned')).toEqual([{ n: 42 }]);
  });
});

describe('nothing is left behind', () => {
  test('the server stops when the process that started it is killed', async () => {
    const main = await startMain();
    const processes = await processesOfServer(data);
    expect((await processes()).length).toBeGreaterThan(3);
    await main.end('SIGKILL');
    expect(await until(async () => (await processes()).length === 0, DEADLINE_MS)).toBe(true);
  });

  test('a server that outlived both the process that started it and its watcher is stopped by the next start', async () => {
    const main = await startMain();
    const before = await postmasterPid();
    const watcher = (await listProcesses()).find(
      (it) => it.command === `/bin/sh -c read -r _; kill -INT "$0" ${before}`,
    );
    if (!watcher) throw new Error('nobody watches over the server');
    signalProcess(watcher.pid, 'SIGKILL');
    await main.end('SIGKILL');
    const server = await start();
    expect(await query(server.url('postgres'), 'SELECT 1 AS n')).toEqual([{ n: 1 }]);
    expect(await postmasterPid()).not.toBe(before);
  });

  test('the entry ends with code 0 on SIGTERM and on SIGINT, and the server with it', async () => {
    for (const signal of ['SIGTERM', 'SIGINT'] as const) {
      const main = await startMain('--databases', 'freshet');
      const [, port] = /ready on 127\.0\.0\.1:(\d+)/.exec(main.output()) ?? [];
      const url = `postgres://freshet:freshet@127.0.0.1:${port}/freshet`;
      expect(await refused(url)).toBe(false);
      expect(await main.end(signal)).toBe(0);
      expect(await refused(url)).toBe(true);
      await expect(stat(path.join(data, 'cluster', 'postmaster.pid'))).rejects.toThrow();
    }
  });

  test('the entry ends with code 1 when the server dies, so that it is restarted', async () => {
    const main = await startMain();
    signalProcess(await postmasterPid(), 'SIGKILL');
    expect(await main.ended()).toBe(1);
    expect(main.output()).toContain('postgres ended: the server process ended with SIGKILL');
  });
});

test('removing the data ends a server that still runs on it', async () => {
  const gone = path.join(folder, 'gone');
  const main = await startPart(MAIN, ['--port', '0', '--data', gone]);
  const processes = await processesOfServer(gone);
  await main.end('SIGKILL');
  await removePostgresData(gone);
  expect(await processes()).toEqual([]);
  await expect(stat(gone)).rejects.toThrow();
});

describe('a start that cannot be', () => {
  test('names the port that is taken and the setting for another', async () => {
    const other = await listenAnywhere();
    const address = other.address();
    const port = typeof address === 'object' && address ? address.port : 0;
    await expect(start({ port })).rejects.toThrow(new RegExp(`port ${port} is taken.*FRESHET_PORT`));
    other.close();
    await start();
  });

  test('names the process that already uses the data folder, and leaves it alone', async () => {
    const first = await start();
    await expect(start()).rejects.toThrow(`in use by process ${process.pid}`);
    expect(await query(first.url('postgres'), 'SELECT 1 AS n')).toEqual([{ n: 1 }]);
  });

  test('is told by the entry in one line, with the cure, and exit code 1', async () => {
    await writeFile(path.join(folder, 'file'), '');
    const main = spawnPart(MAIN, ['--port', '0', '--data', path.join(folder, 'file')]);
    expect(await main.ended()).toBe(1);
    expect(main.output()).toMatch(
      /^postgres cannot start: .* there is a file in its way\. Remove or rename that file\n$/,
    );
  });

  test('is told for arguments that make no sense, too', async () => {
    const main = spawnPart(MAIN, ['--port', 'x', '--data', data]);
    expect(await main.ended()).toBe(1);
    expect(main.output()).toMatch(
      /^postgres cannot start: --port is not a port\. Use node .*--databases <databases>\n$/,
    );
  });
});

function listenAnywhere(): Promise<Server> {
  return new Promise((resolve) => {
    const server = createServer();
    server.listen(0, '127.0.0.1', () => resolve(server));
  });
}
