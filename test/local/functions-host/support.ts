import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll } from 'vitest';
import type { HostClock } from '../../../local/functions-host/clock.ts';
import { type FunctionsHost, startFunctionsHost } from '../../../local/functions-host/host.ts';

const HERE = import.meta.dirname;
export const APP = path.join(HERE, 'app');
export const ENTRY = path.join(APP, 'main.ts');
const MAIN = path.join(HERE, '../../../local/functions-host/main.ts');
const BROKER_MAIN = path.join(HERE, '../../../local/service-bus/main.ts');

/** Settings of the test app. Nobody listens at the address of the queues; the tests of queues set another one. */
Object.assign(process.env, {
  SINGLE_QUEUE: 'single',
  HOURLY: '0 0 * * * *',
  QUEUES: 'Endpoint=sb://127.0.0.1:9;SharedAccessKeyName=Root;SharedAccessKey=a2V5;UseDevelopmentEmulator=true;',
});

const folders: string[] = [];
// Registered before the hooks of the tests, so it runs after them, when nothing uses the folders any more.
afterAll(() => {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
});

/** An empty folder, removed after the tests of this file. */
export function newFolder(): string {
  const folder = mkdtempSync(path.join(tmpdir(), 'functions-host-'));
  folders.push(folder);
  return folder;
}

