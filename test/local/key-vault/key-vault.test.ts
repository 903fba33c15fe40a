import { readdir, readFile, rm, stat } from 'node:fs/promises';
import path from 'node:path';
import { SecretClient } from '@azure/keyvault-secrets';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type Identity, startIdentity } from '../../../local/identity/identity.ts';
import { type KeyVault, startKeyVault } from '../../../local/key-vault/key-vault.ts';
import { type PartProcess, startPart } from '../../support/part-process.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

const TENANT = 'contoso';

let folder = '';
let identity: Identity;
let vault: KeyVault;

const data = () => path.join(folder, 'key-vault');
const start = (port = 0) => startKeyVault({ port, data: data(), issuer: identity.issuer, tenant: TENANT });

beforeEach(async () => {
  folder = await temporaryFolder('key-vault');
  identity = await startIdentity({ port: 0, data: path.join(folder, 'identity') });
  vault = await start();
});

afterEach(async () => {
  await vault.stop();
  await identity.stop();
  await rm(folder, { recursive: true, force: true });
});

/** As Freshet gets its own tokens; remembers which ones were asked for. */
function credential() {
  const asked: { scope: string; tenantId?: string }[] = [];
  const getToken = async (scopes: string | string[], options?: { tenantId?: string }) => {
    const [scope = ''] = [scopes].flat();
    asked.push({ scope, tenantId: options?.tenantId });
    const body = new URLSearchParams({ grant_type: 'client_credentials', scope });
    const answer = (await (await fetch(`${identity.issuer}/token`, { method: 'POST', body })).json()) as {
      access_token: string;
    };
    return { token: answer.access_token, expiresOnTimestamp: Date.now() + 3_600_000 };
  };
  return { getToken, asked };
}

type Credential = Pick<ReturnType<typeof credential>, 'getToken'>;

/** The genuine client, told of the vault's authority; without retries, so that errors come at once. */
async function clientOf(token: Credential = credential(), url = vault.url): Promise<SecretClient> {
  return new SecretClient(url, token, {
    disableChallengeResourceVerification: true,
    tlsOptions: { ca: await readFile(path.join(data(), 'ca.pem'), 'utf8') },
    retryOptions: { maxRetries: 0 },
  });
}

async function namesOf(items: AsyncIterable<{ name: string }>): Promise<string[]> {
  const names: string[] = [];
  for await (const { name } of items) names.push(name);
  return names;
}

const error = (statusCode: number, code: string) => expect.objectContaining({ statusCode, code });

describe('a secret', () => {
  test('is read as it was set, with its tags and properties', async () => {
    const client = await clientOf();
    const expiresOn = new Date('2030-01-02T03:04:05Z');
    const set = await client.setSecret('destination', 'postgres://u:p@h/ö', {
      tags: { 'org-id': 'tenant-id' },
      contentType: 'text/plain',
      expiresOn,
    });
    const read = await client.getSecret('destination');
    expect(read.value).toBe('postgres://u:p@h/ö');
    expect(read.properties).toMatchObject({
      tags: { 'org-id': 'tenant-id' },
      contentType: 'text/plain',
      expiresOn,
      enabled: true,
    });
    expect(read.properties.version).toMatch(/^[0-9a-f]{32}$/);
    expect(read.properties.id).toBe(`${vault.url}/secrets/destination/${set.properties.version}`);
    expect(Math.abs((read.properties.createdOn?.getTime() ?? 0) - Date.now())).toBeLessThan(60_000);
  });

  test('keeps its versions: the last one set is current, each can be read by its id', async () => {
    const client = await clientOf();
    const first = await client.setSecret('s', 'one', { tags: { a: '1' } });
    const second = await client.setSecret('s', 'two');
    expect(await client.getSecret('s')).toMatchObject({
      value: 'two',
      properties: { version: second.properties.version },
    });
    expect((await client.getSecret('s')).properties.tags).toBeUndefined();
    expect((await client.getSecret('s', { version: first.properties.version })).value).toBe('one');
    const versions = [];
    for await (const version of client.listPropertiesOfSecretVersions('s')) versions.push(version.version);
    expect(versions.sort()).toEqual([first.properties.version, second.properties.version].sort());
  });

  test('that is disabled is not read, and its properties can be changed without its value', async () => {
    const client = await clientOf();
    const { properties } = await client.setSecret('s', 'one', { tags: { a: '1', b: '2' } });
    const version = properties.version ?? '';
    await client.updateSecretProperties('s', version, { enabled: false, tags: { c: '3' }, contentType: 'x' });
    await expect(client.getSecret('s')).rejects.toEqual(error(403, 'Forbidden'));
    const updated = await client.updateSecretProperties('s', version, { enabled: true });
    expect(updated).toMatchObject({ enabled: true, tags: { c: '3' }, contentType: 'x' });
    expect((await client.getSecret('s')).value).toBe('one');
  });

  test('that is not there is told by its code', async () => {
    const client = await clientOf();
    await expect(client.getSecret('absent')).rejects.toEqual(error(404, 'SecretNotFound'));
    await client.setSecret('s', 'one');
    await expect(client.getSecret('s', { version: '0'.repeat(32) })).rejects.toEqual(error(404, 'SecretNotFound'));
    await expect(client.getSecret('S')).rejects.toEqual(error(404, 'SecretNotFound'));
    expect(await namesOf(client.listPropertiesOfSecretVersions('absent'))).toEqual([]);
  });

  test.each(['a_b', 'a.b', 'x'.repeat(128), 'a b'])('cannot have the name %s', async (name) => {
    await expect((await clientOf()).setSecret(name, 'v')).rejects.toEqual(error(400, 'BadParameter'));
  });

  test('cannot hold more than Azure allows', async () => {
    await expect((await clientOf()).setSecret('s', 'x'.repeat(25_601))).rejects.toEqual(error(400, 'BadParameter'));
  });
});

