import { rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { BlobServiceClient, ContainerClient } from '@azure/storage-blob';
import { SignJWT } from 'jose';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { makeCertificates } from '../../local/key-vault/certificate.ts';
import { AzureBlobs } from '../../shared/platform/blobs/azure.ts';
import { MemoryBlobs } from '../../shared/platform/blobs/memory.ts';
import { systemClock } from '../../shared/platform/clock/system.ts';
import { startTestAzurite, type TestAzurite } from '../support/azurite.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { trust } from '../support/trust.ts';
import { bytes, describeBlobs } from './blobs.suite.ts';

describeBlobs('memory', async () => ({ blobs: new MemoryBlobs(systemClock), stop: async () => {} }));

let azurite: TestAzurite;
let overTls: TestAzurite;
let folder: string;

/** Two servers for all tests of this file: starting one takes seconds. The second takes bearer tokens, as Azure does. */
beforeAll(async () => {
  folder = await temporaryFolder('azurite');
  const { ca, certificate, key } = makeCertificates(new Date());
  const tls = { certificate: path.join(folder, 'certificate.pem'), key: path.join(folder, 'key.pem') };
  await Promise.all([writeFile(tls.certificate, certificate), writeFile(tls.key, key)]);
  trust(ca);
  [azurite, overTls] = await Promise.all([startTestAzurite(), startTestAzurite({ tls })]);
});
afterAll(async () => {
  await Promise.all([azurite?.stop(), overTls?.stop()]);
  await rm(folder, { recursive: true });
});

const byKey = () => new AzureBlobs(azurite, systemClock);
const byIdentity = () =>
  new AzureBlobs({ accountUrl: overTls.accountUrl, credential: { getToken: storageToken } }, systemClock);

describeBlobs('Azurite, by key', async () => ({ blobs: byKey(), stop: async () => {} }));
describeBlobs('Azurite, by identity', async () => ({ blobs: byIdentity(), stop: async () => {} }));

describe('blobs: Azurite, beyond the contract', () => {
  it('the content type is kept', async () => {
    await byKey().put('typed', 'a.json', bytes('{}'), 'application/json');
    const service = BlobServiceClient.fromConnectionString(azurite.connectionString);
    const { contentType } = await service.getContainerClient('typed').getBlobClient('a.json').getProperties();
    expect(contentType).toBe('application/json');
  });

  describe.each([
    ['by key', byKey],
    ['by identity', byIdentity],
  ])('the read URL %s', (_, make) => {
    it('lets an unmodified client read and list the container', async () => {
      const blobs = make();
      await blobs.put('shown', 'failurelog/one.log', bytes('line'));
      const client = new ContainerClient(await blobs.readUrl('shown', 60_000));
      const names = [];
      for await (const { name } of client.listBlobsFlat()) names.push(name);
      expect(names).toEqual(['failurelog/one.log']);
      expect((await client.getBlobClient('failurelog/one.log').downloadToBuffer()).toString()).toBe('line');
    });

    it('lets nobody write, remove, or see another container', async () => {
      const blobs = make();
      await blobs.put('closed', 'x', bytes('x'));
      await blobs.put('other', 'x', bytes('x'));
      const url = await blobs.readUrl('closed', 60_000);
      const client = new ContainerClient(url, undefined, ONE_TRY);
      const denied = { statusCode: 403 };
      await expect(client.uploadBlockBlob('y', 'y', 1)).rejects.toMatchObject(denied);
      await expect(client.deleteBlob('x')).rejects.toMatchObject(denied);
      await expect(client.delete()).rejects.toMatchObject(denied);
      const elsewhere = new ContainerClient(url.replace('/closed?', '/other?'), undefined, ONE_TRY);
      await expect(elsewhere.getBlobClient('x').download()).rejects.toMatchObject(denied);
    });

    it('ends after its time, and after 24 hours at the latest', async () => {
      const blobs = make();
      const now = Date.now();
      const endOf = (url: string) => Date.parse(new URL(url).searchParams.get('se') ?? '');
      expect(Math.abs(endOf(await blobs.readUrl('shown', 3_600_000)) - now - 3_600_000)).toBeLessThan(5_000);
      expect(endOf(await blobs.readUrl('shown', 7 * 86_400_000)) - now).toBeLessThan(86_400_000 + 5_000);
    });
  });

  it('the read URL is for https alone where the storage is', async () => {
    expect(new URL(await byIdentity().readUrl('shown', 60_000)).searchParams.get('spr')).toBe('https');
  });

  it('a read URL whose time is over opens nothing', async () => {
    await byKey().put('over', 'x', bytes('x'));
    const client = new ContainerClient(await byKey().readUrl('over', -60_000), undefined, ONE_TRY);
    await expect(client.getBlobClient('x').download()).rejects.toMatchObject({ statusCode: 403 });
  });

  it.each([
    ['nonsense', 'it is not a connection string'],
    [`BlobEndpoint=https://a.blob.core.windows.net;SharedAccessSignature=sv=2024&sig=abc`, 'it holds no account key'],
  ])('the connection string %j is refused without being repeated', (connectionString, reason) => {
    const make = () => new AzureBlobs({ connectionString }, systemClock);
    expect(make).toThrow(
      expect.objectContaining({ code: 'SETTING_INVALID', values: expect.objectContaining({ reason }) }),
    );
  });
});

/** Azurite reads the claims and does not check the signature. */
async function storageToken() {
  const token = await new SignJWT({
    oid: 'ab7501c2-0000-4000-8000-000000000003',
    tid: '0b8d6c5e-2f61-4a0e-8a6c-3a1c9f6d7e02',
  })
    .setProtectedHeader({ alg: 'HS256' })
    .setIssuer('https://sts.windows.net/0b8d6c5e-2f61-4a0e-8a6c-3a1c9f6d7e02/')
    .setAudience('https://storage.azure.com')
    .setIssuedAt()
    .setNotBefore('0s')
    .setExpirationTime('1h')
    .sign(new Uint8Array(32));
  return { token, expiresOnTimestamp: Date.now() + 3_600_000 };
}

const ONE_TRY = { retryOptions: { maxTries: 1 } };
