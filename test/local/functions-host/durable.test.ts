import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { open, seenOf } from './app/probe.ts';
import { Orchestrations, startTestHost, type TestHost, waitFor } from './support.ts';

let host: TestHost;
let orchestrations: Orchestrations;

beforeAll(async () => {
  host = await startTestHost();
  orchestrations = new Orchestrations(host.origin, host.keys.systemKey);
});
afterAll(() => host.stop());

describe('an orchestration', () => {
  it('ends with its output and its input is kept', async () => {
    const status = await orchestrations.run('echoOnce', 'once', { a: 1 });
    expect(status).toMatchObject({
      name: 'echoOnce',
      runtimeStatus: 'Completed',
      input: { a: 1 },
      output: { got: { a: 1 }, type: 'object' },
    });
  });

  it('hands activities their inputs as the real host does, booleans as texts', async () => {
    const { output } = await orchestrations.run('kinds', 'kinds');
    expect(output).toEqual([
      { got: 'text', type: 'string' },
      { got: '123', type: 'string' },
      { got: 5, type: 'number' },
      { got: 'True', type: 'string' },
      { got: 'undefined', type: 'undefined' },
      { got: 'undefined', type: 'undefined' },
      { got: { a: [1] }, type: 'object' },
    ]);
    expect(seenOf('say')).toContainEqual({ value: 'text', instance: 'kinds' });
  });

  it('retries an activity and goes on with its result', async () => {
    expect((await orchestrations.run('retries', 'retry-2', { times: 2 })).output).toEqual({ failed: 2 });
  });

  it('sees the last failure when the attempts are used up', async () => {
    const { output } = await orchestrations.run('retries', 'retry-9', { times: 9 });
    expect(output).toEqual({ caught: expect.stringContaining("Activity function 'flaky' failed: failure 3") });
  });

  it('that throws has failed, with the reason, and keeps its custom status', async () => {
    const status = await orchestrations.run('fails', 'fails');
    expect(status).toMatchObject({ runtimeStatus: 'Failed', customStatus: { step: 'before' } });
    expect(status.output).toMatch(/^Orchestrator function 'fails' failed: Activity function 'flaky' failed: failure 1/);
  });

  it('that throws an empty error has failed too, instead of hanging', async () => {
    expect((await orchestrations.run('failsSilently', 'silent')).runtimeStatus).toBe('Failed');
  });

  it('runs at most as many activities side by side as host.json allows', async () => {
    await orchestrations.start('fanOut', 'fan', { count: 8, door: 'fan' });
    await waitFor(() => seenOf('gate').length === 3);
    open('fan');
    expect((await orchestrations.over('fan')).output).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
    expect(Math.max(...seenOf('gate').map((value) => (value as { mostActive: number }).mostActive))).toBe(3);
  });

  it('waits for a timer, and its clock is not before it', async () => {
    const before = Date.now();
    const { output } = await orchestrations.run('sleeps', 'sleeps', { ms: 80 });
    expect(Date.parse(String(output))).toBeGreaterThanOrEqual(before + 80);
  });

  it('takes the event and is over at once, its timer cancelled', async () => {
    await orchestrations.start('approval', 'approved');
    expect(await orchestrations.raise('approved', 'Approval', { by: 'me' })).toBe(202);
    expect((await orchestrations.over('approved')).output).toEqual({ approved: { by: 'me' } });
  });

  it('that lost its event to the timer says so', async () => {
    expect((await orchestrations.run('approval', 'late', { ms: 30 })).output).toBe('too late');
  });

  it('is not over while a timer it left is open', async () => {
    await orchestrations.start('leavesTimer', 'left', { ms: 400 });
    await orchestrations.raise('left', 'Go');
    const began = Date.now();
    expect((await orchestrations.over('left')).output).toBe('done');
    expect(Date.now() - began).toBeGreaterThan(200);
  });

  it('keeps an event that comes before anybody waits for it', async () => {
    await orchestrations.start('collects', 'early');
    await orchestrations.raise('early', 'Two', 2);
    await orchestrations.raise('early', 'One', 1);
    expect((await orchestrations.over('early')).output).toEqual([1, 2]);
  });

  it('starts over when it continues as new, with the events nobody took', async () => {
    await orchestrations.start('counts', 'counts', 0);
    for (let tick = 0; tick < 4; tick += 1) await orchestrations.raise('counts', 'Tick', tick);
    const status = await orchestrations.over('counts');
    expect(status).toMatchObject({ input: 3, output: { count: 3 } });
  });

  it('tells its custom status while it runs', async () => {
    await orchestrations.start('toldStatus', 'told');
    await orchestrations.until('told', ({ customStatus }) => JSON.stringify(customStatus) === '{"step":"waiting"}');
    await orchestrations.raise('told', 'Go');
    expect(await orchestrations.over('told')).toMatchObject({ customStatus: { step: 'done' } });
  });

  it.each([
    ['callsHttp', 'CallHttp is not supported by the local host'],
    ['callsEntity', 'CallEntity is not supported by the local host'],
    ['callsUnknown', "The function 'noSuchActivity' doesn't exist"],
  ])('%s fails with a message that says why', async (name, message) => {
    const status = await orchestrations.run(name, name);
    expect(status.runtimeStatus).toBe('Failed');
    expect(status.output).toContain(message);
  });
});

