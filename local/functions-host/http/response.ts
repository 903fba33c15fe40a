import type { OutgoingHttpHeaders, ServerResponse } from 'node:http';
import type { RpcHttpCookie, RpcHttpData, RpcTypedData } from '../core-types.ts';

/** Belong to the connection or follow from the body: the server writes them itself. */
const OWN_HEADERS = new Set(['connection', 'content-length', 'keep-alive', 'transfer-encoding']);

/** Writes what the function answered. A handler that returns nothing is answered with 204. */
export function sendRpcResponse(response: ServerResponse, data: RpcHttpData | undefined): void {
  const body = bytesOf(data?.body);
  const headers: OutgoingHttpHeaders = {};
  for (const [name, value] of Object.entries(data?.headers ?? {})) {
    if (!OWN_HEADERS.has(name.toLowerCase())) headers[name] = value;
  }
  if (data?.cookies?.length) headers['set-cookie'] = data.cookies.map(toSetCookie);
  send(response, Number(data?.statusCode ?? 204), headers, body);
}

/** A JSON answer of the host itself; without a value only the status. */
export function sendJson(
  response: ServerResponse,
  status: number,
  value?: unknown,
  headers: OutgoingHttpHeaders = {},
): void {
  if (value === undefined) {
    send(response, status, headers, undefined);
  } else {
    const body = Buffer.from(JSON.stringify(value));
    send(response, status, { ...headers, 'content-type': 'application/json; charset=utf-8' }, body);
  }
}

function send(response: ServerResponse, status: number, headers: OutgoingHttpHeaders, body: Buffer | undefined): void {
  const bodiless = status === 204 || status === 304;
  if (!bodiless) headers['content-length'] = body?.length ?? 0;
  response.writeHead(status, headers);
  response.end(bodiless ? undefined : body);
}

function bytesOf(body: RpcTypedData | null | undefined): Buffer | undefined {
  if (body?.bytes) return Buffer.from(body.bytes.buffer, body.bytes.byteOffset, body.bytes.byteLength);
  return body?.string === undefined ? undefined : Buffer.from(body.string);
}

/** As ASP.NET writes a cookie: value escaped, path `/` unless given, attributes in this order. */
function toSetCookie(cookie: RpcHttpCookie): string {
  const parts = [`${encodeURIComponent(cookie.name)}=${encodeURIComponent(cookie.value)}`];
  if (cookie.expires) parts.push(`expires=${new Date(cookie.expires.value.seconds * 1000).toUTCString()}`);
  if (cookie.maxAge) parts.push(`max-age=${Math.trunc(cookie.maxAge.value)}`);
  if (cookie.domain) parts.push(`domain=${cookie.domain.value}`);
  parts.push(`path=${cookie.path?.value ?? '/'}`);
  if (cookie.secure?.value) parts.push('secure');
  if (cookie.sameSite && cookie.sameSite !== 'none') {
    parts.push(`samesite=${cookie.sameSite === 'explicitNone' ? 'none' : cookie.sameSite}`);
  }
  if (cookie.httpOnly?.value) parts.push('httponly');
  return parts.join('; ');
}