describe('lists', () => {
  test('bring all secrets page by page, in pages of the size asked for', async () => {
    const client = await clientOf();
    const names = Array.from({ length: 30 }, (_, index) => `s${String(index).padStart(2, '0')}`);
    for (const name of names) await client.setSecret(name, 'v');
    expect(await namesOf(client.listPropertiesOfSecrets())).toEqual(names);
    const sizes: number[] = [];
    for await (const page of client.listPropertiesOfSecrets().byPage({ maxPageSize: 7 })) sizes.push(page.length);
    expect(sizes).toEqual([7, 7, 7, 7, 2]);
  });

  test('never hold values', async () => {
    const client = await clientOf();
    await client.setSecret('s', 'TOPSECRET');
    const items = [];
    for await (const item of client.listPropertiesOfSecrets()) items.push(item);
    for await (const item of client.listPropertiesOfSecretVersions('s')) items.push(item);
    expect(items).toHaveLength(2);
    expect(JSON.stringify(items)).not.toContain('TOPSECRET');
  });
});

describe('a deleted secret', () => {
  test('is gone, keeps its name, and comes back with all versions when recovered', async () => {
    const client = await clientOf();
    await client.setSecret('s', 'one');
    await client.setSecret('s', 'two');
    const deleted = await (await client.beginDeleteSecret('s')).pollUntilDone();
    expect(deleted.recoveryId).toBe(`${vault.url}/deletedsecrets/s`);
    expect(deleted.scheduledPurgeDate?.getTime()).toBeGreaterThan(Date.now());
    await expect(client.getSecret('s')).rejects.toEqual(error(404, 'SecretNotFound'));
    await expect(client.setSecret('s', 'three')).rejects.toEqual(error(409, 'Conflict'));
    expect(await namesOf(client.listPropertiesOfSecrets())).toEqual([]);
    expect(await namesOf(client.listDeletedSecrets())).toEqual(['s']);
    await (await client.beginRecoverDeletedSecret('s')).pollUntilDone();
    expect((await client.getSecret('s')).value).toBe('two');
    expect(await namesOf(client.listPropertiesOfSecretVersions('s'))).toEqual(['s', 's']);
  });

  test('is gone for good when purged', async () => {
    const client = await clientOf();
    await client.setSecret('s', 'one');
    await expect(client.purgeDeletedSecret('s')).rejects.toEqual(error(404, 'SecretNotFound'));
    await (await client.beginDeleteSecret('s')).pollUntilDone();
    await client.purgeDeletedSecret('s');
    await expect(client.getDeletedSecret('s')).rejects.toEqual(error(404, 'SecretNotFound'));
    await client.setSecret('s', 'new');
    expect(await namesOf(client.listPropertiesOfSecretVersions('s'))).toEqual(['s']);
  });
});

