import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { mkdir, rm } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import pg from 'pg';
import { postgresUrl } from '../../local/postgres/connection.ts';
import { removePostgresData } from '../../local/postgres/remove.ts';
import { isRoot } from '../../local/postgres/server-user.ts';
import { findFreePorts } from '../../local/support/ports.ts';
import { until } from '../../local/support/until.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const DISK_MB = 96;
const READY_MS = 120_000;
const POSTGRES = fileURLToPath(new URL('../../local/postgres/main.ts', import.meta.url));
/** Ends the server with this process, however that ends. */
const LEASH = new URL('../../local/supervisor/leash.ts', import.meta.url).href;
const DATABASE = 'small';

/** Mounts a disk of its own size that nobody else sees and that goes with the process, then becomes the program. */
const MOUNT = `mount -t tmpfs -o size=${DISK_MB}m,mode=1777 freshet "$0" && exec "$@"`;

/** How the disk is made full: for real, or by the server saying so. */
export type Way = 'a tmpfs that is full' | 'a trigger that raises 53100';

/** A PostgreSQL server with one database on a disk of its own that can be filled; the log of the server lies elsewhere. */
export interface SmallDisk {
  readonly url: string;
  readonly way: Way;
  fill(): Promise<void>;
  /** Makes room again. */
  free(): Promise<void>;
  /** The SQLSTATE with which the server refuses to write now; null when it does not. */
  refusal(): Promise<string | null>;
  close(): Promise<void>;
}

export async function makeSmallDisk(): Promise<SmallDisk> {
  const folder = await temporaryFolder('disk');
  const [disk, data] = [path.join(folder, 'disk'), path.join(folder, 'data')];
  await mkdir(disk);
  const port = await findFreePorts(1);
  const way: Way = canMount(disk) ? 'a tmpfs that is full' : 'a trigger that raises 53100';
  const program = [process.execPath, '--import', LEASH, POSTGRES, '--port', String(port), '--data', data];
  const server = start(way === 'a tmpfs that is full' ? onOwnDisk(disk, program) : program);
  const close = async () => {
    server.kill('SIGTERM');
    await until(() => server.exitCode !== null || server.signalCode !== null, READY_MS);
    await removePostgresData(data);
    await rm(folder, { recursive: true, force: true });
  };
  try {
    await ready(server);
    const own = way === 'a tmpfs that is full' ? filledDisk(port, disk) : raisedFault(port);
    await onServer(port, 'postgres', (client) => own.make(client));
    return { url: postgresUrl(port, DATABASE), way, ...own, refusal: () => refusalOf(port), close };
  } catch (error) {
    await close();
    throw error;
  }
}

interface Fault {
  make(client: pg.Client): Promise<void>;
  fill(): Promise<void>;
  free(): Promise<void>;
}

/** The programs run on the server, so that they see its disk. */
function filledDisk(port: number, disk: string): Fault {
  const run = (client: pg.Client, command: string) =>
    client.query(`COPY (SELECT WHERE false) TO PROGRAM ${pg.escapeLiteral(command)}`);
  return {
    async make(client) {
      await run(client, `mkdir ${disk}/tables`);
      await client.query(`CREATE TABLESPACE small LOCATION ${pg.escapeLiteral(`${disk}/tables`)}`);
      await client.query(`CREATE DATABASE ${DATABASE} TABLESPACE small`);
    },
    fill: () =>
      onServer(port, 'postgres', (client) => run(client, `head -c ${DISK_MB}M /dev/zero > ${disk}/ballast || true`)),
    free: () => onServer(port, 'postgres', (client) => run(client, `rm ${disk}/ballast`)),
  };
}

/** Where nothing can be mounted (macOS, containers without namespaces): every write is refused as by a full disk. */
function raisedFault(port: number): Fault {
  const tables = `SELECT format('%I.%I', schemaname, tablename) AS name FROM pg_tables WHERE schemaname IN ('freshet', 'dbo')`;
  const onEach = (statement: (table: string) => string) =>
    onServer(port, DATABASE, async (client) => {
      const { rows } = await client.query<{ name: string }>(tables);
      for (const { name } of rows) await client.query(statement(name));
    });
  return {
    async make(client) {
      await client.query(`CREATE DATABASE ${DATABASE}`);
      await onServer(port, DATABASE, (inside) =>
        inside.query(`CREATE FUNCTION full_disk() RETURNS trigger LANGUAGE plpgsql AS
          $$ BEGIN RAISE EXCEPTION 'could not extend file: No space left on device' USING ERRCODE = '53100'; END $$`),
      );
    },
    fill: () =>
      onEach((table) => `CREATE TRIGGER full_disk BEFORE INSERT OR UPDATE ON ${table} EXECUTE FUNCTION full_disk()`),
    free: () => onEach((table) => `DROP TRIGGER full_disk ON ${table}`),
  };
}

/** Whether this machine lets a process have a disk of its own: as root, or in a namespace of its own. */
function canMount(disk: string): boolean {
  const [command = '', ...args] = onOwnDisk(disk, ['true']);
  return process.platform === 'linux' && spawnSync(command, args).status === 0;
}

/** PostgreSQL refuses to be root, even the root of its own namespace: a second namespace within makes it a user again. */
function onOwnDisk(disk: string, program: readonly string[]): string[] {
  if (isRoot()) return ['unshare', '--mount', 'sh', '-c', MOUNT, disk, ...program];
  const again = ['unshare', '--user', `--map-user=${process.getuid?.()}`, `--map-group=${process.getgid?.()}`];
  return ['unshare', '--user', '--map-root-user', '--mount', 'sh', '-c', MOUNT, disk, ...again, ...program];
}

function start([command = '', ...args]: readonly string[]): ChildProcess {
  return spawn(command, args, { stdio: ['ignore', 'pipe', 'inherit', 'ipc'] });
}

async function ready(server: ChildProcess): Promise<void> {
  let output = '';
  server.stdout?.on('data', (chunk) => {
    output += chunk;
  });
  const answered = await until(() => / ready on /.test(output) || server.exitCode !== null, READY_MS);
  if (!answered || server.exitCode !== null) throw new Error(`the PostgreSQL on a small disk did not start: ${output}`);
}

async function onServer(port: number, database: string, work: (client: pg.Client) => Promise<unknown>): Promise<void> {
  const client = new pg.Client({ connectionString: postgresUrl(port, database) });
  await client.connect();
  try {
    await work(client);
  } finally {
    await client.end();
  }
}

/** Tries what any write comes to: a table a little larger than what may be free within its pages. Not even a session may begin on a full disk. */
async function refusalOf(port: number): Promise<string | null> {
  const attempt = onServer(port, DATABASE, (client) =>
    client.query('BEGIN; CREATE TABLE public.probe AS SELECT n FROM generate_series(1, 10000) n; ROLLBACK'),
  );
  return attempt.then(
    () => null,
    (error: { code?: string }) => error.code ?? String(error),
  );
}