describe('a sub-orchestration', () => {
  it('has its input and its parent, and gives back its output', async () => {
    const { output } = await orchestrations.run('parent', 'family', { child: 'child' });
    expect(output).toEqual({ result: { got: { got: { parent: 'family' }, type: 'object' }, parent: 'family' } });
    expect((await orchestrations.status('family-child')).runtimeStatus).toBe('Completed');
  });

  it('that fails can be caught by its parent', async () => {
    const { output } = await orchestrations.run('parent', 'sad', { child: 'fails' });
    expect(output).toEqual({ caught: expect.stringContaining("Orchestrator function 'fails' failed") });
  });

  it('is retried under the same id', async () => {
    const status = await orchestrations.run('retriesChild', 'again', { times: 2 });
    expect(status.output).toEqual({ failed: 2 });
  });

  it('with the id of one that runs fails at once', async () => {
    await orchestrations.start('toldStatus', 'taken-child');
    const { output } = await orchestrations.run('parent', 'taken', { child: 'child' });
    expect(output).toEqual({ caught: expect.stringContaining("id 'taken-child' is running already") });
  });

  it('that is terminated fails for its parent', async () => {
    await orchestrations.start('parent', 'robbed', { child: 'toldStatus' });
    await orchestrations.until('robbed-child', ({ runtimeStatus }) => runtimeStatus === 'Running');
    await orchestrations.webhook('POST', 'instances/robbed-child/terminate', 'reason=enough');
    const { output } = await orchestrations.over('robbed');
    expect(output).toEqual({ caught: expect.stringContaining('terminated: enough') });
  });
});

describe('managing an instance', () => {
  const post = (id: string, operation: string) =>
    orchestrations.webhook('POST', `instances/${id}/${operation}`, 'reason=because');

  it('starting an id that runs is refused, one that is over may be used again', async () => {
    expect(await orchestrations.start('toldStatus', 'twice')).toBe(202);
    const again = await orchestrations.webhook('POST', 'orchestrators/toldStatus/twice');
    expect(again.status).toBe(409);
    await orchestrations.raise('twice', 'Go');
    await orchestrations.over('twice');
    expect((await orchestrations.run('echoOnce', 'twice', 1)).output).toMatchObject({ got: 1 });
  });

  it('an unknown orchestrator is refused', async () => {
    const response = await orchestrations.webhook('POST', 'orchestrators/noSuchThing');
    expect(response.status).toBe(400);
    expect(await response.text()).toContain('noSuchThing');
  });

  it('a start without an id makes one and tells where to look', async () => {
    const response = await orchestrations.webhook('POST', 'orchestrators/echoOnce', '', { body: '"x"' });
    const urls = (await response.json()) as { id: string; statusQueryGetUri: string };
    expect(response.headers.get('location')).toBe(urls.statusQueryGetUri);
    expect((await orchestrations.over(urls.id)).output).toMatchObject({ got: 'x' });
    expect((await fetch(urls.statusQueryGetUri)).status).toBe(200);
  });

  it('terminate ends it with the reason as output; what was open counts no more', async () => {
    await orchestrations.start('approval', 'ended');
    expect((await post('ended', 'terminate')).status).toBe(202);
    expect(await orchestrations.status('ended')).toMatchObject({ runtimeStatus: 'Terminated', output: 'because' });
    expect(await orchestrations.raise('ended', 'Approval')).toBe(410);
    expect((await orchestrations.status('ended')).runtimeStatus).toBe('Terminated');
  });

  it('suspend holds it, events are kept, resume lets it go on', async () => {
    await orchestrations.start('approval', 'held');
    await orchestrations.until('held', ({ runtimeStatus }) => runtimeStatus === 'Running');
    expect((await post('held', 'suspend')).status).toBe(202);
    expect(await orchestrations.raise('held', 'Approval', 7)).toBe(202);
    await orchestrations.run('echoOnce', 'meanwhile');
    expect((await orchestrations.status('held')).runtimeStatus).toBe('Suspended');
    expect((await post('held', 'resume')).status).toBe(202);
    expect((await orchestrations.over('held')).output).toEqual({ approved: 7 });
  });

  it('operations on what is not there are answered with 404, rewind with 501', async () => {
    for (const operation of ['terminate', 'suspend', 'resume', 'raiseEvent/E']) {
      expect((await post('nobody', operation)).status).toBe(404);
    }
    expect((await orchestrations.webhook('GET', 'instances/nobody')).status).toBe(404);
    expect((await post('once', 'rewind')).status).toBe(501);
  });

  it('an event that is no JSON is refused', async () => {
    await orchestrations.start('toldStatus', 'picky');
    const response = await orchestrations.webhook('POST', 'instances/picky/raiseEvent/Go', '', { body: '{' });
    expect(response.status).toBe(400);
  });

  it('purge removes what is over, never what runs', async () => {
    const purge = async (id: string) => {
      const response = await orchestrations.webhook('DELETE', `instances/${id}`);
      return response.status === 404 ? 404 : ((await response.json()) as { instancesDeleted: number }).instancesDeleted;
    };
    await orchestrations.run('echoOnce', 'rubbish');
    await orchestrations.start('toldStatus', 'alive');
    expect([await purge('rubbish'), await purge('rubbish'), await purge('alive')]).toEqual([1, 404, 0]);
    expect((await orchestrations.status('alive')).name).toBe('toldStatus');
  });

  it('shows its history by names, results only when asked for', async () => {
    await orchestrations.run('echoOnce', 'told-all', 1);
    const kinds = async (query: string) =>
      (await orchestrations.status('told-all', query)).historyEvents?.map(({ EventType, Result }) => [
        EventType,
        Result,
      ]);
    expect(await kinds('showHistory=true')).toEqual([
      ['ExecutionStarted', undefined],
      ['TaskScheduled', undefined],
      ['TaskCompleted', undefined],
    ]);
    const withOutput = await kinds('showHistory=true&showHistoryOutput=true');
    expect(withOutput?.[2]).toEqual(['TaskCompleted', '{"got":1,"type":"number"}']);
    expect(await kinds('')).toBeUndefined();
  });
});

