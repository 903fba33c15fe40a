import { rm, stat } from 'node:fs/promises';
import path from 'node:path';
import { createRemoteJWKSet, decodeJwt, type JWTPayload, jwtVerify } from 'jose';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type Identity, startIdentity } from '../../../local/identity/identity.ts';
import { startPart } from '../../support/part-process.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

let folder = '';
let identity: Identity;

const start = (port = 0) => startIdentity({ port, data: path.join(folder, 'identity') });

beforeEach(async () => {
  folder = await temporaryFolder('identity');
  identity = await start();
});

afterEach(async () => {
  await identity.stop();
  await rm(folder, { recursive: true, force: true });
});

/** All that an answer of the issuer may hold. */
interface Body {
  readonly access_token: string;
  readonly error: string;
  readonly error_description: string;
  readonly issuer: string;
  readonly jwks_uri: string;
  readonly keys: readonly object[];
}

const bodyOf = async (answer: Response) => (await answer.json()) as Body;

const ask = (request: object | string, headers: Record<string, string> = {}) =>
  fetch(`${identity.issuer}/token`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json', ...headers },
    body: typeof request === 'string' ? request : JSON.stringify(request),
  });

async function tokenFor(request: object): Promise<string> {
  const answer = await ask(request);
  expect(answer.status).toBe(200);
  return (await bodyOf(answer)).access_token;
}

/** Verifies as a stranger would: by the configuration and the keys it names. */
async function verify(token: string, audience: string): Promise<JWTPayload> {
  const configuration = await bodyOf(await fetch(`${identity.issuer}/.well-known/openid-configuration`));
  const keys = createRemoteJWKSet(new URL(configuration.jwks_uri));
  return (await jwtVerify(token, keys, { issuer: configuration.issuer, audience })).payload;
}

describe('a token for a person', () => {
  test('says what was asked for and is signed by the key that the issuer shows', async () => {
    const request = {
      roles: ['SystemAdministrator', 'Reader'],
      organizations: ['o1'],
      projects: ['p1', 'p2'],
      tenant: 't1',
      audience: 'other',
      subject: 's1',
      lifetimeS: 60,
    };
    const claims = await verify(await tokenFor(request), 'other');
    expect(claims).toMatchObject({
      roles: ['SystemAdministrator', 'Reader'],
      organizations: ['o1'],
      projects: ['p1', 'p2'],
      tid: 't1',
      sub: 's1',
      oid: 's1',
    });
    expect((claims.exp ?? 0) - (claims.iat ?? 0)).toBe(60);
    expect(claims.nbf).toBe(claims.iat);
  });

  test('is for Freshet and an hour, and names neither organizations nor projects, unless asked otherwise', async () => {
    const answer = await bodyOf(await ask({ roles: [] }));
    expect(answer).toMatchObject({ token_type: 'Bearer', expires_in: 3600 });
    const claims = await verify(answer.access_token, 'freshet');
    expect(claims.roles).toEqual([]);
    expect(claims).not.toHaveProperty('organizations');
    expect(claims).not.toHaveProperty('projects');
    expect(claims.tid).toMatch(/^[0-9a-f-]{36}$/);
  });

  test('can be one that has expired', async () => {
    const token = await tokenFor({ roles: ['Reader'], lifetimeS: -3600 });
    await expect(verify(token, 'freshet')).rejects.toThrow('"exp" claim timestamp check failed');
  });

  test.each([
    ['roles', {}],
    ['roles', { roles: 'Reader' }],
    ['roles[1]', { roles: ['Reader', 'Admin'] }],
    ['organizations', { roles: [], organizations: 'o1' }],
    ['organizations[0]', { roles: [], organizations: [''] }],
    ['projects', { roles: [], projects: null }],
    ['tenant', { roles: [], tenant: '' }],
    ['lifetimeS', { roles: [], lifetimeS: 1.5 }],
    ['lifetimeS', { roles: [], lifetimeS: '60' }],
    ['audience', { roles: [], audience: 7 }],
    ['subject', { roles: [], subject: null }],
    ['organisations', { roles: [], organisations: ['o1'] }],
    ['body', []],
    ['body', '{'],
  ])('is refused with the field %s named for %j', async (field, request) => {
    const answer = await ask(request);
    expect(answer.status).toBe(400);
    expect((await bodyOf(answer)).error_description.startsWith(`${field}: `)).toBe(true);
  });
});

describe('a token for a service', () => {
  const askForm = (form: Record<string, string>) =>
    fetch(`${identity.issuer}/token`, { method: 'POST', body: new URLSearchParams(form) });

  test('is for the resource of the scope and holds no role', async () => {
    const answer = await askForm({ grant_type: 'client_credentials', scope: 'https://vault.azure.net/.default' });
    const claims = await verify((await bodyOf(answer)).access_token, 'https://vault.azure.net');
    expect(claims).not.toHaveProperty('roles');
  });

  test.each([
    [{ grant_type: 'password', scope: 'a/.default' }, 'unsupported_grant_type', 'grant_type: '],
    [{ grant_type: 'client_credentials', scope: 'a' }, 'invalid_scope', 'scope: '],
    [{ grant_type: 'client_credentials' }, 'invalid_scope', 'scope: '],
  ])('is refused for %j', async (form, error, description) => {
    const answer = await askForm(form);
    expect(answer.status).toBe(400);
    const body = await bodyOf(answer);
    expect(body.error).toBe(error);
    expect(body.error_description).toContain(description);
  });
});

describe('the issuer', () => {
  test('keeps its key over restarts, readable for its user alone, and never shows the private part', async () => {
    const token = await tokenFor({ roles: [] });
    const { port } = identity;
    await identity.stop();
    identity = await start(port);
    await verify(token, 'freshet');
    expect((await stat(path.join(folder, 'identity', 'signing-key.json'))).mode & 0o077).toBe(0);
    const { keys } = await bodyOf(await fetch(`${identity.issuer}/keys`));
    expect(keys.map((key: object) => Object.keys(key).sort())).toEqual([['alg', 'e', 'kid', 'kty', 'n', 'use']]);
  });

  test('lets pages of this machine read its answers, and no others', async () => {
    const origin = async (value: string) =>
      (await ask({ roles: [] }, { Origin: value })).headers.get('access-control-allow-origin');
    expect(await origin('http://127.0.0.1:7071')).toBe('http://127.0.0.1:7071');
    expect(await origin('http://localhost:5173')).toBe('http://localhost:5173');
    expect(await origin('https://example.com')).toBeNull();
    expect(await origin('https://127.0.0.1.example.com')).toBeNull();
    expect(await origin('null')).toBeNull();
  });

  test('answers 404 with what there is for another path', async () => {
    const answer = await fetch(`${identity.issuer}/authorize`);
    expect(answer.status).toBe(404);
    expect((await bodyOf(answer)).error_description).toContain('POST /token');
  });

  test('runs as a part of its own', async () => {
    const part = await startPart('local/identity/main.ts', [
      '--port',
      '0',
      '--data',
      folder,
      '--audience',
      'mine',
      '--tenant',
      't',
    ]);
    const [, port] = /ready on 127\.0\.0\.1:(\d+)/.exec(part.output()) ?? [];
    const answer = await fetch(`http://127.0.0.1:${port}/token`, {
      method: 'POST',
      body: JSON.stringify({ roles: [] }),
    });
    expect(decodeJwt((await bodyOf(answer)).access_token)).toMatchObject({
      aud: 'mine',
      tid: 't',
      iss: `http://127.0.0.1:${port}`,
    });
    expect(await part.end()).toBe(0);
  });
});
