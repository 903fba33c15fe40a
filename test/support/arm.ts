import { once } from 'node:events';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import { json } from 'node:stream/consumers';
import { makeCertificates } from '../../local/key-vault/certificate.ts';
import { trust } from './trust.ts';

/** A stand-in for the resource manager's databases of one logical server: what docs/environment-databases.md says of its answers. */

export const SERVER_ID = '/subscriptions/s/resourceGroups/g/providers/Microsoft.Sql/servers/contoso';

interface Standing {
  readonly status?: 'Restoring';
  readonly earliestRestoreDate: string | null;
}

interface Dropped {
  readonly name: string;
  readonly deletionDate: string;
  readonly earliestRestoreDate: string;
}

interface Asked {
  readonly method: string;
  readonly path: string;
  readonly body: unknown;
}

interface Operation {
  readonly database: string;
  polls: number;
}

type Failure = { readonly status: number; readonly code: string; readonly retryAfter?: number };

export class ResourceManager {
  readonly databases = new Map<string, Standing>();
  readonly dropped: Dropped[] = [];
  readonly asked: Asked[] = [];
  /** Answers that come before any other, each once, to requests of that method. */
  readonly failures: (Failure & { readonly method: string })[] = [];
  /** Polls that an operation takes. */
  pollsNeeded = 2;
  /** What an operation ends with instead of Succeeded. */
  ending: { readonly code: string; readonly message: string } | null = null;
  readonly #operations = new Map<string, Operation>();
  readonly #server: Server;

  private constructor(server: Server) {
    this.#server = server;
    server.on('request', (request, response) => void this.#answer(request, response));
  }

  static async start(): Promise<ResourceManager> {
    const files = makeCertificates(new Date());
    trust(files.ca);
    const manager = new ResourceManager(createServer({ cert: files.certificate, key: files.key }));
    manager.#server.listen(0, '127.0.0.1');
    await once(manager.#server, 'listening');
    return manager;
  }

  get origin(): string {
    return `https://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** As after a restart of the service that has forgotten them. */
  forgetOperations(): void {
    for (const { database } of this.#operations.values()) this.databases.delete(database);
    this.#operations.clear();
  }

  /** What is under way comes to its end, whoever asks or does not ask. */
  finishOperations(): void {
    for (const { database } of this.#operations.values()) this.databases.set(database, { earliestRestoreDate: null });
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    this.#server.close();
    await once(this.#server, 'close');
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? '', this.origin);
    const method = request.method ?? '';
    const body = method === 'PUT' ? await json(request) : null;
    this.asked.push({ method, path: url.pathname, body });
    const failing = this.failures.findIndex((one) => one.method === method);
    const [failure] = failing < 0 ? [] : this.failures.splice(failing, 1);
    const version = url.searchParams.has('api-version');
    const refusal = failure ?? (version ? null : { status: 400, code: 'MissingApiVersionParameter' });
    if (refusal) fail(response, refusal);
    else this.#serve(response, method, url.pathname);
  }

  #serve(response: ServerResponse, method: string, path: string): void {
    const name = decodeURIComponent(path.replace(`${SERVER_ID}/databases/`, ''));
    if (path.startsWith('/operations/')) this.#poll(response, path.slice('/operations/'.length));
    else if (path.endsWith('/restorableDroppedDatabases'))
      send(response, 200, { value: this.dropped.map(droppedBody) });
    else if (method === 'PUT') this.#create(response, name);
    else this.#get(response, name);
  }

  #get(response: ServerResponse, name: string): void {
    const standing = this.databases.get(name);
    if (standing) send(response, 200, databaseBody(name, standing));
    else fail(response, { status: 404, code: 'ResourceNotFound' });
  }

  #create(response: ServerResponse, name: string): void {
    const id = `operation-${this.#operations.size + 1}`;
    this.#operations.set(id, { database: name, polls: 0 });
    this.databases.set(name, { status: 'Restoring', earliestRestoreDate: null });
    response.setHeader('Azure-AsyncOperation', `${this.origin}/operations/${id}?api-version=2021-11-01`);
    response.setHeader('Retry-After', '1');
    send(response, 202, undefined);
  }

  #poll(response: ServerResponse, id: string): void {
    const operation = this.#operations.get(id);
    if (operation) send(response, 200, this.#stateOf(id, operation));
    else fail(response, { status: 404, code: 'ResourceNotFound' });
  }

  #stateOf(id: string, operation: Operation): object {
    operation.polls += 1;
    if (operation.polls < this.pollsNeeded) return { name: id, status: 'InProgress' };
    if (this.ending) {
      this.databases.delete(operation.database);
      return { name: id, status: 'Failed', error: this.ending };
    }
    this.databases.set(operation.database, { earliestRestoreDate: null });
    return { name: id, status: 'Succeeded' };
  }
}

function databaseBody(name: string, { status, earliestRestoreDate }: Standing): object {
  const dates = earliestRestoreDate === null ? {} : { earliestRestoreDate };
  const properties = { status: status ?? 'Online', databaseId: '2463ef48-0000-4000-8000-000000000008', ...dates };
  return {
    id: `${SERVER_ID}/databases/${name}`,
    name,
    type: 'Microsoft.Sql/servers/databases',
    location: 'westeurope',
    properties,
  };
}

function droppedBody({ name, ...dates }: Dropped, number: number): object {
  const id = `${SERVER_ID}/restorableDroppedDatabases/${name},${number}`;
  return { id, name: `${name},${number}`, location: 'westeurope', properties: { databaseName: name, ...dates } };
}

function send(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { 'content-type': 'application/json' });
  response.end(body === undefined ? '' : JSON.stringify(body));
}

function fail(response: ServerResponse, { status, code, retryAfter }: Failure): void {
  if (retryAfter !== undefined) response.setHeader('Retry-After', String(retryAfter));
  send(response, status, { error: { code, message: `the stand-in says ${code}` } });
}
