import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import type { RunningPart } from '../support/entry.ts';
import { findFreePorts } from '../support/ports.ts';
import { SERVICES } from './connection.ts';
import { answerWritesWhenSaved } from './durable-answers.ts';
import { type AzuriteServer, createServers } from './servers.ts';

export interface AzuriteOptions {
  /** Of the blob service; queues have the next, tables the one after. 0: three free ones. */
  readonly port: number;
  readonly data: string;
}

/** Starts Azurite's three services in this process. What a client was told to be stored is there after a kill -9. */
export async function startAzurite(options: AzuriteOptions): Promise<RunningPart> {
  const port = options.port || (await findFreePorts(SERVICES.length));
  const data = path.resolve(options.data);
  await mkdir(data, { recursive: true });
  const stops: (() => Promise<void>)[] = [];
  const stop = async () => {
    await Promise.all(stops.splice(0).map((stopOne) => stopOne()));
  };
  try {
    for (const server of createServers(port, data)) stops.push(await startDurably(server));
  } catch (error) {
    await stop();
    throw error;
  }
  return { port, stop };
}

async function startDurably(server: AzuriteServer): Promise<() => Promise<void>> {
  const journals = answerWritesWhenSaved(server);
  await server.start();
  return async () => {
    await server.close();
    await Promise.all(journals.map((journal) => journal.end()));
  };
}
