import type { IncomingMessage, Server, ServerResponse } from 'node:http';

/** Far more than any request to a local service holds. */
const BODY_MAX_BYTES = 1024 * 1024;

/** An answer that is not a success; `body` is what the caller gets. */
export class HttpError extends Error {
  readonly status: number;
  readonly body: object;
  readonly headers: Readonly<Record<string, string>>;

  constructor(status: number, body: object, headers: Readonly<Record<string, string>> = {}) {
    super(`answered ${status}`);
    this.status = status;
    this.body = body;
    this.headers = headers;
  }
}

export interface JsonAnswer {
  readonly status?: number;
  readonly body?: object;
  readonly headers?: Readonly<Record<string, string>>;
}

export type Handler = (request: IncomingMessage) => Promise<JsonAnswer>;

/**
 * A request listener that answers with JSON. `onBug` hears of errors that are no HttpError, and makes the answer's body.
 * Requests by other host names than this machine's own are refused: a website could point its name to 127.0.0.1.
 */
export function jsonListener(handle: Handler, onBug: (error: unknown) => object) {
  return (request: IncomingMessage, response: ServerResponse): void => {
    const answer = isLocal(request.headers.host)
      ? handle(request)
      : Promise.reject(new HttpError(421, { error: `not a name of this machine: ${request.headers.host}` }));
    answer
      .catch((error: unknown): JsonAnswer => (error instanceof HttpError ? error : { status: 500, body: onBug(error) }))
      .then(({ status = 200, body, headers }) => {
        response.writeHead(status, { ...(body && { 'Content-Type': 'application/json; charset=utf-8' }), ...headers });
        response.end(body && JSON.stringify(body));
        // What was not read of a refused request is not waited for.
        request.resume();
      });
  };
}

/** Binds to 127.0.0.1; gives the port, which is another than asked for when that was 0. */
export function listen(server: Server, port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', () => {
      server.off('error', reject);
      const address = server.address();
      resolve(typeof address === 'object' && address ? address.port : port);
    });
  });
}

/** Ends the server: answers under way are finished, idle connections are closed. */
export function close(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
    server.closeIdleConnections();
  });
}

/** The whole body as text. 413 when it is larger than anything sensible. */
export async function readText(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request) {
    bytes += chunk.length;
    if (bytes > BODY_MAX_BYTES) throw new HttpError(413, { error: `the body is larger than ${BODY_MAX_BYTES} bytes` });
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

/** Whether a host, with or without port, is this machine by a name that nobody else can give to it. */
export function isLocal(host: string | undefined): boolean {
  return /^(127\.0\.0\.1|localhost|[a-z0-9-]+\.localhost|\[::1\])(:\d+)?$/i.test(host ?? '');
}
