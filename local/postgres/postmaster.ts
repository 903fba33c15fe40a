import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { promisify } from 'node:util';
import { explainFailure, type StartFailure } from '../support/failure.ts';
import { until } from '../support/until.ts';
import type { Programs } from './binaries.ts';
import type { Cluster } from './cluster.ts';
import { spawnAs } from './server-user.ts';

const run = promisify(execFile);

/** Recovery after a crash replays at most some hundred megabytes of log. */
const READY_MS = 120_000;
/** A fast stop writes a checkpoint; slow disks take their time. */
const STOP_MS = 20_000;
const LAST_LINES = 5;
/** The log's last lines may arrive after the news of the end. */
const LAST_WORDS_MS = 500;
/** The words of the system in PostgreSQL's messages, and the code whose cure fits. */
const SYSTEM_WORDS: readonly (readonly [words: RegExp, code: string])[] = [
  [/Address already in use/i, 'EADDRINUSE'],
  [/No space left on device/i, 'ENOSPC'],
  [/Permission denied/i, 'EACCES'],
];

export interface Postmaster {
  /** Settles with the reason when the server has ended, asked or not. */
  readonly ended: Promise<string>;
  stop(): Promise<void>;
}

export interface PostmasterOptions {
  readonly port: number;
  readonly settings: Readonly<Record<string, string>>;
  /** Each line of the server's log. */
  readonly onLine: (line: string) => void;
}

/** Starts the server process and waits until it accepts connections. Throws a StartFailure that holds its own last words. */
export async function startPostmaster(
  cluster: Cluster,
  programs: Programs,
  options: PostmasterOptions,
): Promise<Postmaster> {
  const settings = Object.entries({ ...options.settings, cluster_name: cluster.name });
  const args = [
    '-D',
    cluster.folder,
    '-p',
    String(options.port),
    ...settings.flatMap(([key, value]) => ['-c', `${key}=${value}`]),
  ];
  const server = spawn(programs.postgres, args, {
    ...spawnAs(cluster.user),
    // A group of its own: Ctrl-C in a terminal goes to Freshet, which stops its parts in order.
    detached: process.platform !== 'win32',
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  const lines: string[] = [];
  let ready = false;
  createInterface({ input: server.stderr }).on('line', (line) => {
    lines.push(line);
    if (lines.length > LAST_LINES) lines.shift();
    ready ||= line.includes('database system is ready to accept connections');
    options.onLine(line);
  });
  const ended = endOf(server);
  let reason: string | null = null;
  ended.then((text) => {
    reason = text;
  });
  const answered = await until(() => ready || reason !== null, READY_MS);
  if (!ready || reason !== null) {
    server.kill('SIGKILL');
    await until(() => server.stderr.closed, LAST_WORDS_MS);
    throw failureOf(
      lines,
      reason ?? (answered ? '' : `not ready after ${READY_MS / 1000} s`),
      options.port,
      cluster.folder,
    );
  }
  const watcher = watchOver(cluster, server);
  return { ended, stop: () => stopServer(cluster, programs, server, watcher) };
}

function endOf(server: ChildProcess): Promise<string> {
  return new Promise((resolve) => {
    server.on('error', (error) => resolve(error.message));
    // Not "close": that waits until the log's pipe is closed, which a busy process of a killed server keeps open.
    server.on('exit', (code, signal) => resolve(`the server process ended with ${signal ?? `exit code ${code}`}`));
  });
}

/**
 * PostgreSQL does not notice that the process which started it was killed. A shell does: it waits for the end of its input,
 * which comes when we are gone, and asks this one server to stop then. (Windows: the next start does it.)
 */
function watchOver(cluster: Cluster, server: ChildProcess): ChildProcess | null {
  if (process.platform === 'win32') return null;
  const watcher = spawn('/bin/sh', ['-c', 'read -r _; kill -INT "$0"', String(server.pid)], {
    ...spawnAs(cluster.user),
    detached: true,
    stdio: ['pipe', 'ignore', 'ignore'],
  });
  watcher.on('error', () => undefined);
  watcher.unref();
  return watcher;
}

async function stopServer(cluster: Cluster, programs: Programs, server: ChildProcess, watcher: ChildProcess | null) {
  // The watcher first: once the server is gone, nothing may be stopped by its pid any more.
  watcher?.kill('SIGKILL');
  watcher?.stdin?.destroy();
  const gone = () => server.exitCode !== null || server.signalCode !== null;
  for (const mode of ['fast', 'immediate']) {
    if (gone()) return;
    await stopByControl(cluster, programs, mode);
    if (await until(gone, STOP_MS)) return;
  }
  server.kill('SIGKILL');
  await until(gone, STOP_MS);
}

/** Asks the server of this cluster to stop, in the way that works on every system; does not wait for its end. */
export async function stopByControl(cluster: Cluster, programs: Programs, mode: string): Promise<void> {
  await run(programs.pg_ctl, ['stop', '-W', '-m', mode, '-D', cluster.folder], spawnAs(cluster.user)).catch(
    () => undefined,
  );
}

function failureOf(lines: readonly string[], reason: string, port: number, folder: string): StartFailure {
  const text = lines.join('\n');
  const code = SYSTEM_WORDS.find(([words]) => words.test(text))?.[1];
  const cause = new Error(text || reason);
  return explainFailure(code ? Object.assign(cause, { code }) : cause, { port, data: folder });
}