describe('access', () => {
  test('is asked for by a challenge that names resource and tenant, once per client', async () => {
    const token = credential();
    const client = await clientOf(token);
    await client.setSecret('s', 'one');
    await client.getSecret('s');
    expect(token.asked).toEqual([{ scope: 'https://vault.azure.net/.default', tenantId: TENANT }]);
  });

  test.each([
    ['another resource', 'https://contoso.crm.dynamics.com/.default'],
    ['Freshet itself', 'freshet/.default'],
  ])('is not given by a token for %s', async (_, scope) => {
    const { getToken } = credential();
    const client = await clientOf({ getToken: () => getToken(scope) });
    await expect(client.getSecret('s')).rejects.toEqual(error(401, 'Unauthorized'));
  });

  test.each(['nonsense', 'e30.e30.e30'])('is not given by %s', async (token) => {
    const client = await clientOf({ getToken: async () => ({ token, expiresOnTimestamp: Date.now() + 60_000 }) });
    await expect(client.getSecret('s')).rejects.toEqual(error(401, 'Unauthorized'));
  });

  test('is given by any token when the vault knows no issuer', async () => {
    await vault.stop();
    vault = await startKeyVault({ port: 0, data: data() });
    const client = await clientOf({
      getToken: async () => ({ token: 'any', expiresOnTimestamp: Date.now() + 60_000 }),
    });
    await client.setSecret('s', 'one');
    expect((await client.getSecret('s')).value).toBe('one');
  });

  test('is undecided while the issuer does not answer', async () => {
    const token = credential();
    const client = await clientOf(token);
    const { port } = identity;
    const taken = await token.getToken('https://vault.azure.net/.default');
    await identity.stop();
    const offline = await clientOf({ getToken: async () => taken });
    await expect(offline.getSecret('s')).rejects.toEqual(error(503, 'ServiceUnavailable'));
    identity = await startIdentity({ port, data: path.join(folder, 'identity') });
    await client.setSecret('s', 'one');
  });
});

describe('the vault as a process', () => {
  const MAIN = 'local/key-vault/main.ts';
  let part: PartProcess;

  async function startProcess(): Promise<SecretClient> {
    part = await startPart(MAIN, ['--port', '0', '--data', data(), '--issuer', identity.issuer]);
    const [, port] = /ready on 127\.0\.0\.1:(\d+)/.exec(part.output()) ?? [];
    return clientOf(credential(), `https://127.0.0.1:${port}`);
  }

  test('has after a kill -9 all that it answered, and the same certificate', async () => {
    const authority = await readFile(vault.caFile, 'utf8');
    const first = await startProcess();
    const answered: string[] = [];
    const writers = [0, 1, 2].map(async (writer) => {
      for (let round = 0; ; round += 1) {
        await first.setSecret(`w${writer}-${round}`, `value ${writer} ${round}`);
        answered.push(`w${writer}-${round}`);
        if (answered.length === 20) await part.end('SIGKILL');
      }
    });
    await Promise.allSettled(writers);
    const second = await startProcess();
    const there = await namesOf(second.listPropertiesOfSecrets());
    expect(there).toEqual(expect.arrayContaining(answered));
    expect(await readFile(vault.caFile, 'utf8')).toBe(authority);
    expect(await part.end()).toBe(0);
  });

  test('writes no value to its log and lets nobody else read its files', async () => {
    const client = await startProcess();
    await client.setSecret('s', 'TOPSECRET');
    await expect(client.setSecret('a_b', 'TOPSECRET')).rejects.toThrow();
    await expect(client.setSecret('s', `TOPSECRET${'x'.repeat(30_000)}`)).rejects.toThrow();
    await client.getSecret('s');
    expect(await part.end()).toBe(0);
    expect(part.output()).not.toContain('TOPSECRET');
    const files = (await readdir(data())).filter((name) => name !== 'ca.pem');
    expect(files.sort()).toEqual(['secrets.json', 'tls.json']);
    for (const file of files) expect((await stat(path.join(data(), file))).mode & 0o077).toBe(0);
  });
});
