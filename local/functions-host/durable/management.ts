import type { Endpoint, EndpointRequest, EndpointResponse } from '../http/front.ts';
import { managementUrls } from './client-payload.ts';
import type { Database } from './database.ts';
import type { DurableEngine, OperationResult } from './engine.ts';
import type { Instance, InstanceFilter } from './model.ts';
import { isOver } from './model.ts';
import { findInstances, type Position } from './queries.ts';
import { instanceStatus } from './status.ts';

const PAGE_DEFAULT = 100;
/** A purge works through the instances in steps, so that none holds the database for long. */
const PURGE_PAGE = 500;
const CONTINUATION = 'x-ms-continuation-token';

export interface ManagementOptions {
  readonly engine: DurableEngine;
  readonly database: Database;
  readonly taskHub: string;
  readonly systemKey: string;
}

/**
 * The HTTP API of the durable extension (HttpApiHandler.cs), under two prefixes: the webhooks, for whoever has the
 * system key, and the address of the durable client. The SDK sends its own calls without any key, so that address
 * has a secret in its path instead.
 */
export class DurableManagement {
  readonly #options: ManagementOptions;

  constructor(options: ManagementOptions) {
    this.#options = options;
  }

  endpoint(prefix: string, scope: Endpoint['scope']): Endpoint {
    return { prefix, scope, handle: (request) => this.#handle(request) };
  }

  #handle(request: EndpointRequest): EndpointResponse {
    const parts = request.path.split('/').filter((part) => part !== '');
    const [collection, first, second, third] = parts.map(decode);
    const { method } = request;
    if (collection === 'orchestrators' && first !== undefined && method === 'POST') {
      return this.#start(first, second, request);
    }
    if (collection !== 'instances') return { status: 404 };
    if (first === undefined && method === 'GET') return this.#list(request);
    if (first === undefined && method === 'DELETE') return this.#purgeBy(request.query);
    if (first === undefined) return { status: 405 };
    if (second === undefined && method === 'GET') return this.#status(first, request.query);
    if (second === undefined && method === 'DELETE') return this.#purge(first);
    if (second !== undefined && method === 'POST') return this.#operate(first, second, third, request);
    return { status: 405 };
  }

  #start(name: string, id: string | undefined, request: EndpointRequest): EndpointResponse {
    if (request.body !== '' && !isJson(request.body)) return badRequest('The input is not valid JSON.');
    const version = request.query.get('version');
    const result = this.#options.engine.startInstance(name, id, request.body || null, version);
    if ('refused' in result) {
      return { status: result.refused === 'running' ? 409 : 400, json: { message: result.why } };
    }
    const urls = managementUrls(result.id, { ...this.#options, origin: request.origin });
    return { status: 202, json: urls, headers: { location: urls.statusQueryGetUri, 'retry-after': '10' } };
  }

  #status(id: string, query: URLSearchParams): EndpointResponse {
    const instance = this.#options.engine.store.find(id);
    if (instance === undefined) return unknownInstance(id);
    return { status: isOver(instance.status) ? 200 : 202, json: this.#toStatus(instance, query) };
  }

  #toStatus(instance: Instance, query: URLSearchParams): object {
    const history = flag(query, 'showHistory') ? this.#options.engine.store.history(instance.id) : undefined;
    return instanceStatus(instance, {
      history,
      showInput: query.get('showInput')?.toLowerCase() !== 'false',
      showHistoryOutput: flag(query, 'showHistoryOutput'),
    });
  }

  #list({ query, headers }: EndpointRequest): EndpointResponse {
    const filter = readFilter(query);
    if (filter === undefined) return badRequest('createdTimeFrom or createdTimeTo is not a time.');
    const limit = Math.max(1, Number.parseInt(query.get('top') ?? '', 10) || PAGE_DEFAULT);
    const after = readToken(headers[CONTINUATION]);
    const page = findInstances(this.#options.database, filter, limit, after);
    const last = page.at(-1);
    const token = last && page.length === limit ? { [CONTINUATION]: writeToken(last) } : {};
    return { status: 200, json: page.map((instance) => this.#toStatus(instance, query)), headers: token };
  }

  #purge(id: string): EndpointResponse {
    const { store } = this.#options.engine;
    if (store.find(id) === undefined) return unknownInstance(id);
    return { status: 200, json: { instancesDeleted: store.purge([id]) } };
  }

  #purgeBy(query: URLSearchParams): EndpointResponse {
    const filter = readFilter(query);
    if (filter === undefined) return badRequest('createdTimeFrom or createdTimeTo is not a time.');
    let instancesDeleted = 0;
    let after: Position | undefined;
    for (;;) {
      const page = findInstances(this.#options.database, filter, PURGE_PAGE, after);
      instancesDeleted += this.#options.engine.store.purge(page.map(({ id }) => id));
      after = page.at(-1);
      if (after === undefined) return { status: 200, json: { instancesDeleted } };
    }
  }

  #operate(id: string, operation: string, name: string | undefined, request: EndpointRequest): EndpointResponse {
    const { engine } = this.#options;
    const reason = request.query.get('reason') ?? '';
    switch (operation.toLowerCase()) {
      case 'raiseevent':
        if (name === undefined) return badRequest('The name of the event is missing.');
        if (request.body !== '' && !isJson(request.body)) return badRequest("The event's data is not valid JSON.");
        return toResponse(id, engine.raiseEvent(id, name, request.body || 'null'));
      case 'terminate':
        return toResponse(id, engine.terminate(id, reason));
      case 'suspend':
        return toResponse(id, engine.suspend(id, reason));
      case 'resume':
        return toResponse(id, engine.resume(id, reason));
      case 'rewind':
        return { status: 501, json: { message: 'Rewind is not supported by the local host.' } };
      default:
        return { status: 404 };
    }
  }
}

function toResponse(id: string, result: OperationResult): EndpointResponse {
  if (result === 'unknown') return unknownInstance(id);
  return { status: result === 'accepted' ? 202 : 410 };
}

function unknownInstance(id: string): EndpointResponse {
  return { status: 404, json: { message: `No instance with ID '${id}' found.` } };
}

function badRequest(message: string): EndpointResponse {
  return { status: 400, json: { message } };
}

function readFilter(query: URLSearchParams): InstanceFilter | undefined {
  const from = readTime(query.get('createdTimeFrom'));
  const to = readTime(query.get('createdTimeTo'));
  if (Number.isNaN(from) || Number.isNaN(to)) return undefined;
  const statuses = (query.get('runtimeStatus') ?? '').split(',').filter((status) => status !== '');
  return {
    ...(from !== undefined && { createdFrom: from }),
    ...(to !== undefined && { createdTo: to }),
    statuses,
    idPrefix: query.get('instanceIdPrefix') ?? '',
  };
}

function readTime(text: string | null): number | undefined {
  return text === null || text === '' ? undefined : Date.parse(text);
}

function writeToken({ created, id }: Position): string {
  return Buffer.from(JSON.stringify({ created, id })).toString('base64');
}

function readToken(header: string | string[] | undefined): Position | undefined {
  if (typeof header !== 'string' || header === '') return undefined;
  try {
    const { created, id }: Position = JSON.parse(Buffer.from(header, 'base64').toString('utf8'));
    return { created: Number(created), id: String(id) };
  } catch {
    return undefined;
  }
}

function flag(query: URLSearchParams, name: string): boolean {
  return query.get(name)?.toLowerCase() === 'true';
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
