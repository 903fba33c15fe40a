import { createServer, type IncomingMessage } from 'node:http';
import path from 'node:path';
import { SignJWT } from 'jose';
import type { RunningPart } from '../support/entry.ts';
import { close, HttpError, isLocal, type JsonAnswer, jsonListener, listen, readText } from '../support/http.ts';
import { loadSigningKey, type SigningKey } from './signing-key.ts';
import { readPersonRequest, readServiceRequest, type TokenContent, type TokenDefaults } from './token-request.ts';

const DEFAULT_AUDIENCE = 'freshet';
/** The tenant of the local organization. */
export const LOCAL_TENANT = '2a4c6e80-1b3d-4f5a-9c7e-8d6b4a2f0e1c';

export interface IdentityOptions {
  readonly port: number;
  readonly data: string;
  readonly audience?: string;
  readonly tenant?: string;
}

export interface Identity extends RunningPart {
  /** The `iss` of its tokens, and the address below which its configuration is found. */
  readonly issuer: string;
}

/**
 * An issuer of tokens for this machine: it gives any token to whoever asks, so it must never be trusted beyond it.
 * `POST /token`, `GET /.well-known/openid-configuration`, `GET /keys`.
 */
export async function startIdentity(options: IdentityOptions): Promise<Identity> {
  const key = await loadSigningKey(path.resolve(options.data));
  const defaults = { audience: options.audience ?? DEFAULT_AUDIENCE, tenant: options.tenant ?? LOCAL_TENANT };
  let issuer = '';
  const listener = jsonListener(
    (request) => handle(request, { issuer, key, defaults }),
    (error) => {
      console.error('identity: error', error);
      return { error: 'server_error' };
    },
  );
  const server = createServer(listener);
  const port = await listen(server, options.port);
  issuer = `http://127.0.0.1:${port}`;
  return { port, issuer, stop: () => close(server) };
}

interface Issuer {
  readonly issuer: string;
  readonly key: SigningKey;
  readonly defaults: TokenDefaults;
}

async function handle(request: IncomingMessage, self: Issuer): Promise<JsonAnswer> {
  const headers = crossOrigin(request);
  const { pathname } = new URL(request.url ?? '/', self.issuer);
  const route = `${request.method} ${pathname}`;
  if (request.method === 'OPTIONS') return { status: 204, headers };
  if (route === 'POST /token')
    return { body: await answerToken(request, self), headers: { ...headers, 'Cache-Control': 'no-store' } };
  if (route === 'GET /keys') return { body: { keys: [self.key.publicJwk] }, headers };
  if (route === 'GET /.well-known/openid-configuration') return { body: configuration(self.issuer), headers };
  const routes = 'POST /token, GET /keys, GET /.well-known/openid-configuration';
  throw new HttpError(
    404,
    { error: 'not_found', error_description: `${route} is not there; there are ${routes}` },
    headers,
  );
}

/** Pages of this machine, such as the console, may ask; others would get tokens for whatever runs here. */
function crossOrigin(request: IncomingMessage): Record<string, string> {
  const { origin } = request.headers;
  if (!origin || !isLocal(URL.parse(origin)?.host)) return {};
  return {
    'Access-Control-Allow-Origin': origin,
    'Access-Control-Allow-Headers': 'Content-Type',
    'Access-Control-Allow-Methods': 'GET, POST',
    Vary: 'Origin',
  };
}

async function answerToken(request: IncomingMessage, self: Issuer): Promise<object> {
  const body = await readText(request);
  const isForm = request.headers['content-type']?.startsWith('application/x-www-form-urlencoded') ?? false;
  const content = isForm
    ? readServiceRequest(new URLSearchParams(body), self.defaults)
    : readPersonRequest(body, self.defaults);
  return { access_token: await sign(content, self), token_type: 'Bearer', expires_in: content.lifetimeS };
}

function sign(content: TokenContent, { issuer, key }: Issuer): Promise<string> {
  const { audience, subject, name, tenant, roles, organizations, projects, lifetimeS } = content;
  const expires = Math.floor(Date.now() / 1000) + lifetimeS;
  const issued = expires - Math.max(lifetimeS, 1);
  // `undefined` leaves a claim out.
  return new SignJWT({ oid: subject, tid: tenant, name, roles, organizations, projects })
    .setProtectedHeader({ alg: key.algorithm, kid: key.id, typ: 'JWT' })
    .setIssuer(issuer)
    .setAudience(audience)
    .setSubject(subject)
    .setIssuedAt(issued)
    .setNotBefore(issued)
    .setExpirationTime(expires)
    .sign(key.privateKey);
}

function configuration(issuer: string): object {
  return {
    issuer,
    token_endpoint: `${issuer}/token`,
    jwks_uri: `${issuer}/keys`,
    grant_types_supported: ['client_credentials'],
    response_types_supported: ['token'],
    subject_types_supported: ['public'],
    id_token_signing_alg_values_supported: ['RS256'],
  };
}