/** Looks again and again until `check` gives something else than undefined or false; fails after `ms`. */
export async function waitFor<T>(check: () => T | Promise<T>, ms = 10_000): Promise<Exclude<T, undefined | false>> {
  const deadline = Date.now() + ms;
  for (;;) {
    const value = await check();
    if (value !== undefined && value !== false) return value as Exclude<T, undefined | false>;
    if (Date.now() > deadline) throw new Error(`not so within ${ms} ms: ${check}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

/** A clock that stands still until a test moves it. */
export class VirtualClock implements HostClock {
  #now: number;
  #alarms: { readonly time: number; readonly action: () => void }[] = [];

  constructor(start: string) {
    this.#now = Date.parse(start);
  }

  now(): number {
    return this.#now;
  }

  at(time: number, action: () => void): () => void {
    const alarm = { time, action };
    this.#alarms.push(alarm);
    return () => {
      this.#alarms = this.#alarms.filter((other) => other !== alarm);
    };
  }

  /** Moves on to `time`, running on the way what is due, in order, and what follows from it. */
  async advanceTo(time: string): Promise<void> {
    const until = Date.parse(time);
    for (;;) {
      await settled();
      const due = this.#alarms.filter((alarm) => alarm.time <= until).sort((a, b) => a.time - b.time)[0];
      if (due === undefined) break;
      this.#alarms = this.#alarms.filter((other) => other !== due);
      this.#now = Math.max(this.#now, due.time);
      due.action();
    }
    this.#now = until;
  }
}

/** Lets everything that waits for nothing but its turn run. */
async function settled(): Promise<void> {
  for (let turn = 0; turn < 20; turn += 1) await new Promise((resolve) => setImmediate(resolve));
}

export interface TestHost extends FunctionsHost {
  readonly origin: string;
  readonly lines: string[];
  /** One request, with the answer's body as text. */
  call(method: string, route: string, init?: RequestInit): Promise<{ response: Response; text: string }>;
}

/** The test app on a free port, in this process. */
export async function startTestHost(options: { data?: string; clock?: HostClock } = {}): Promise<TestHost> {
  const lines: string[] = [];
  const host = await startFunctionsHost({
    port: 0,
    data: options.data ?? newFolder(),
    app: APP,
    entry: ENTRY,
    write: (line) => lines.push(line),
    ...(options.clock && { clock: options.clock }),
  });
  const origin = `http://127.0.0.1:${host.port}`;
  return {
    ...host,
    origin,
    lines,
    async call(method, route, init = {}) {
      const response = await fetch(`${origin}/${route}`, { method, ...init });
      return { response, text: await response.text() };
    },
  };
}

export interface ChildHost {
  readonly process: ChildProcess;
  readonly origin: string;
  output(): string;
  /** Ends it as a power cut would. */
  kill(): Promise<void>;
  /** Ends it in order; resolves to the exit code. */
  terminate(): Promise<number | null>;
}

/** The host as a process of its own, ready to serve. */
export async function startChildHost(data: string, env: Record<string, string> = {}): Promise<ChildHost> {
  const child = spawnHost(['--port', '0', '--data', data, '--app', APP, '--entry', ENTRY], env);
  const ready = await waitFor(
    () => /functions-host ready on (127\.0\.0\.1:\d+)/.exec(child.output()) ?? undefined,
    20_000,
  );
  const exited = once(child.process, 'exit');
  return {
    process: child.process,
    origin: `http://${ready[1]}`,
    output: child.output,
    async kill() {
      child.process.kill('SIGKILL');
      await exited;
    },
    async terminate() {
      child.process.kill('SIGTERM');
      await exited;
      return child.process.exitCode;
    },
  };
}

export function spawnHost(args: readonly string[], env: Record<string, string> = {}) {
  return spawnPart(MAIN, args, env);
}

/** The broker as a process of its own, so that it can be killed. Resolves when it is ready. */
export async function startChildBroker(port: number, data: string, queues: object): Promise<{ kill(): Promise<void> }> {
  const file = path.join(newFolder(), 'queues.json');
  writeFileSync(file, JSON.stringify(queues));
  const args = ['--port', String(port), '--data', data, '--queues', file];
  const { process, output } = spawnPart(BROKER_MAIN, args, {});
  await waitFor(() => output().includes('ready on'), 20_000);
  const exited = once(process, 'exit');
  return {
    async kill() {
      process.kill('SIGKILL');
      await exited;
    },
  };
}

function spawnPart(main: string, args: readonly string[], env: Record<string, string>) {
  const process = spawn(globalThis.process.execPath, [main, ...args], {
    env: { ...globalThis.process.env, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  for (const stream of [process.stdout, process.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      output += text;
    });
  }
  return { process, output: () => output };
}

/** What handlers of a child process have noted in its probe file. */
export function notesIn(file: string, what: string): unknown[] {
  let text = '';
  try {
    text = readFileSync(file, 'utf8');
  } catch {
    return [];
  }
  const entries = text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as { what: string; value: unknown });
  return entries.filter((entry) => entry.what === what).map((entry) => entry.value);
}

interface Status {
  readonly name: string;
  readonly runtimeStatus: string;
  readonly input: unknown;
  readonly output: unknown;
  readonly customStatus: unknown;
  readonly createdTime: string;
  readonly historyEvents: { EventType: string; FunctionName?: string; Result?: string }[] | null;
}

/** Orchestrations through the app's starter and the webhooks of the host. */
export class Orchestrations {
  readonly #origin: string;
  readonly #key: string;

  constructor(origin: string, systemKey: string) {
    this.#origin = origin;
    this.#key = systemKey;
  }

  async start(name: string, id: string, input?: unknown): Promise<number> {
    const body = input === undefined ? null : JSON.stringify(input);
    return (await fetch(`${this.#origin}/start/${name}?id=${id}`, { method: 'POST', body })).status;
  }

  webhook(method: string, route: string, query = '', init: RequestInit = {}): Promise<Response> {
    const url = `${this.#origin}/runtime/webhooks/durabletask/${route}?${query}${query && '&'}code=${this.#key}`;
    return fetch(url, { method, ...init });
  }

  async status(id: string, query = ''): Promise<Status> {
    return (await this.webhook('GET', `instances/${id}`, query)).json() as Promise<Status>;
  }

  async raise(id: string, name: string, data: unknown = null): Promise<number> {
    return (await this.webhook('POST', `instances/${id}/raiseEvent/${name}`, '', { body: JSON.stringify(data) }))
      .status;
  }

  until(id: string, wanted: (status: Status) => boolean, ms = 20_000): Promise<Status> {
    return waitFor(async () => {
      const status = await this.status(id);
      return wanted(status) ? status : undefined;
    }, ms);
  }

  over(id: string, ms = 20_000): Promise<Status> {
    return this.until(id, ({ runtimeStatus }) => ['Completed', 'Failed', 'Terminated'].includes(runtimeStatus), ms);
  }

  /** Starts one and waits for its end. */
  async run(name: string, id: string, input?: unknown): Promise<Status> {
    await this.start(name, id, input);
    return this.over(id);
  }
}
