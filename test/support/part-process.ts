import { type ChildProcess, spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { until } from '../../local/support/until.ts';

const READY_MS = 30_000;
const REPOSITORY = fileURLToPath(new URL('../../', import.meta.url));

export interface PartProcess {
  readonly pid: number;
  /** All that it has written so far, both streams in the order of arrival. */
  output(): string;
  /** Sends the signal (SIGTERM by default) and waits for the end; gives the exit code, null after a killing signal. */
  end(signal?: NodeJS.Signals): Promise<number | null>;
  /** Waits for the end and gives the exit code. */
  ended(): Promise<number | null>;
}

export interface PartProcessOptions {
  readonly uid?: number;
  readonly gid?: number;
  readonly env?: Readonly<Record<string, string>>;
  /** Where the entry lies; absent: this repository. */
  readonly repository?: string;
}

/** Runs a part's entry as `npm start` would, as a process of its own, and does not wait for anything. */
export function spawnPart(entry: string, args: readonly string[], options: PartProcessOptions = {}): PartProcess {
  const { repository = REPOSITORY, env, ...user } = options;
  const child = spawn(process.execPath, [entry, ...args], {
    cwd: repository,
    env: { ...process.env, ...env },
    ...user,
  });
  const chunks: string[] = [];
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => chunks.push(String(chunk)));
  const ended = endOf(child);
  return {
    pid: child.pid ?? 0,
    output: () => chunks.join(''),
    end: (signal = 'SIGTERM') => {
      child.kill(signal);
      return ended;
    },
    ended: () => ended,
  };
}

/** Runs a part's entry and waits for its line "… ready on 127.0.0.1:<port>". */
export async function startPart(
  entry: string,
  args: readonly string[],
  options: PartProcessOptions = {},
): Promise<PartProcess> {
  const part = spawnPart(entry, args, options);
  let over = false;
  part.ended().then(() => {
    over = true;
  });
  const ready = await until(() => over || / ready on 127\.0\.0\.1:\d+\n/.test(part.output()), READY_MS);
  if (ready && !over) return part;
  part.end('SIGKILL');
  throw new Error(`${entry} did not become ready:\n${part.output()}`);
}

function endOf(child: ChildProcess): Promise<number | null> {
  return new Promise((resolve) => {
    child.on('error', () => resolve(null));
    child.on('close', (code) => resolve(code));
  });
}
