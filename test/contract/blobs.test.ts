import { BlobServiceClient, ContainerClient } from '@azure/storage-blob';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { AzureBlobs } from '../../shared/platform/blobs/azure.ts';
import { MemoryBlobs } from '../../shared/platform/blobs/memory.ts';
import { systemClock } from '../../shared/platform/clock/system.ts';
import { startTestAzurite, type TestAzurite } from '../support/azurite.ts';
import { bytes, describeBlobs } from './blobs.suite.ts';

describeBlobs('memory', async () => ({ blobs: new MemoryBlobs(systemClock), stop: async () => {} }));

describeBlobs('Azurite', async () => {
  const azurite = await startTestAzurite();
  return { blobs: new AzureBlobs(azurite, systemClock), stop: azurite.stop };
});

describe('blobs: Azurite, beyond the contract', () => {
  let azurite: TestAzurite;
  let blobs: AzureBlobs;
  beforeAll(async () => {
    azurite = await startTestAzurite();
    blobs = new AzureBlobs(azurite, systemClock);
  });
  afterAll(() => azurite?.stop());

  it('the content type is kept', async () => {
    await blobs.put('typed', 'a.json', bytes('{}'), 'application/json');
    const service = BlobServiceClient.fromConnectionString(azurite.connectionString);
    const { contentType } = await service.getContainerClient('typed').getBlobClient('a.json').getProperties();
    expect(contentType).toBe('application/json');
  });

  describe('the read URL', () => {
    it('lets an unmodified client read and list the container', async () => {
      await blobs.put('shown', 'failurelog/one.log', bytes('line'));
      const client = new ContainerClient(await blobs.readUrl('shown', 60_000));
      const names = [];
      for await (const { name } of client.listBlobsFlat()) names.push(name);
      expect(names).toEqual(['failurelog/one.log']);
      expect((await client.getBlobClient('failurelog/one.log').downloadToBuffer()).toString()).toBe('line');
    });

    it('lets nobody write, remove, or see another container', async () => {
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
      const now = Date.now();
      const anHour = new URL(await blobs.readUrl('shown', 3_600_000)).searchParams.get('se') ?? '';
      expect(Math.abs(Date.parse(anHour) - now - 3_600_000)).toBeLessThan(2_000);
      const aWeek = new URL(await blobs.readUrl('shown', 7 * 86_400_000)).searchParams.get('se') ?? '';
      expect(Date.parse(aWeek) - now).toBeLessThan(86_400_000 + 2_000);
      const over = new ContainerClient(await blobs.readUrl('shown', -60_000), undefined, ONE_TRY);
      await expect(over.getBlobClient('failurelog/one.log').download()).rejects.toMatchObject({ statusCode: 403 });
    });
  });

  it('storage that is away is STORAGE_UNAVAILABLE within seconds, and is used again when it is back', async () => {
    const brief = await startTestAzurite();
    const port = Number(new URL(brief.accountUrl).port);
    const used = new AzureBlobs(brief, systemClock);
    await used.put('brief', 'x', bytes('x'));
    await brief.stop();
    const asked = performance.now();
    await expect(used.get('brief', 'x')).rejects.toMatchObject({ code: 'STORAGE_UNAVAILABLE' });
    await expect(used.put('brief', 'x', bytes('x'))).rejects.toMatchObject({ code: 'STORAGE_UNAVAILABLE' });
    expect(performance.now() - asked).toBeLessThan(5_000);
    const back = await startTestAzurite({ port });
    await used.put('brief', 'x', bytes('again'));
    await back.stop();
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

const ONE_TRY = { retryOptions: { maxTries: 1 } };
