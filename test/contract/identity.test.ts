import { createHmac } from 'node:crypto';
import { rm } from 'node:fs/promises';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type Identity as LocalIssuer, startIdentity } from '../../local/identity/identity.ts';
import { systemClock } from '../../shared/platform/clock/system.ts';
import { VirtualClock } from '../../shared/platform/clock/virtual.ts';
import { endpointCredential } from '../../shared/platform/identity/endpoint-credential.ts';
import { JwtIdentity } from '../../shared/platform/identity/jwt.ts';
import { tokenRoles } from '../../shared/platform/identity/token-roles.ts';
import { startTestIssuer, type TestIssuer } from '../support/issuer.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const AUDIENCES = ['https://freshet.example.com', '5f0c2a1e-0000-4000-8000-000000000009'];
const USER = 'ab7501c2-0000-4000-8000-000000000003';
const TENANT = '0b8d6c5e-2f61-4a0e-8a6c-3a1c9f6d7e02';

describe('identity: tokens of an issuer over HTTP', () => {
  let issuer: TestIssuer;
  let clock: VirtualClock;
  let identity: JwtIdentity;
  beforeAll(async () => {
    issuer = await startTestIssuer();
  });
  afterAll(() => issuer?.stop());
  beforeEach(() => {
    issuer.configuration({});
    issuer.requests.length = 0;
    clock = new VirtualClock(Date.UTC(2026, 5, 1, 12));
    identity = identityOf();
  });

  it('a good token tells who calls', async () => {
    const claims = good({ roles: ['SystemAdministrator'] });
    expect(await verify(claims)).toEqual({ id: USER, tenantId: TENANT, claims });
  });

  it.each(['RS256', 'PS256', 'ES256'])('a token signed with %s is accepted', async (alg) => {
    expect(await identity.verify(`Bearer ${await issuer.sign(good(), { alg })}`)).toMatchObject({ id: USER });
  });

  it('any of the audiences is accepted, and the word Bearer in any case', async () => {
    for (const aud of AUDIENCES) expect(await verify(good({ aud }))).toMatchObject({ id: USER });
    expect(await identity.verify(`bearer ${await issuer.sign(good())}`)).toMatchObject({ id: USER });
  });

  it('an issuer that knows no object ids names its callers by subject', async () => {
    const { oid: _, tid: __, ...claims } = good({ sub: 'somebody' });
    expect(await verify(claims)).toMatchObject({ id: 'somebody', tenantId: '' });
  });

  it.each([null, '', 'Bearer', 'Bearer ', 'Basic dXNlcjpwYXNz', 'token'])('%j is TOKEN_MISSING', async (header) => {
    await expect(identity.verify(header)).rejects.toMatchObject({ code: 'TOKEN_MISSING' });
  });

  it('a token is accepted up to 60 s after its end and before its begin, and no longer', async () => {
    const { exp } = good();
    await verify(good({ exp: exp - 3_600 - 59 }));
    await expect(verify(good({ exp: exp - 3_600 - 61 }))).rejects.toMatchObject({ code: 'TOKEN_EXPIRED' });
    await verify(good({ nbf: exp - 3_600 + 59 }));
    await expect(verify(good({ nbf: exp - 3_600 + 61 }))).rejects.toMatchObject({ code: 'TOKEN_INVALID' });
  });

  it('a token ends by the injected clock', async () => {
    const token = await issuer.sign(good());
    await identity.verify(`Bearer ${token}`);
    await clock.advance(3_600_000 + 61_000);
    await expect(identity.verify(`Bearer ${token}`)).rejects.toMatchObject({ code: 'TOKEN_EXPIRED' });
  });

  const WRONG: [string, object][] = [
    ['for another audience', { aud: 'https://graph.microsoft.com' }],
    ['without an audience', { aud: undefined }],
    ['of another issuer', { iss: 'https://sts.windows.net/evil/' }],
    ['without an issuer', { iss: undefined }],
    ['without an end', { exp: undefined }],
    ['with an end that is no number', { exp: 'never' }],
    ['of nobody', { oid: undefined }],
    ['of something that is no text', { oid: { $ne: null } }],
  ];
  it.each(WRONG)('a token %s is TOKEN_INVALID', async (_, change) => {
    await expect(verify({ ...good(), ...change })).rejects.toMatchObject({ code: 'TOKEN_INVALID' });
  });

  it('a token changed after it was signed is TOKEN_INVALID', async () => {
    const [header, , signature] = (await issuer.sign(good())).split('.');
    const payload = encode({ ...good(), oid: 'another' });
    await expect(identity.verify(`Bearer ${header}.${payload}.${signature}`)).rejects.toMatchObject({
      code: 'TOKEN_INVALID',
    });
  });

  it('an unsigned token is TOKEN_INVALID', async () => {
    for (const alg of ['none', 'None', '']) {
      const token = `${encode({ alg, kid: 'first-RS256' })}.${encode(good())}.`;
      await expect(identity.verify(`Bearer ${token}`)).rejects.toMatchObject({ code: 'TOKEN_INVALID' });
    }
  });

  it('a token signed with the public key as a shared secret is TOKEN_INVALID', async () => {
    const keys = await (await fetch(`${issuer.url}/keys`)).text();
    const input = `${encode({ alg: 'HS256', kid: 'first-RS256' })}.${encode(good())}`;
    const signature = createHmac('sha256', keys).update(input).digest('base64url');
    await expect(identity.verify(`Bearer ${input}.${signature}`)).rejects.toMatchObject({ code: 'TOKEN_INVALID' });
  });

  it.each(['x', 'a.b.c', 'a.b.c.d.e', '...', 'ä.ö.ü'])('%j is TOKEN_INVALID', async (token) => {
    await expect(identity.verify(`Bearer ${token}`)).rejects.toMatchObject({ code: 'TOKEN_INVALID' });
  });

  it('the keys are asked for once, also by many callers at the same time', async () => {
    const token = await issuer.sign(good());
    await Promise.all(Array.from({ length: 10 }, () => identity.verify(`Bearer ${token}`)));
    await identity.verify(`Bearer ${token}`);
    expect(issuer.requests).toEqual(['/.well-known/openid-configuration', '/keys']);
  });

  it('tokens with invented keys do not make us ask again and again', async () => {
    await verify(good());
    issuer.requests.length = 0;
    for (let turn = 0; turn < 20; turn += 1) {
      const token = await issuer.sign(good(), { kid: `invented-${turn}` });
      await expect(identity.verify(`Bearer ${token}`)).rejects.toMatchObject({ code: 'TOKEN_INVALID' });
    }
    expect(issuer.requests.length).toBeLessThanOrEqual(1);
  });

  it('after a day the issuer is asked again, and its old keys are forgotten', async () => {
    const own = await startTestIssuer();
    const used = identityOf(own.url);
    const claims = { ...good({ iss: own.url }), exp: clock.now() / 1000 + 200_000 };
    const old = await own.sign(claims);
    await used.verify(`Bearer ${old}`);
    await own.rotate();
    await used.verify(`Bearer ${old}`);
    await clock.advance(24 * 60 * 60_000);
    await expect(used.verify(`Bearer ${old}`)).rejects.toMatchObject({ code: 'TOKEN_INVALID' });
    await used.verify(`Bearer ${await own.sign(claims)}`);
    await own.stop();
  });

  it('an issuer that is away is IDENTITY_UNAVAILABLE, and is asked again by the next call', async () => {
    const brief = await startTestIssuer();
    const port = Number(new URL(brief.url).port);
    await brief.stop();
    const used = identityOf(brief.url);
    await expect(used.verify(`Bearer ${await issuer.sign(good())}`)).rejects.toMatchObject({
      code: 'IDENTITY_UNAVAILABLE',
      class: 'retry',
    });
    const back = await startTestIssuer(port);
    await used.verify(`Bearer ${await back.sign(good({ iss: back.url }))}`);
    await back.stop();
  });

  it.each([
    ['names another issuer', { issuer: 'https://evil.example' }],
    ['has its keys elsewhere without https', { jwks_uri: 'http://127.0.0.2/keys' }],
    ['has no keys', { jwks_uri: undefined }],
  ])('an issuer whose configuration %s is not used', async (_, change) => {
    issuer.configuration(change);
    await expect(verify(good())).rejects.toMatchObject({ code: 'IDENTITY_UNAVAILABLE' });
  });

  function identityOf(url = issuer.url): JwtIdentity {
    return new JwtIdentity({ issuer: url, audiences: AUDIENCES, clock, fetch: globalThis.fetch });
  }

  async function verify(claims: object) {
    return identity.verify(`Bearer ${await issuer.sign({ ...claims })}`);
  }

  function good(change: object = {}) {
    const exp = clock.now() / 1000 + 3_600;
    return { iss: issuer.url, aud: AUDIENCES[0], exp, oid: USER, tid: TENANT, ...change };
  }
});

