import { randomBytes } from 'node:crypto';
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createDatabase, dropDatabase } from '../databases/server.ts';
import { allocatePorts } from './addresses.ts';
import { removeInstallation } from './remove.ts';
import { type Installation, type StartOptions, startAll } from './start-all.ts';

/** Settings that name a server on which a scratch installation makes databases of its own. */
const SERVERS = ['FRESHET_CONTROL', 'FRESHET_DESTINATION'] as const;

export interface ScratchOptions extends Omit<StartOptions, 'folder' | 'port'> {
  /** Of its folder and databases. */
  readonly name: string;
  /** Before the start; answers with more options for it. */
  readonly prepare?: (place: { readonly port: number; readonly folder: string }) => Promise<Partial<StartOptions>>;
}

/** An installation that leaves nothing behind when it is stopped. */
export interface ScratchInstallation extends Installation {
  /** One more database on the server of the destination; its connection string. */
  createDatabase(name: string): Promise<string>;
}

/** Everything for real on free ports, in a folder and databases of its own. */
export async function startScratch({ name, prepare, ...options }: ScratchOptions): Promise<ScratchInstallation> {
  const folder = await mkdtemp(path.join(tmpdir(), `freshet-${name}-`));
  // Whichever of the steps fails, the others are taken; what runs is stopped before what it works on is removed.
  const made = new AsyncDisposableStack();
  const running = new AsyncDisposableStack();
  made.defer(() => removeInstallation(folder));
  const stop = async () => {
    try {
      await running.disposeAsync();
    } finally {
      await made.disposeAsync();
    }
  };
  /** On a server that does not go with the installation. */
  const make = async (server: string, what: string) => {
    const database = `freshet_${name}_${what}_${randomBytes(4).toString('hex')}`;
    const connectionString = await createDatabase(server, database);
    made.defer(() => dropDatabase(server, database));
    return connectionString;
  };
  try {
    const port = await allocatePorts();
    const given = { ...process.env, ...options.settings };
    const settings = { ...options.settings };
    for (const setting of SERVERS) {
      const server = given[setting];
      if (server) settings[setting] = await make(server, setting.slice('FRESHET_'.length).toLowerCase());
    }
    const prepared = await prepare?.({ port, folder });
    const installation = await startAll({ ...options, ...prepared, port, folder, settings });
    running.defer(() => installation.stop());
    const { FRESHET_DESTINATION: elsewhere } = given;
    return {
      ...installation,
      stop,
      createDatabase: (what) =>
        elsewhere ? make(elsewhere, what) : createDatabase(installation.databases.destination, what),
    };
  } catch (error) {
    // Why it did not start matters more.
    await stop().catch(() => undefined);
    throw error;
  }
}
