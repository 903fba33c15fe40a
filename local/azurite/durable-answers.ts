import type { IncomingMessage, ServerResponse } from 'node:http';
import { Journal } from './journal.ts';
import type { AzuriteServer, LokiStore } from './servers.ts';

const READS = new Set(['GET', 'HEAD', 'OPTIONS']);

type Handle = (request: IncomingMessage, response: ServerResponse) => void;

/**
 * Makes a server, which has not started yet, answer a write only when a kill -9 cannot undo it any more: Azurite itself
 * answers as soon as the write is in memory. Returns the journals; they end after the server.
 */
export function answerWritesWhenSaved(server: AzuriteServer): Journal[] {
  const stores = [server.metadataStore, server.extentMetadataStore].filter((store) => store !== undefined);
  const journals = stores.map(beginAfterInit);
  const handlers = server.httpServer.listeners('request') as Handle[];
  server.httpServer.removeAllListeners('request');
  server.httpServer.on('request', (request: IncomingMessage, response: ServerResponse) => {
    if (!READS.has(request.method ?? '')) holdUntilSaved(response, journals);
    for (const handle of handlers) handle(request, response);
  });
  return journals;
}

function beginAfterInit(store: LokiStore): Journal {
  const journal = new Journal(store.db);
  const init = store.init.bind(store);
  store.init = async () => {
    await init();
    await journal.begin();
  };
  return journal;
}

function holdUntilSaved(response: ServerResponse, journals: readonly Journal[]): void {
  const end = response.end.bind(response) as (...args: unknown[]) => ServerResponse;
  const held = (...args: unknown[]): ServerResponse => {
    Promise.all(journals.map((journal) => journal.saved())).then(
      () => end(...args),
      // No answer at all: the client takes the write for not done and repeats it.
      (error: unknown) => response.destroy(error instanceof Error ? error : new Error(String(error))),
    );
    return response;
  };
  response.end = held as ServerResponse['end'];
}