describe('identity: the local issuer', () => {
  let data: string;
  let local: LocalIssuer;
  beforeAll(async () => {
    data = await temporaryFolder('identity');
    local = await startIdentity({ port: 0, data });
  });
  afterAll(async () => {
    await local?.stop();
    await rm(data, { recursive: true });
  });

  it('a person’s token tells who calls and what the person administers', async () => {
    const body = JSON.stringify({
      roles: ['SystemAdministrator'],
      organizations: ['contoso'],
      tenant: TENANT,
      subject: USER,
    });
    const answer = await fetch(`${local.issuer}/token`, { method: 'POST', body });
    const { access_token } = (await answer.json()) as { access_token: string };
    const caller = await identity().verify(`Bearer ${access_token}`);
    expect(caller).toMatchObject({ id: USER, tenantId: TENANT });
    expect(await tokenRoles.administers(caller, ['contoso', 'fabrikam'])).toEqual(['contoso']);
  });

  it('Freshet’s own tokens are for the resource asked for, and are no token for Freshet', async () => {
    const url = `${local.issuer}/token`;
    const credential = endpointCredential({ url, fetch: globalThis.fetch, clock: systemClock });
    const { token, expiresOnTimestamp } = await credential.getToken('https://contoso.crm.dynamics.com/.default');
    expect(expiresOnTimestamp).toBeGreaterThan(systemClock.now());
    await expect(identity().verify(`Bearer ${token}`)).rejects.toMatchObject({ code: 'TOKEN_INVALID' });
    expect(await identity('https://contoso.crm.dynamics.com').verify(`Bearer ${token}`)).toMatchObject({});
  });

  function identity(audience = 'freshet'): JwtIdentity {
    return new JwtIdentity({
      issuer: local.issuer,
      audiences: [audience],
      clock: systemClock,
      fetch: globalThis.fetch,
    });
  }
});

const encode = (part: object): string => Buffer.from(JSON.stringify(part)).toString('base64url');
