import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { type HttpHandler, HttpRequest, type HttpResponseInit, InvocationContext } from '@azure/functions';
import type { z } from 'zod';
import { ERROR_CODE_HEADER } from '../../functions/http/endpoint.ts';
import type { Operation } from '../../functions/http/operation.ts';
import { parseRouteTemplate } from '../../local/functions-host/http/route-template.ts';

export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  /** Of the register of errors. */
  readonly code: string | null;
  /** Of whatever the caller expects. */
  // biome-ignore lint/suspicious/noExplicitAny: the answers of a whole API, looked into by tests
  readonly json: any;
}

export interface Served {
  readonly operation: Operation;
  readonly handler: HttpHandler;
  /** The shape that an answer must have; null: any. */
  readonly shapeOf: (answer: HttpResponseInit) => z.ZodType | null;
}

/** The app's own handlers behind a real HTTP server, by the routes that they are registered under. */
export class HandlerServer {
  readonly #routes;
  readonly #server = createServer((request, response) => {
    void this.#answer(request.method ?? '', request.url ?? '', request.headers.authorization, buffer(request)).then(
      ({ status = 200, headers = {}, jsonBody, body }) => {
        response.writeHead(status, { 'content-type': 'application/json', ...(headers as Record<string, string>) });
        response.end(body ?? (jsonBody === undefined ? '' : JSON.stringify(jsonBody)));
      },
      (error: unknown) => response.writeHead(500).end(String(error)),
    );
  });

  constructor(served: readonly Served[]) {
    this.#routes = served
      .map((one) => ({ ...one, template: parseRouteTemplate(`/${one.operation.route}`) }))
      .sort((a, b) => (a.template.precedence < b.template.precedence ? 1 : -1));
  }

  get origin(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  start(): Promise<void> {
    return new Promise((resolve) => {
      this.#server.listen(0, '127.0.0.1', resolve);
    });
  }

  stop(): Promise<void> {
    return new Promise((resolve) => {
      this.#server.close(() => resolve());
    });
  }

  async call(method: string, path: string, authorization: string | null, body?: unknown): Promise<Answer> {
    const answer = await fetch(`${this.origin}/${path}`, {
      method,
      headers: authorization === null ? {} : { authorization },
      ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    });
    const text = await answer.text();
    const isJson = text !== '' && (answer.headers.get('content-type') ?? '').startsWith('application/json');
    const code = answer.headers.get(ERROR_CODE_HEADER);
    return { status: answer.status, headers: answer.headers, text, code, json: isJson ? JSON.parse(text) : null };
  }

  async #answer(
    method: string,
    url: string,
    authorization: string | undefined,
    content: Promise<Buffer>,
  ): Promise<HttpResponseInit & { body?: string | Uint8Array }> {
    const { href, pathname, searchParams } = new URL(url, this.origin);
    const body = await content;
    for (const { operation, template, handler, shapeOf } of this.#routes) {
      const params = operation.method === method ? template.match(pathname) : undefined;
      if (!params) continue;
      const request = new HttpRequest({
        method,
        url: href,
        params,
        query: Object.fromEntries(searchParams),
        headers: authorization ? { authorization } : {},
        ...(body.length > 0 ? { body: { bytes: body } } : {}),
      });
      const answer = ((await handler(request, new InvocationContext())) ?? {}) as HttpResponseInit & { body?: string };
      mustBeDescribed(operation, answer, shapeOf(answer));
      return answer;
    }
    return { status: 404 };
  }
}

/** Nothing is answered that the description does not name. */
function mustBeDescribed({ name }: Operation, { jsonBody }: HttpResponseInit, shape: z.ZodType | null): void {
  if (shape === null || jsonBody === undefined) return;
  const described: unknown = shape.parse(jsonBody);
  if (JSON.stringify(sorted(described)) !== JSON.stringify(sorted(jsonBody)))
    throw new Error(`${name} answers what its description does not name`);
}

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .filter(([, inner]) => inner !== undefined)
      .toSorted(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, inner]) => [key, sorted(inner)]),
  );
}
