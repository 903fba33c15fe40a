import { once } from 'node:events';
import { createServer, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { until } from '../../../../local/support/until.ts';
import { AzureBlobs } from '../../../../shared/platform/blobs/azure.ts';
import { VirtualClock } from '../../../../shared/platform/clock/virtual.ts';

/** What real storage does too seldom for a test: answers from a server of our own. */
describe('AzureBlobs', () => {
  let server: Server;
  let blobs: AzureBlobs;
  let clock: VirtualClock;
  /** What was asked for. */
  let requests: URL[];
  let answer: (response: ServerResponse) => void;
  beforeEach(async () => {
    requests = [];
    server = createServer((request, response) => {
      requests.push(new URL(request.url ?? '', 'http://127.0.0.1'));
      answer(response);
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}/account`;
    const connectionString = `DefaultEndpointsProtocol=http;AccountName=account;AccountKey=a2V5;BlobEndpoint=${endpoint}`;
    clock = new VirtualClock();
    blobs = new AzureBlobs({ connectionString }, clock);
  });
  afterEach(() => {
    server.closeAllConnections();
    server.close();
  });

  it('goes on listing until the service names no further answer', async () => {
    answer = (response) => {
      const page = requests.length === 1 ? listing('first', 'more/of it') : listing('second', '');
      response.setHeader('content-type', 'application/xml').end(page);
    };
    const names = [];
    for await (const { name } of blobs.list('container')) names.push(name);
    expect(names).toEqual(['first', 'second']);
    expect(requests.map(({ searchParams }) => searchParams.get('marker'))).toEqual([null, 'more/of it']);
  });

  it('repeats a request whose connection broke', async () => {
    answer = (response) =>
      requests.length === 1 ? response.destroy() : response.setHeader('etag', '0x1').end('content');
    expect(Buffer.from((await blobs.get('container', 'blob')) ?? []).toString()).toBe('content');
  });

  it('repeats it once and no more', async () => {
    answer = (response) => response.destroy();
    await expect(blobs.get('container', 'blob')).rejects.toMatchObject({ code: 'STORAGE_UNAVAILABLE' });
    expect(requests).toHaveLength(2);
  });

  it('gives up on a service that takes the request and never answers', async () => {
    answer = () => {};
    const outcome = expect(blobs.get('container', 'blob')).rejects.toMatchObject({
      code: 'STORAGE_UNAVAILABLE',
      values: { reason: 'no answer within 60000 ms' },
    });
    await until(() => requests.length > 0, 5_000);
    await clock.advance(60_000);
    await outcome;
  });
});

const listing = (name: string, nextMarker: string) =>
  `<?xml version="1.0" encoding="utf-8"?><EnumerationResults><Blobs><Blob><Name>${name}</Name><Properties>
  <Last-Modified>Mon, 01 Jun 2026 10:00:00 GMT</Last-Modified><Etag>0x1</Etag><Content-Length>1</Content-Length>
  </Properties></Blob></Blobs><NextMarker>${nextMarker}</NextMarker></EnumerationResults>`;
