import type { IncomingMessage } from 'node:http';
import type { RpcNullable, RpcTypedData } from '../core-types.ts';

/** The real host's limit for a request body. */
const BODY_MAX_BYTES = 104_857_600;

/** The body is larger than the host accepts. */
export class BodyTooLarge extends Error {}

/** Reads the whole body; resolves to undefined when there is none or it is empty. */
export async function readBody(request: IncomingMessage, maxBytes = BODY_MAX_BYTES): Promise<Buffer | undefined> {
  const { 'content-length': length, 'transfer-encoding': encoding } = request.headers;
  if (length === undefined && encoding === undefined) return undefined;
  if (Number(length ?? 0) > maxBytes) throw new BodyTooLarge();
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request) {
    const bytes: Buffer = chunk;
    size += bytes.length;
    if (size > maxBytes) throw new BodyTooLarge();
    chunks.push(bytes);
  }
  return size > 0 ? Buffer.concat(chunks, size) : undefined;
}

/** A request as the real host hands it to the worker: repeated query keys and headers are joined by commas. */
export function toRpcRequest(
  request: IncomingMessage,
  url: URL,
  params: Record<string, string>,
  body: Buffer | undefined,
): RpcTypedData {
  return {
    http: {
      method: request.method ?? 'GET',
      url: url.href,
      nullableHeaders: headersOf(request),
      nullableQuery: queryOf(url),
      nullableParams: nullable(params),
      ...(body === undefined ? {} : { body: { bytes: body } }),
    },
  };
}

function headersOf(request: IncomingMessage): Record<string, RpcNullable<string>> {
  const headers: Record<string, RpcNullable<string>> = {};
  for (const [name, values] of Object.entries(request.headersDistinct)) {
    // Cookies alone have a separator of their own, which a comma would break.
    const value = values?.join(name === 'cookie' ? '; ' : ',');
    // The worker announces IgnoreEmptyValuedRpcHttpHeaders.
    if (value) headers[name] = { value };
  }
  return headers;
}

function queryOf(url: URL): Record<string, RpcNullable<string>> {
  const joined: Record<string, string> = {};
  for (const [key, value] of url.searchParams) {
    const before = joined[key];
    joined[key] = before === undefined ? value : `${before},${value}`;
  }
  return nullable(joined);
}

function nullable(values: Record<string, string>): Record<string, RpcNullable<string>> {
  return Object.fromEntries(Object.entries(values).map(([name, value]) => [name, { value }]));
}
