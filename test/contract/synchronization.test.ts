import { createServer } from 'node:http';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { close, listen } from '../../local/support/http.ts';
import { until } from '../../local/support/until.ts';
import { startSynchronization } from '../../local/synchronization/synchronization.ts';
import { systemClock } from '../../shared/platform/clock/system.ts';
import { HttpSynchronization } from '../../shared/platform/synchronization/http.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const synchronization = new HttpSynchronization({ fetch: globalThis.fetch, clock: systemClock });
const request = { id: 'operation-1', environmentId: 'uat', databases: ['uat_axdb', 'uat_financialreporting'] };
const WITHIN_MS = 5_000;

describe('a database synchronization over HTTP', () => {
  let service: Awaited<ReturnType<typeof startSynchronization>>;
  let works = true;
  let runs = 0;
  const url = () => `http://127.0.0.1:${service.port}/environments/uat/synchronization`;

  beforeEach(async () => {
    [works, runs] = [true, 0];
    service = await startSynchronization({
      port: 0,
      data: await temporaryFolder('synchronization'),
      async execute() {
        runs += 1;
        if (!works) throw new Error('a column cannot be made');
      },
    });
  });
  afterEach(() => service.stop());

  const ended = () =>
    until(async () => (await synchronization.progress(url(), request.id)).status !== 'running', WITHIN_MS);

  it('is begun once, however often it is asked for', async () => {
    await synchronization.begin(url(), request);
    await synchronization.begin(url(), request);
    expect(await ended()).toBe(true);
    await synchronization.begin(url(), request);
    expect(await synchronization.progress(url(), request.id)).toEqual({ status: 'succeeded', text: '' });
    expect(runs).toBe(1);
  });

  it('that failed tells why', async () => {
    works = false;
    await synchronization.begin(url(), request);
    expect(await ended()).toBe(true);
    expect(await synchronization.progress(url(), request.id)).toEqual({
      status: 'failed',
      text: 'a column cannot be made',
    });
  });

  it('that nobody asked for is refused', async () => {
    await expect(synchronization.progress(url(), 'other')).rejects.toMatchObject({ code: 'SYNCHRONIZATION_REFUSED' });
  });
});

describe('an environment that answers otherwise', () => {
  let answer: { status: number; body: string } = { status: 200, body: '' };
  const asked: string[] = [];
  const server = createServer((incoming, response) => {
    asked.push(`${incoming.method} ${incoming.url}`);
    response.writeHead(answer.status).end(answer.body);
  });
  let origin = '';
  beforeEach(async () => {
    asked.length = 0;
    origin = `http://127.0.0.1:${await listen(server, 0)}`;
  });
  afterEach(() => close(server));

  it.each([429, 500, 503])('with %i is tried again', async (status) => {
    answer = { status, body: '' };
    await expect(synchronization.begin(origin, request)).rejects.toMatchObject({ code: 'SYNCHRONIZATION_UNAVAILABLE' });
  });

  it.each([
    { status: 404, body: '' },
    { status: 200, body: 'not JSON' },
    { status: 200, body: '{"Status":"Later"}' },
  ])('with $status $body is refused', async (given) => {
    answer = given;
    await expect(synchronization.progress(origin, 'a')).rejects.toMatchObject({ code: 'SYNCHRONIZATION_REFUSED' });
  });

  it('keeps the key that its address carries, and never sees an id become a path', async () => {
    answer = { status: 200, body: '{"Status":"Completed","Message":null}' };
    await synchronization.progress(`${origin}/api/synchronize?code=key`, 'a/../b');
    expect(asked).toEqual(['GET /api/synchronize/a%2F..%2Fb?code=key']);
  });

  it('with nothing at all is tried again', async () => {
    await close(server);
    await expect(synchronization.begin(origin, request)).rejects.toMatchObject({ code: 'SYNCHRONIZATION_UNAVAILABLE' });
    await listen(server, 0);
  });
});
