import { app, type HttpRequest, type HttpResponseInit } from '@azure/functions';
import { waitAt } from './probe.ts';

async function describe(request: HttpRequest) {
  return {
    jsonBody: {
      method: request.method,
      url: request.url,
      headers: Object.fromEntries(request.headers),
      query: Object.fromEntries(request.query),
      params: request.params,
      body: await request.text(),
    },
  };
}

app.http('echo', { route: 'echo/{id?}', methods: ['GET', 'POST', 'PUT', 'DELETE'], handler: describe });
app.get('fixed', { route: 'echo/fixed', handler: () => ({ body: 'fixed' }) });
app.get('byNumber', { route: 'typed/{value:int}', handler: () => ({ body: 'number' }) });
app.get('byGuid', { route: 'typed/{value:guid}', handler: () => ({ body: 'guid' }) });
app.get('byName', { route: 'typed/{value}', handler: () => ({ body: 'name' }) });
app.get('files', { route: 'files/{*rest}', handler: (request) => ({ jsonBody: request.params }) });
app.post('bytes', {
  handler: async (request) => ({ body: new Uint8Array(await request.arrayBuffer()).reverse() }),
});
app.get('cookies', {
  handler: (): HttpResponseInit => ({
    cookies: [
      { name: 'plain', value: 'a b' },
      {
        name: 'full',
        value: '1',
        path: '/x',
        expires: new Date(86_400_000),
        maxAge: 60,
        secure: true,
        httpOnly: true,
        sameSite: 'None',
      },
    ],
  }),
});
app.get('teapot', { handler: () => ({ status: 418, headers: { 'x-kind': 'pot' }, body: 'short and stout' }) });
app.get('nothing', { handler: () => undefined as never });
app.get('boom', {
  handler: () => {
    throw new Error('the password is swordfish');
  },
});
app.get('wrongResult', { handler: () => 'not an object' as never });
app.get('withKey', { authLevel: 'function', handler: () => ({ body: 'open' }) });
app.get('forMaster', { authLevel: 'admin', handler: () => ({ body: 'open' }) });
app.get('talks', {
  handler: (_, context) => {
    context.log('two\nlines');
    context.warn('careful');
    context.log('to be changed');
    context.debug('not shown');
    return {};
  },
});
app.get('hangs', {
  handler: async () => {
    await waitAt('hangs');
    return {};
  },
});
app.get('slow', {
  handler: async () => {
    await waitAt('slow');
    return { body: 'done' };
  },
});
