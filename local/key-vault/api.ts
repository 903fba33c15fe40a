import type { IncomingMessage } from 'node:http';
import { z } from 'zod';
import { type JsonAnswer, readText } from '../support/http.ts';
import { badParameter, unknownOperation } from './errors.ts';
import type { Representation } from './representation.ts';
import { currentVersion, type Properties, type SecretStore } from './store.ts';

/** Azure's limits. */
const VALUE_MAX_BYTES = 25_600;
const PAGE_MAX = 25;
const NAME = /^[0-9a-zA-Z-]{1,127}$/;

const PropertiesBody = z.object({
  contentType: z.string().max(255).optional(),
  tags: z.record(z.string().max(512), z.string().max(512)).optional(),
  attributes: z.object({ enabled: z.boolean().optional(), nbf: z.int().nullish(), exp: z.int().nullish() }).optional(),
});
const SecretBody = PropertiesBody.extend({ value: z.string() });

interface Call {
  readonly request: IncomingMessage;
  readonly name: string;
  /** Absent: the current one. */
  readonly version: string | undefined;
  readonly path: string;
  readonly query: URLSearchParams;
}

type Operation = (api: SecretsApi, call: Call) => Promise<JsonAnswer>;

const OPERATIONS: readonly (readonly [method: string, path: RegExp, operation: Operation])[] = [
  ['GET', /^\/secrets$/, (api, call) => api.list(call)],
  ['GET', /^\/secrets\/(?<name>[^/]+)\/versions$/, (api, call) => api.listVersions(call)],
  ['GET', /^\/secrets\/(?<name>[^/]+)(\/(?<version>[^/]+))?$/, (api, call) => api.get(call)],
  ['PUT', /^\/secrets\/(?<name>[^/]+)$/, (api, call) => api.set(call)],
  ['PATCH', /^\/secrets\/(?<name>[^/]+)(\/(?<version>[^/]+))?$/, (api, call) => api.update(call)],
  ['DELETE', /^\/secrets\/(?<name>[^/]+)$/, (api, call) => api.delete(call)],
  ['GET', /^\/deletedsecrets$/, (api, call) => api.listDeleted(call)],
  ['GET', /^\/deletedsecrets\/(?<name>[^/]+)$/, (api, call) => api.getDeleted(call)],
  ['DELETE', /^\/deletedsecrets\/(?<name>[^/]+)$/, (api, call) => api.purge(call)],
  ['POST', /^\/deletedsecrets\/(?<name>[^/]+)\/recover$/, (api, call) => api.recover(call)],
];

/** The operations on secrets of https://learn.microsoft.com/rest/api/keyvault/secrets, without backup and restore. */
export class SecretsApi {
  readonly #store: SecretStore;
  readonly #shape: Representation;

  constructor(store: SecretStore, shape: Representation) {
    this.#store = store;
    this.#shape = shape;
  }

  answer(request: IncomingMessage): Promise<JsonAnswer> {
    const { pathname, searchParams } = new URL(request.url ?? '/', 'https://vault');
    // The client ends the path of the current version with a slash.
    const path = pathname.replace(/\/$/, '');
    for (const [method, pattern, operation] of OPERATIONS) {
      const match = request.method === method ? pattern.exec(path) : null;
      if (!match) continue;
      const { name = '', version } = match.groups ?? {};
      return operation(this, { request, name, version, path, query: searchParams });
    }
    throw unknownOperation(`${request.method} ${path}`);
  }

  async list(call: Call): Promise<JsonAnswer> {
    return this.#page(call, this.#store.list(), (secret) => this.#shape.item(secret));
  }

  async listDeleted(call: Call): Promise<JsonAnswer> {
    return this.#page(call, this.#store.listDeleted(), (secret) => this.#shape.deletedItem(secret));
  }

  /** Of a name that is not there, Azure lists no versions. */
  async listVersions(call: Call): Promise<JsonAnswer> {
    const secret = this.#store.list().find(({ name }) => name === call.name);
    return this.#page(call, secret?.versions ?? [], (version) => this.#shape.versionItem(call.name, version));
  }

  async get({ name, version }: Call): Promise<JsonAnswer> {
    return { body: this.#shape.bundle(name, this.#store.read(name, version)) };
  }

  async set({ request, name }: Call): Promise<JsonAnswer> {
    if (!NAME.test(name))
      throw badParameter('The request URI contains an invalid name. Names are 1 to 127 of 0-9, a-z, A-Z and -.');
    const body = await readBody(request, SecretBody);
    if (Buffer.byteLength(body.value) > VALUE_MAX_BYTES)
      throw badParameter(`The value is larger than ${VALUE_MAX_BYTES} bytes.`);
    const version = await this.#store.set(name, body.value, propertiesOf(body));
    return { body: this.#shape.bundle(name, version) };
  }

  async update({ request, name, version }: Call): Promise<JsonAnswer> {
    const body = await readBody(request, PropertiesBody);
    return { body: this.#shape.versionItem(name, await this.#store.update(name, version, propertiesOf(body))) };
  }

  async delete({ name }: Call): Promise<JsonAnswer> {
    return { body: this.#shape.deletedBundle(await this.#store.delete(name)) };
  }

  async getDeleted({ name }: Call): Promise<JsonAnswer> {
    return { body: this.#shape.deletedBundle(this.#store.deletedSecret(name)) };
  }

  async recover({ name }: Call): Promise<JsonAnswer> {
    const secret = await this.#store.recover(name);
    return { body: this.#shape.versionItem(name, currentVersion(secret)) };
  }

  async purge({ name }: Call): Promise<JsonAnswer> {
    await this.#store.purge(name);
    return { status: 204 };
  }

  #page<T>({ path, query }: Call, items: readonly T[], toItem: (item: T) => object): JsonAnswer {
    const size = wholeNumber(query, 'maxresults', PAGE_MAX);
    if (size < 1 || size > PAGE_MAX) throw badParameter(`maxresults must be 1 to ${PAGE_MAX}.`);
    const start = wholeNumber(query, '$skiptoken', 0);
    const next = start + size;
    const link = { 'api-version': query.get('api-version') ?? '', $skiptoken: String(next), maxresults: String(size) };
    const nextLink = next < items.length ? this.#shape.nextLink(path, link) : null;
    return { body: { value: items.slice(start, next).map(toItem), nextLink } };
  }
}

function wholeNumber(query: URLSearchParams, name: string, absent: number): number {
  const value = Number(query.get(name) ?? absent);
  if (!Number.isSafeInteger(value)) throw badParameter(`${name} is not a number.`);
  return value;
}

/** Neither the body nor a parser's message, which may repeat it, gets into an error: it holds a secret. */
async function readBody<T>(request: IncomingMessage, schema: z.ZodType<T>): Promise<T> {
  const text = await readText(request);
  const parsed = schema.safeParse(parse(text));
  if (parsed.success) return parsed.data;
  const field = parsed.error.issues[0]?.path.map(String).join('.') || 'body';
  throw badParameter(`Property ${field} is missing or not of the right kind.`);
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw badParameter('The body is not JSON.');
  }
}

function propertiesOf({ contentType, tags, attributes }: z.infer<typeof PropertiesBody>): Properties {
  const { enabled, nbf, exp } = attributes ?? {};
  return { contentType, tags, enabled, notBefore: nbf ?? undefined, expires: exp ?? undefined };
}
