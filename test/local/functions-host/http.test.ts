import http from 'node:http';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { open, seenOf } from './app/probe.ts';
import { startTestHost, type TestHost, waitFor } from './support.ts';

let host: TestHost;

beforeAll(async () => {
  host = await startTestHost();
});
afterAll(() => host.stop());

interface Echo {
  method: string;
  url: string;
  headers: Record<string, string>;
  query: Record<string, string>;
  params: Record<string, string>;
  body: string;
}

async function echo(method: string, route: string, init?: RequestInit): Promise<Echo> {
  return JSON.parse((await host.call(method, route, init)).text);
}

/** A request with headers and chunks as fetch would not send them. */
function raw(options: http.RequestOptions, chunks: readonly string[] = []): Promise<{ status: number; text: string }> {
  return new Promise((resolve, reject) => {
    const request = http.request({ host: '127.0.0.1', port: host.port, ...options }, (response) => {
      let text = '';
      response.setEncoding('utf8').on('data', (part: string) => {
        text += part;
      });
      response.on('end', () => resolve({ status: response.statusCode ?? 0, text }));
    });
    request.on('error', reject);
    for (const chunk of chunks) request.write(chunk);
    request.end();
  });
}

describe('a request as the handler sees it', () => {
  it('has method, address, parameters and body', async () => {
    const seen = await echo('PUT', 'echo/7?x=1', { body: 'text', headers: { 'content-type': 'text/plain' } });
    expect(seen).toMatchObject({ method: 'PUT', params: { id: '7' }, query: { x: '1' }, body: 'text' });
    expect(seen.url).toBe(`${host.origin}/echo/7?x=1`);
    expect(seen.headers['content-type']).toBe('text/plain');
  });

  it('joins repeated query keys and headers by commas', async () => {
    const headers = { 'X-Many': ['a', 'b'], Cookie: ['c=1', 'd=2'] };
    const { text } = await raw({ path: '/echo?q=1&q=2&r=3', headers });
    const seen: Echo = JSON.parse(text);
    expect(seen.query).toEqual({ q: '1,2', r: '3' });
    expect(seen.headers['x-many']).toBe('a,b');
    expect(seen.headers.cookie).toBe('c=1; d=2');
  });

  it('has a chunked body in one piece', async () => {
    const { text } = await raw({ path: '/echo', method: 'POST' }, ['one ', 'two']);
    expect((JSON.parse(text) as Echo).body).toBe('one two');
  });

  it('has no optional parameter that the path leaves out', async () => {
    expect((await echo('GET', 'echo')).params).toEqual({});
    expect((await echo('GET', 'echo/')).params).toEqual({});
  });

  it('has decoded parameters, slashes included', async () => {
    expect((await echo('GET', 'echo/a%20b%2Fc')).params).toEqual({ id: 'a b/c' });
    const { text } = await host.call('GET', 'files/a/b%20c.txt');
    expect(JSON.parse(text)).toEqual({ rest: 'a/b c.txt' });
  });

  it('carries bytes unchanged, both ways', async () => {
    const bytes = Uint8Array.from({ length: 256 }, (_, index) => index);
    const response = await fetch(`${host.origin}/bytes`, { method: 'POST', body: bytes });
    expect(new Uint8Array(await response.arrayBuffer())).toEqual(bytes.reverse());
  });
});

describe('routes', () => {
  it('prefer literal segments, then parameters with a constraint, then others', async () => {
    const bodies = async (...routes: string[]) =>
      Promise.all(routes.map(async (route) => (await host.call('GET', route)).text));
    expect(await bodies('echo/fixed', 'typed/12', 'typed/0f8fad5b-d9cb-469f-a165-70867728950e', 'typed/x')).toEqual([
      'fixed',
      'number',
      'guid',
      'name',
    ]);
  });

  it('that no function has are answered with 404', async () => {
    expect((await host.call('GET', 'nowhere')).response.status).toBe(404);
  });

  it('are answered with 405 and the methods that would do', async () => {
    const { response } = await host.call('PATCH', 'echo/1');
    expect(response.status).toBe(405);
    expect(response.headers.get('allow')).toBe('GET, POST, PUT, DELETE');
  });

  it('with authLevel function open with the function key or the master key, as query or header', async () => {
    const status = async (query: string, headers = {}) =>
      (await host.call('GET', `withKey${query}`, { headers })).response.status;
    const { functionKey, masterKey, systemKey } = host.keys;
    expect(await status('')).toBe(401);
    expect(await status('?code=wrong')).toBe(401);
    expect(await status(`?code=${systemKey}`)).toBe(401);
    expect(await status(`?code=${functionKey}`)).toBe(200);
    expect(await status('', { 'x-functions-key': masterKey })).toBe(200);
  });

  it('with authLevel admin open with the master key alone', async () => {
    const status = async (key: string) => (await host.call('GET', `forMaster?code=${key}`)).response.status;
    expect(await status(host.keys.functionKey)).toBe(401);
    expect(await status(host.keys.masterKey)).toBe(200);
  });
});

