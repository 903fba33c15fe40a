import { randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { isLocal } from '../../support/http.ts';
import { DataverseError, entityNotFound } from '../model/errors.ts';
import type { Authenticate } from './authentication.ts';
import { route } from './router.ts';
import { type Answer, API_PATH, type Site } from './site.ts';

/** Links with long selections and tokens. */
const HEADER_MAX_BYTES = 64 * 1024;
const ODATA_HEADERS = { 'OData-Version': '4.0', 'Cache-Control': 'no-cache' };

/** Answers below `/_control`; takes the body's JSON text and gives JSON. */
export type Control = (method: string, body: string) => Promise<{ readonly status: number; readonly body: unknown }>;

export interface ServerParts {
  readonly site: Site;
  readonly authenticate: Authenticate;
  readonly control: Control;
  /** Where a refused client is sent for a token. */
  readonly challenge: () => string;
}

/** The organization over HTTP; the caller makes it listen. Requests wait until its parts are there. */
export function createSiteServer(parts: () => Promise<ServerParts>): Server {
  const server = createServer({ maxHeaderSize: HEADER_MAX_BYTES }, (request, response) => {
    void parts().then((ready) => respond(ready, request, response));
  });
  server.keepAliveTimeout = 60_000;
  return server;
}

async function respond(parts: ServerParts, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const requestId = randomUUID();
  try {
    const body = await readBody(request);
    const answer = await answerTo(parts, request, body);
    send(response, requestId, answer);
  } catch (error) {
    send(response, requestId, failure(error, parts));
  }
}

async function answerTo(parts: ServerParts, request: IncomingMessage, body: string): Promise<Answer> {
  const url = request.url ?? '/';
  const method = request.method ?? 'GET';
  const question = url.indexOf('?');
  const path = question === -1 ? url : url.slice(0, question);
  if (path === '/_control') {
    refuseStrangers(request);
    const { status, body: answer } = await parts.control(method, body);
    return { status, body: JSON.stringify(answer) };
  }
  if (!path.startsWith(API_PATH)) throw entityNotFound(path);
  return await apiAnswer(parts, request, {
    method,
    path: decodePath(path.slice(API_PATH.length)),
    search: question === -1 ? '' : url.slice(question + 1),
    body,
  });
}

/** The control needs no token, so it must not be reached by a website: by its name for this machine, or by its scripts. */
function refuseStrangers({ headers }: IncomingMessage): void {
  const origin = headers.origin === undefined ? undefined : new URL(headers.origin).host;
  if (!isLocal(headers.host) || (origin !== undefined && !isLocal(origin)))
    throw new DataverseError(403, '0x80048306', 'The control is for this machine alone.');
}

async function apiAnswer(
  { site, authenticate }: ServerParts,
  request: IncomingMessage,
  asked: { method: string; path: string; search: string; body: string },
): Promise<Answer> {
  const { statistics, faults } = site;
  const began = performance.now();
  let status = 500;
  let kind: Parameters<typeof statistics.count>[0] = 'function';
  statistics.running++;
  try {
    await authenticate(request.headers.authorization);
    const headers = request.headers as Readonly<Record<string, string | undefined>>;
    const routed = route(site, { ...asked, headers });
    kind = routed.kind;
    faults.check();
    const { pageLatencyMs } = faults.settings;
    if (pageLatencyMs > 0 && headers.prefer?.includes('odata.maxpagesize')) await sleep(pageLatencyMs);
    const answer = await routed.run();
    status = answer.status;
    return answer;
  } catch (error) {
    if (error instanceof DataverseError) status = error.status;
    throw error;
  } finally {
    statistics.running--;
    statistics.count(kind, status, performance.now() - began);
  }
}

function decodePath(path: string): string {
  try {
    return decodeURIComponent(path);
  } catch {
    return path;
  }
}

async function readBody(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString('utf8');
}

function failure(error: unknown, { challenge }: ServerParts): Answer {
  const known = error instanceof DataverseError ? error : null;
  if (!known) console.error(error);
  const { code, message } = known ?? { code: '0x80040216', message: 'An unexpected error occurred.' };
  const headers: Record<string, string> = {};
  if (known?.retryAfterSeconds !== undefined) headers['Retry-After'] = String(known.retryAfterSeconds);
  if (known?.status === 401) headers['WWW-Authenticate'] = challenge();
  return { status: known?.status ?? 500, headers, body: JSON.stringify({ error: { code, message } }) };
}

function send(response: ServerResponse, requestId: string, { status, headers, body }: Answer): void {
  const content = body === undefined ? undefined : Buffer.from(body);
  const type = 'application/json; odata.metadata=minimal';
  response.writeHead(status, {
    ...(content ? { 'Content-Type': type, 'Content-Length': content.length } : {}),
    ...ODATA_HEADERS,
    'x-ms-service-request-id': requestId,
    ...headers,
  });
  response.end(content);
}
