import path from 'node:path';
import { StartFailure } from '../support/failure.ts';
import { isLock, takeLock } from '../support/lock.ts';
import { type HostClock, systemClock, wait } from './clock.ts';
import type { RpcTypedData } from './core-types.ts';
import { clientPayload } from './durable/client-payload.ts';
import { readHostJson } from './host-json.ts';
import { type AccessKeys, loadKeys } from './http/keys.ts';
import { createLog, type HostLog, type WriteLine } from './log.ts';
import { type Base, createParts, type Parts } from './parts.ts';
import { readLocalSettings } from './settings.ts';
import { Worker } from './worker.ts';

/** How long running invocations may take to end when the host stops. */
const DRAIN_MS = 10_000;
/** How long settling the last messages, and saying good-bye to the broker, may take. */
const BROKER_MS = 2_000;

export interface FunctionsHostOptions {
  /** 0 takes a free one. */
  readonly port: number;
  /** Folder for keys, schedules and the durable store; created if missing. */
  readonly data: string;
  /** Folder of the app's host.json. */
  readonly app: string;
  /** The app's entry module; its registrations stay for the life of the process. */
  readonly entry: string;
  /** Default: stdout. One call per line. */
  readonly write?: WriteLine;
  readonly clock?: HostClock;
}

export interface FunctionsHost {
  readonly port: number;
  readonly keys: AccessKeys;
  /** Calls a function as its trigger would; for tests and measurements. */
  readonly worker: Worker;
  /**
   * In order: no new requests, messages, timers and orchestration steps; running invocations end (10 s); the app's
   * terminate hooks; connections and files closed.
   */
  stop(): Promise<void>;
}

/**
 * Runs the app of `options.entry` on the genuine programming model. One host at a time per process, since the libraries
 * keep state per process, and per data folder. Resolves when the HTTP front listens.
 * @throws StartFailure when app, configuration or data folder cannot be used
 */
export async function startFunctionsHost(options: FunctionsHostOptions): Promise<FunctionsHost> {
  const data = path.resolve(options.data);
  const lock = await takeLock(path.join(data, 'lock.json'));
  if (!isLock(lock)) {
    throw new StartFailure(`the data in ${data} is in use by process ${lock.pid}`, 'End it, or choose another --data');
  }
  try {
    const host = await startLocked(options, data);
    return { ...host, stop: () => host.stop().finally(() => lock.release()) };
  } catch (error) {
    await lock.release();
    throw error;
  }
}

async function startLocked(options: FunctionsHostOptions, data: string): Promise<FunctionsHost> {
  const log = createLog(options.write ?? ((line) => process.stdout.write(`${line}\n`)));
  const appFolder = path.resolve(options.app);
  await applySettings(appFolder);
  const hostJson = await readHostJson(appFolder);
  const clock = options.clock ?? systemClock;
  const keys = await loadKeys(data);
  const durableClient: RpcTypedData = {};
  const worker = new Worker({ log, clock, timeoutMs: hostJson.functionTimeout, extraInput: () => durableClient });
  await worker.start(path.resolve(options.entry), appFolder);
  const base: Base = { settings: process.env, hostJson, clock, log, keys, data, worker };
  const parts = createParts(base);
  const port = await parts.front.listen(options.port).catch((error: unknown) => {
    parts.database.close();
    throw error;
  });
  durableClient.string = tellAddress(port, base, parts);
  start(parts);
  log('information', `${worker.functions.size} functions are ready.`);
  return { port, keys, worker, stop: () => stop(parts, worker, log) };
}

/** The JSON of the durable client. It hands out addresses on this host only if it is told that this is one. */
function tellAddress(port: number, { hostJson, keys }: Base, { rpcPath }: Parts): string {
  process.env.WEBSITE_HOSTNAME = `127.0.0.1:${port}`;
  return clientPayload({
    origin: `http://127.0.0.1:${port}`,
    taskHub: hostJson.extensions.durableTask.hubName,
    systemKey: keys.systemKey,
    rpcPath,
  });
}

function start({ engine, serviceBus, timers }: Parts): void {
  engine.start();
  serviceBus.start();
  for (const timer of timers.values()) timer.start();
}

async function stop(parts: Parts, worker: Worker, log: HostLog): Promise<void> {
  parts.front.refuseNewRequests();
  for (const timer of parts.timers.values()) timer.stop();
  parts.engine.stop();
  const messagesSettled = parts.serviceBus.stop();
  const left = await worker.drain(DRAIN_MS);
  if (left > 0) log('warning', `${left} invocations have not ended within ${DRAIN_MS / 1000} s.`);
  await within(BROKER_MS, messagesSettled);
  await worker.terminate();
  await Promise.all([within(BROKER_MS, parts.serviceBus.close()), parts.front.close()]);
  parts.database.close();
}

/** Waits no longer than `ms`: a broker that is away must not hold up the stop. */
async function within(ms: number, work: Promise<void>): Promise<void> {
  const enough = new AbortController();
  const done = work.finally(() => enough.abort());
  await Promise.race([done, wait(systemClock, ms, enough.signal)]);
}

/** Settings of local.settings.json count where the environment has none, as with the real tools. */
async function applySettings(appFolder: string): Promise<void> {
  for (const [name, value] of Object.entries(await readLocalSettings(appFolder))) process.env[name] ??= value;
  // The durable client calls this host over HTTP; a proxy of the machine must not get in between.
  const exempt = process.env.NO_PROXY ?? process.env.no_proxy;
  process.env.NO_PROXY = [exempt, '127.0.0.1', 'localhost'].filter(Boolean).join(',');
}
