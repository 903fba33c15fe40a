import { once } from 'node:events';
import { readFile, rm } from 'node:fs/promises';
import type { RequestListener } from 'node:http';
import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import { SecretClient } from '@azure/keyvault-secrets';
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import { startIdentity } from '../../local/identity/identity.ts';
import { makeCertificates } from '../../local/key-vault/certificate.ts';
import { startKeyVault } from '../../local/key-vault/key-vault.ts';
import { findFreePorts } from '../../local/support/ports.ts';
import { until } from '../../local/support/until.ts';
import { systemClock } from '../../shared/platform/clock/system.ts';
import { VirtualClock } from '../../shared/platform/clock/virtual.ts';
import { endpointCredential } from '../../shared/platform/identity/endpoint-credential.ts';
import { KeyVaultSecrets } from '../../shared/platform/secrets/key-vault.ts';
import { MemorySecrets } from '../../shared/platform/secrets/memory.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { trust } from '../support/trust.ts';
import { describeSecrets } from './secrets.suite.ts';

describeSecrets('memory', async () => {
  const vault = 'https://contoso.vault.azure.net';
  const secrets = new MemorySecrets();
  let versions = 0;
  return {
    secrets,
    vault,
    store: async (name, secret) => {
      versions += 1;
      const version = versions.toString(16).padStart(32, '0');
      secrets.set(`${vault}/secrets/${name}/${version}`, secret);
      return version;
    },
    stop: async () => {},
  };
});

describeSecrets('Key Vault', async () => {
  const data = await temporaryFolder('key-vault');
  const identity = await startIdentity({ port: 0, data: `${data}/identity` });
  const vault = await startKeyVault({ port: 0, data: `${data}/vault`, issuer: identity.issuer });
  trust(await readFile(vault.caFile, 'utf8'));
  const clock = systemClock;
  const credential = endpointCredential({ url: `${identity.issuer}/token`, fetch: globalThis.fetch, clock });
  const administrator = new SecretClient(vault.url, credential, { disableChallengeResourceVerification: true });
  return {
    secrets: new KeyVaultSecrets({ credential, allowed: [new URL(vault.url).host], clock }),
    vault: vault.url,
    store: async (name, { value, tags }) => {
      const { properties } = await administrator.setSecret(name, value, { tags });
      return properties.version ?? '';
    },
    stop: async () => {
      await vault.stop();
      await identity.stop();
      await rm(data, { recursive: true });
    },
  };
});

describe('secrets: Key Vault in trouble', () => {
  const { ca, certificate, key } = makeCertificates(new Date());
  const credential = { getToken: async () => ({ token: 'token', expiresOnTimestamp: Number.MAX_SAFE_INTEGER }) };
  let server: Server;
  let requests: string[];
  beforeAll(() => trust(ca));
  afterEach(() => {
    server.closeAllConnections();
    server.close();
  });

  it.each([
    [400, 'SECRET_NOT_FOUND'],
    [401, 'SECRET_FORBIDDEN'],
    [403, 'SECRET_FORBIDDEN'],
    [404, 'SECRET_NOT_FOUND'],
    [429, 'VAULT_UNAVAILABLE'],
    [500, 'VAULT_UNAVAILABLE'],
    [503, 'VAULT_UNAVAILABLE'],
  ])('an answer %i is %s, after one repetition at most', async (status, code) => {
    const { secrets, url } = await vault((_, response) => {
      response.writeHead(status, { 'content-type': 'application/json' });
      response.end(JSON.stringify({ error: { code: 'Code', message: 'Message.' } }));
    });
    await expect(secrets.get(url)).rejects.toMatchObject({ code });
    expect(requests.length).toBeLessThanOrEqual(2);
  });

  it.each([301, 302, 307, 308])('a redirect %i is not followed, not even to the same host', async (status) => {
    const { secrets, url } = await vault((_, response) => {
      response.writeHead(status, { location: '/secrets/other' }).end();
    });
    await expect(secrets.get(url)).rejects.toMatchObject({ code: 'VAULT_UNAVAILABLE' });
    expect(new Set(requests)).toEqual(new Set([requests[0]]));
  });

  it('a vault that does not listen is VAULT_UNAVAILABLE, by its host', async () => {
    const host = `127.0.0.1:${await findFreePorts(1)}`;
    const secrets = new KeyVaultSecrets({ credential, allowed: [host], clock: systemClock });
    await expect(secrets.get(`https://${host}/secrets/name`)).rejects.toMatchObject({
      code: 'VAULT_UNAVAILABLE',
      values: { host },
    });
  });

  it('a vault that never answers is given up', async () => {
    const clock = new VirtualClock();
    const { secrets, url } = await vault(() => {}, clock);
    const outcome = expect(secrets.get(url)).rejects.toMatchObject({
      code: 'VAULT_UNAVAILABLE',
      values: { reason: 'no answer within 15000 ms' },
    });
    await until(() => requests.length > 0, 5_000);
    await clock.advance(15_000);
    await outcome;
  });

  it('a vault whose certificate nobody vouches for is VAULT_UNAVAILABLE, and gets no token', async () => {
    const stranger = makeCertificates(new Date());
    const { secrets, url } = await vault(() => {}, systemClock, stranger);
    await expect(secrets.get(url)).rejects.toMatchObject({ code: 'VAULT_UNAVAILABLE' });
    expect(requests).toEqual([]);
  });

  it('an identity that is away is VAULT_UNAVAILABLE: it passes by itself', async () => {
    const { url } = await vault(askForToken);
    const away = { getToken: () => Promise.reject(new Error('no identity')) };
    const secrets = new KeyVaultSecrets({ credential: away, allowed: [new URL(url).host], clock: systemClock });
    await expect(secrets.get(url)).rejects.toMatchObject({
      code: 'VAULT_UNAVAILABLE',
      values: { reason: 'no identity' },
    });
  });

  it('the token of a vault is asked for once', async () => {
    let challenges = 0;
    const { secrets, url } = await vault((request, response) => {
      if (!request.headers.authorization) {
        challenges += 1;
        return askForToken(request, response);
      }
      response.setHeader('content-type', 'application/json').end(JSON.stringify({ value: 'v', id: url }));
    });
    for (let turn = 0; turn < 3; turn += 1) expect((await secrets.get(url)).value).toBe('v');
    expect(challenges).toBe(1);
  });

  const askForToken: RequestListener = (_, response) => {
    const challenge = 'Bearer authorization="https://login.example/tenant", resource="https://vault.azure.net"';
    response.writeHead(401, { 'www-authenticate': challenge }).end();
  };

  /** A vault that answers as told; `requests` holds the paths asked for. */
  async function vault(answer: RequestListener, clock = systemClock, tls = { certificate, key }) {
    requests = [];
    server = createServer({ cert: tls.certificate, key: tls.key }, (request, response) => {
      requests.push(request.url ?? '');
      answer(request, response);
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const host = `127.0.0.1:${(server.address() as AddressInfo).port}`;
    const secrets = new KeyVaultSecrets({ credential, allowed: [host], clock });
    return { secrets, url: `https://${host}/secrets/name` };
  }
});
