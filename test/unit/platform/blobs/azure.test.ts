import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { until } from '../../../../local/support/until.ts';
import { AzureBlobs } from '../../../../shared/platform/blobs/azure.ts';
import { VirtualClock } from '../../../../shared/platform/clock/virtual.ts';

/** What real storage does too seldom for a test: answers from a server of our own. */
describe('AzureBlobs', () => {
  let server: Server;
  afterEach(() => {
    server.closeAllConnections();
    server.close();
  });

  it('goes on listing until the service names no further answer', async () => {
    const markers: (string | null)[] = [];
    const blobs = await storage((url) => {
      markers.push(url.searchParams.get('marker'));
      return markers.length === 1 ? listing('first', 'more/of it') : listing('second', '');
    });
    const names = [];
    for await (const { name } of blobs.list('container')) names.push(name);
    expect(names).toEqual(['first', 'second']);
    expect(markers).toEqual([null, 'more/of it']);
  });

  it('gives up on a service that takes the request and never answers', async () => {
    const clock = new VirtualClock();
    let asked = 0;
    const blobs = await storage(() => {
      asked += 1;
      return null;
    }, clock);
    const reading = blobs.get('container', 'blob');
    const outcome = expect(reading).rejects.toMatchObject({
      code: 'STORAGE_UNAVAILABLE',
      values: { reason: 'no answer within 60000 ms' },
    });
    await until(() => asked > 0, 5_000);
    await clock.advance(60_000);
    await outcome;
  });

  async function storage(answer: (url: URL) => string | null, clock = new VirtualClock()): Promise<AzureBlobs> {
    server = createServer((request, response) => {
      const body = answer(new URL(request.url ?? '', 'http://127.0.0.1'));
      if (body !== null) response.setHeader('content-type', 'application/xml').end(body);
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    const endpoint = `http://127.0.0.1:${port}/account`;
    const connectionString = `DefaultEndpointsProtocol=http;AccountName=account;AccountKey=a2V5;BlobEndpoint=${endpoint}`;
    return new AzureBlobs({ connectionString }, clock);
  }
});

const listing = (name: string, nextMarker: string) =>
  `<?xml version="1.0" encoding="utf-8"?><EnumerationResults><Blobs><Blob><Name>${name}</Name><Properties>
  <Last-Modified>Mon, 01 Jun 2026 10:00:00 GMT</Last-Modified><Etag>0x1</Etag><Content-Length>1</Content-Length>
  </Properties></Blob></Blobs><NextMarker>${nextMarker}</NextMarker></EnumerationResults>`;