describe('listing instances', () => {
  interface Row {
    instanceId: string;
    runtimeStatus: string;
  }

  it('finds them by prefix, status and time, page by page', async () => {
    for (let index = 0; index < 5; index += 1) await orchestrations.run('echoOnce', `list-${index}`);
    const middle = (await orchestrations.status('list-2')).createdTime;
    await orchestrations.start('toldStatus', 'list-running');
    const list = async (query: string, token?: string) => {
      const headers = token ? { 'x-ms-continuation-token': token } : undefined;
      const response = await orchestrations.webhook('GET', 'instances', `instanceIdPrefix=list-&${query}`, { headers });
      const rows = (await response.json()) as Row[];
      return { ids: rows.map(({ instanceId }) => instanceId), token: response.headers.get('x-ms-continuation-token') };
    };
    expect((await list('runtimeStatus=Completed,Failed')).ids).toHaveLength(5);
    expect((await list('runtimeStatus=Running,Pending')).ids).toEqual(['list-running']);
    expect((await list(`createdTimeTo=${middle}`)).ids).toEqual(['list-0', 'list-1', 'list-2']);
    expect((await list(`createdTimeFrom=${middle}&runtimeStatus=Completed`)).ids).toHaveLength(3);
    const first = await list('top=4');
    const second = await list('top=4', first.token ?? '');
    expect([...first.ids, ...second.ids]).toHaveLength(6);
    expect(second.token).toBeNull();
  });

  it('purges by the same filters', async () => {
    await orchestrations.run('echoOnce', 'purge-1');
    const from = (await orchestrations.status('purge-1')).createdTime;
    await orchestrations.run('echoOnce', 'purge-2');
    await orchestrations.run('fails', 'purge-3');
    const query = `createdTimeFrom=${from}&runtimeStatus=Completed`;
    const response = await orchestrations.webhook('DELETE', 'instances', query);
    expect(await response.json()).toEqual({ instancesDeleted: 2 });
    expect((await orchestrations.status('purge-3')).runtimeStatus).toBe('Failed');
  });
});

describe('access', () => {
  it('to the webhooks needs the system key', async () => {
    const webhook = (query: string) => fetch(`${host.origin}/runtime/webhooks/durabletask/instances${query}`);
    expect((await webhook('')).status).toBe(401);
    expect((await webhook(`?code=${host.keys.functionKey}`)).status).toBe(401);
    expect((await webhook(`?code=${host.keys.systemKey}`)).status).toBe(200);
  });

  it('to the address of the durable client needs the secret in it', async () => {
    const { clientData } = JSON.parse((await host.call('GET', 'client')).text) as {
      clientData: { rpcBaseUrl: string; taskHubName: string };
    };
    expect(clientData.taskHubName).toBe('TestHub');
    expect(clientData.rpcBaseUrl).toMatch(/\/durabletask\/[\w-]{32}\/$/);
    expect((await fetch(`${clientData.rpcBaseUrl}instances`)).status).toBe(200);
    expect((await fetch(`${host.origin}/durabletask/instances`)).status).toBe(404);
  });
});