describe('an answer', () => {
  it('has status, headers and body of the handler', async () => {
    const { response, text } = await host.call('GET', 'teapot');
    expect([response.status, response.headers.get('x-kind'), text]).toEqual([418, 'pot', 'short and stout']);
  });

  it('has cookies with their attributes', async () => {
    const { response } = await host.call('GET', 'cookies');
    expect(response.headers.getSetCookie()).toEqual([
      'plain=a%20b; path=/',
      'full=1; expires=Fri, 02 Jan 1970 00:00:00 GMT; max-age=60; path=/x; secure; samesite=none; httponly',
    ]);
  });

  it('is 204 when the handler returns nothing', async () => {
    expect((await host.call('GET', 'nothing')).response.status).toBe(204);
  });

  it('is 500 without a word about the cause when the handler throws, and the log has it', async () => {
    const { response, text } = await host.call('GET', 'boom');
    expect([response.status, text]).toEqual([500, '']);
    expect(JSON.stringify([...response.headers])).not.toContain('swordfish');
    const lines = host.lines.filter((line) => line.includes('swordfish'));
    expect(lines).toHaveLength(1);
    expect(lines[0]).toMatch(/ error {7}boom [0-9a-f-]{36} Error: the password is swordfish\\n/);
  });

  it('is 500 when the handler returns something that is no response', async () => {
    expect((await host.call('GET', 'wrongResult')).response.status).toBe(500);
  });
});

describe('the server', () => {
  it('keeps the connection for the next request', async () => {
    const agent = new http.Agent({ keepAlive: true, maxSockets: 1 });
    await raw({ path: '/echo', agent });
    await raw({ path: '/echo', agent });
    const sockets = Object.values(agent.freeSockets).flat();
    expect(sockets).toHaveLength(1);
    agent.destroy();
  });

  it('refuses a body above 100 MB before it is sent', async () => {
    const headers = { 'content-length': 104_857_601, expect: '100-continue' };
    const status = await new Promise((resolve, reject) => {
      const request = http.request({ host: '127.0.0.1', port: host.port, path: '/echo', method: 'POST', headers });
      request.on('response', (response) => {
        resolve(response.statusCode);
        request.destroy();
      });
      request.on('error', reject);
      request.flushHeaders();
    });
    expect(status).toBe(413);
  });

  it('serves many requests at once', async () => {
    const many = await Promise.all(Array.from({ length: 200 }, (_, index) => echo('GET', `echo/${index}`)));
    expect(many.map(({ params }) => Number(params.id))).toEqual(many.map((_, index) => index));
  });
});

describe('logs and hooks', () => {
  it('write one line per message with level, function and invocation; hooks may change it', async () => {
    await host.call('GET', 'talks');
    const lines = host.lines.filter((line) => line.includes(' talks '));
    expect(lines.map((line) => line.split(' ').slice(1).filter(Boolean).slice(0, 2).join(' '))).toEqual([
      'information talks',
      'warning talks',
      'information talks',
    ]);
    expect(lines[0]).toMatch(/two\\nlines$/);
    expect(lines[2]).toMatch(/changed by a hook$/);
    const ids = lines.map((line) => /[0-9a-f-]{36}/.exec(line)?.[0]);
    expect(new Set(ids).size).toBe(1);
  });

  it('let hooks replace inputs and result of an invocation', async () => {
    expect((await host.call('GET', 'hooked')).text).toBe('replaced result');
    expect(seenOf('post')).toEqual([{ began: true, result: { body: 'replaced input' } }]);
  });
});

describe('a stop (last: the host is gone after it)', () => {
  it('lets running requests end, refuses new ones, runs the terminate hooks and comes back with the same app', async () => {
    const running = host.call('GET', 'slow');
    await waitFor(() => host.worker.running === 1);
    const stopping = host.stop();
    expect((await host.call('GET', 'teapot')).response.status).toBe(503);
    expect(seenOf('hook')).not.toContain('appTerminate');
    open('slow');
    expect((await running).text).toBe('done');
    await stopping;
    expect(seenOf('hook')).toEqual(['appStart', 'appTerminate']);
    await expect(host.call('GET', 'echo')).rejects.toThrow();
    host = await startTestHost();
    expect((await host.call('GET', 'teapot')).response.status).toBe(418);
  });
});
