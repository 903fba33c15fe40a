import {
  createServer,
  type IncomingMessage,
  type OutgoingHttpHeaders,
  type Server,
  type ServerResponse,
} from 'node:http';
import { close, listen } from '../../support/http.ts';
import type { RpcTypedData } from '../core-types.ts';
import { detailsOf, type HostLog } from '../log.ts';
import type { Worker } from '../worker.ts';
import type { AccessKeys, KeyScope } from './keys.ts';
import { BodyTooLarge, readBody, toRpcRequest } from './request.ts';
import { sendJson, sendRpcResponse } from './response.ts';
import type { RouteTable } from './routes.ts';

/** For answers that are complete but not yet with their reader when the host stops. */
const CLOSE_GRACE_MS = 1_000;

/** A request to the host's own addresses (durable webhooks, administration). */
export interface EndpointRequest {
  readonly method: string;
  /** What follows the endpoint's prefix, still URL-encoded. */
  readonly path: string;
  readonly query: URLSearchParams;
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
  /** Scheme and host by which the caller reached us. */
  readonly origin: string;
}

export interface EndpointResponse {
  readonly status: number;
  readonly json?: unknown;
  readonly headers?: OutgoingHttpHeaders;
}

export interface Endpoint {
  /** Begins and ends with a slash. */
  readonly prefix: string;
  /** Which key a caller has to present. */
  readonly scope: KeyScope;
  handle(request: EndpointRequest): Promise<EndpointResponse> | EndpointResponse;
}

export interface FrontOptions {
  readonly worker: Worker;
  readonly routes: RouteTable;
  readonly keys: AccessKeys;
  readonly endpoints: readonly Endpoint[];
  readonly log: HostLog;
}

/** The HTTP server of the host: its own endpoints first, then the app's routes. */
export class HttpFront {
  readonly #options: FrontOptions;
  readonly #server: Server;
  #closing = false;

  constructor(options: FrontOptions) {
    this.#options = options;
    this.#server = createServer((request, response) => void this.#serve(request, response));
    // Longer than the idle time of usual clients and balancers, so that they close first and never race a reset.
    this.#server.keepAliveTimeout = 75_000;
  }

  /** Port 0 takes a free one. Resolves to the port. */
  listen(port: number): Promise<number> {
    return listen(this.#server, port);
  }

  /** From now on the app's routes answer 503; the host's own endpoints still serve the handlers that run. */
  refuseNewRequests(): void {
    this.#closing = true;
    this.#server.closeIdleConnections();
  }

  /** Answers that are being written may end; what takes longer than a moment is cut off. */
  async close(): Promise<void> {
    const grace = setTimeout(() => this.#server.closeAllConnections(), CLOSE_GRACE_MS);
    await close(this.#server);
    clearTimeout(grace);
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    try {
      const url = urlOf(request);
      if (url === undefined) return sendJson(response, 400);
      const endpoint = this.#options.endpoints.find(({ prefix }) => url.pathname.startsWith(prefix));
      if (endpoint) await this.#serveEndpoint(endpoint, request, url, response);
      else await this.#serveRoute(request, url, response);
    } catch (error) {
      this.#fail(request, response, error);
    }
  }

  async #serveEndpoint(endpoint: Endpoint, request: IncomingMessage, url: URL, response: ServerResponse) {
    if (!this.#options.keys.allows(endpoint.scope, keyOf(request, url))) return sendJson(response, 401);
    const body = await readBody(request);
    const answer = await endpoint.handle({
      method: request.method ?? 'GET',
      path: url.pathname.slice(endpoint.prefix.length),
      query: url.searchParams,
      headers: request.headers,
      body: body?.toString('utf8') ?? '',
      origin: url.origin,
    });
    this.#keepAliveOrNot(response);
    sendJson(response, answer.status, answer.json, answer.headers);
  }

  async #serveRoute(request: IncomingMessage, url: URL, response: ServerResponse): Promise<void> {
    if (this.#closing) return sendJson(response, 503, undefined, { connection: 'close' });
    const { worker, routes, keys } = this.#options;
    const match = routes.match(request.method ?? 'GET', url.pathname);
    if (match.kind === 'none') return sendJson(response, 404);
    if (match.kind === 'otherMethods') return sendJson(response, 405, undefined, { allow: match.allowed.join(', ') });
    if (!keys.allows(match.route.authLevel, keyOf(request, url))) return sendJson(response, 401);
    const body = await readBody(request);
    const data = toRpcRequest(request, url, match.params, body);
    let result: RpcTypedData | null | undefined;
    try {
      result = await worker.invoke(match.route.fn, { data });
    } catch {
      // The worker has logged it; the caller learns nothing about the cause.
      return sendJson(response, 500);
    } finally {
      this.#keepAliveOrNot(response);
    }
    sendRpcResponse(response, result?.http);
  }

  /** While the host stops, each connection ends with the answer it carries. */
  #keepAliveOrNot(response: ServerResponse): void {
    if (this.#closing) response.shouldKeepAlive = false;
  }

  #fail(request: IncomingMessage, response: ServerResponse, error: unknown): void {
    if (error instanceof BodyTooLarge) {
      // The rest of the body is never read, so the connection cannot be used again.
      sendJson(response, 413, undefined, { connection: 'close' });
      return;
    }
    if (request.destroyed && !request.complete) return;
    this.#options.log('error', `${request.method} ${request.url}: ${detailsOf(error)}`);
    if (response.headersSent) response.destroy();
    else sendJson(response, 500);
  }
}

function urlOf(request: IncomingMessage): URL | undefined {
  const base = `http://${request.headers.host ?? '127.0.0.1'}`;
  return URL.parse(request.url ?? '/', base) ?? undefined;
}

function keyOf(request: IncomingMessage, url: URL): string | undefined {
  const header = request.headers['x-functions-key'];
  return typeof header === 'string' ? header : (url.searchParams.get('code') ?? undefined);
}
