import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { explainFailure, StartFailure } from '../support/failure.ts';
import { isLock, type Lock, takeLock } from '../support/lock.ts';
import { isFree } from '../support/ports.ts';
import { type Addresses, addressesOf, basePort, type PartName } from './addresses.ts';
import { definitionsOf, type PartArguments } from './definitions.ts';
import { ensureDestinationSecret } from './first-secret.ts';
import type { PartDefinition, PartState, Report } from './part.ts';
import { endLeftovers } from './record.ts';
import { appSettings, type Databases, type Environment, type LocalOrganization } from './settings.ts';
import type { RestartPolicy } from './supervised-part.ts';
import { Supervisor } from './supervisor.ts';

export interface StartOptions {
  /** Base port; default: the setting FRESHET_PORT, or 7071. See `allocatePorts` for free ones. */
  readonly port?: number;
  /** For data and logs; default: `.freshet/<base port>` of this repository. */
  readonly folder?: string;
  /** Only these; default: all. */
  readonly parts?: readonly PartName[];
  /** Settings that win over those of this process's environment, and over the defaults. */
  readonly settings?: Environment;
  readonly partArguments?: PartArguments;
  /** Hears what people should know; default: nothing is said. */
  readonly report?: Report;
  /** When a part that died is started again; default: as `npm start`, which gives up one that dies again and again. */
  readonly restarts?: RestartPolicy | undefined;
  /** Stops what has been started when it is aborted; the promise rejects then. */
  readonly signal?: AbortSignal;
}

export interface Installation {
  readonly addresses: Addresses;
  readonly organizations: readonly LocalOrganization[];
  readonly databases: Databases;
  /** The parts that run now. */
  states(): PartState[];
  /** Stops all parts, in reverse order. Safe to call again. */
  stop(): Promise<void>;
  /** Ends all parts at once. */
  kill(): void;
}

/** Where an installation keeps everything unless told otherwise. */
export const defaultFolder = (base: number): string =>
  fileURLToPath(new URL(`../../.freshet/${base}`, import.meta.url));

export const lockFile = (folder: string): string => path.join(folder, 'lock.json');

/**
 * Starts the parts as processes of their own and resolves when all of them serve. They end with `stop()`, or when this
 * process ends in whatever way; until then, those that die are started again. Errors: StartFailure.
 */
export async function startAll(options: StartOptions = {}): Promise<Installation> {
  const environment = { ...process.env, ...options.settings };
  const base = options.port ?? basePort(environment.FRESHET_PORT);
  const addresses = addressesOf(base, path.resolve(options.folder ?? defaultFolder(base)));
  const settings = appSettings(addresses, environment);
  const parts = definitionsOf(addresses, settings, environment, options.partArguments).filter(
    ({ name }) => options.parts?.includes(name as PartName) ?? true,
  );
  const installation = await startSupervised(addresses, parts, options);
  try {
    if (['key-vault', 'identity'].every((name) => parts.some((part) => part.name === name))) {
      await ensureDestinationSecret(addresses, settings);
    }
  } catch (error) {
    await installation.stop();
    throw explainFailure(error, { port: base, data: addresses.folder });
  }
  const { organizations, databases } = settings;
  return { addresses, organizations, databases, ...installation };
}

type Supervised = Pick<Installation, 'states' | 'stop' | 'kill'>;

/** Starts parts in the folder of `addresses`, alone there and with nothing left of earlier runs. */
export async function startSupervised(
  addresses: Addresses,
  parts: readonly PartDefinition[],
  { report = () => undefined, signal, restarts }: Pick<StartOptions, 'report' | 'signal' | 'restarts'>,
): Promise<Supervised> {
  const { base, folder } = addresses;
  const lock = await lockFolder(addresses);
  try {
    await endLeftovers(folder);
    await checkPorts(base, parts);
    const supervisor = new Supervisor({ parts, folder, report, restarts });
    const abort = () => void supervisor.stop();
    signal?.throwIfAborted();
    signal?.addEventListener('abort', abort);
    await supervisor.start();
    signal?.removeEventListener('abort', abort);
    const stop = async () => {
      await supervisor.stop();
      await lock.release();
    };
    return { states: () => supervisor.states(), stop, kill: () => supervisor.kill() };
  } catch (error) {
    await lock.release();
    throw explainFailure(error, { port: base, data: folder });
  }
}

async function lockFolder({ base, folder, functions }: Addresses): Promise<Lock> {
  try {
    await mkdir(folder, { recursive: true });
    const lock = await takeLock(lockFile(folder));
    if (isLock(lock)) return lock;
    throw new StartFailure(
      `Freshet runs already on base port ${base}, at ${functions}/ (process ${lock.pid})`,
      'Use that one, stop it with Ctrl-C in its terminal, or start another one with the setting FRESHET_PORT',
    );
  } catch (error) {
    throw explainFailure(error, { port: base, data: folder });
  }
}

/** Before anything is started, so that all taken ports are told at once. */
async function checkPorts(base: number, parts: readonly PartDefinition[]): Promise<void> {
  const wanted = parts.flatMap(({ name, port, ports = 1 }) =>
    Array.from({ length: ports }, (_, index) => ({ name, port: port + index })),
  );
  const free = await Promise.all(wanted.map(({ port }) => isFree(port)));
  const taken = wanted.filter((_, index) => !free[index]).map(({ name, port }) => `${port} (${name})`);
  if (taken.length === 0) return;
  const [subject, verb] = taken.length === 1 ? ['port', 'is'] : ['ports', 'are'];
  throw new StartFailure(
    `${subject} ${taken.join(', ')} ${verb} taken by another program`,
    `End that program, or choose other ports with the setting FRESHET_PORT (now ${base}; it and the 18 after it are used)`,
  );
}
