import { app, type InvocationContext } from '@azure/functions';
import * as df from 'durable-functions';
import { note, waitAt } from './probe.ts';

/** Input of most orchestrations here; each takes what it needs. */
interface Input {
  readonly ms?: number;
  readonly count?: number;
  readonly times?: number;
  readonly door?: string;
  readonly child?: string;
}

const failures = new Map<string, number>();
let active = 0;
let mostActive = 0;

df.app.activity('say', {
  handler: (value: unknown, context: InvocationContext) => {
    note('say', { value, instance: context.triggerMetadata?.instanceId });
    return { got: value === undefined ? 'undefined' : value, type: typeof value };
  },
});
/** Fails `times` times per key, then succeeds. */
df.app.activity('flaky', {
  handler: ({ key, times }: { key: string; times: number }) => {
    const failed = failures.get(key) ?? 0;
    if (failed < times) {
      failures.set(key, failed + 1);
      throw new Error(`failure ${failed + 1}`);
    }
    return { failed };
  },
});
df.app.activity('gate', {
  handler: async ({ door, index }: { door: string; index: number }) => {
    active += 1;
    mostActive = Math.max(mostActive, active);
    note('gate', { door, index, mostActive });
    await waitAt(door);
    active -= 1;
    return { index };
  },
});
/** Runs for a while of real time; the tests of crashes kill the process in the middle. */
df.app.activity('work', {
  handler: async ({ index, ms }: { index: number; ms: number }) => {
    note('work began', index);
    await new Promise((resolve) => setTimeout(resolve, ms));
    note('work ended', index);
    return { index };
  },
});

const later = (context: df.OrchestrationContext, ms: number) => new Date(context.df.currentUtcDateTime.getTime() + ms);
const input = (context: df.OrchestrationContext) => (context.df.getInput() ?? {}) as Input;

df.app.orchestration('echoOnce', function* (context) {
  return yield context.df.callActivity('say', context.df.getInput());
});
df.app.orchestration('kinds', function* (context) {
  const values = ['text', '123', 5, true, null, undefined, { a: [1] }];
  return yield context.df.Task.all(values.map((value) => context.df.callActivity('say', value)));
});
df.app.orchestration('retries', function* (context) {
  const options = new df.RetryOptions(20, 3);
  options.backoffCoefficient = 2;
  const { times } = input(context);
  const call = { key: context.df.instanceId, times };
  try {
    return yield context.df.callActivityWithRetry('flaky', options, call);
  } catch (error) {
    return { caught: String(error) };
  }
});
df.app.orchestration('fails', function* (context) {
  context.df.setCustomStatus({ step: 'before' });
  yield context.df.callActivity('flaky', { key: context.df.instanceId, times: 1 });
});
df.app.orchestration('failsSilently', function* (context) {
  yield context.df.callActivity('say', {});
  throw new Error('');
});
df.app.orchestration('sleeps', function* (context) {
  yield context.df.createTimer(later(context, input(context).ms ?? 0));
  return context.df.currentUtcDateTime.toISOString();
});
df.app.orchestration('approval', function* (context) {
  const event = context.df.waitForExternalEvent('Approval');
  const timer = context.df.createTimer(later(context, input(context).ms ?? 3_600_000));
  const winner = yield context.df.Task.any([event, timer]);
  if (winner !== event) return 'too late';
  timer.cancel();
  return { approved: event.result };
});
df.app.orchestration('leavesTimer', function* (context) {
  const event = context.df.waitForExternalEvent('Go');
  yield context.df.Task.any([event, context.df.createTimer(later(context, input(context).ms ?? 0))]);
  return 'done';
});
df.app.orchestration('fanOut', function* (context) {
  const { count = 0, door = '' } = input(context);
  const tasks = Array.from({ length: count }, (_, index) => context.df.callActivity('gate', { door, index }));
  const results: { index: number }[] = yield context.df.Task.all(tasks);
  return results.map(({ index }) => index);
});
df.app.orchestration('parent', function* (context) {
  const { child } = input(context);
  const id = `${context.df.instanceId}-child`;
  try {
    return { result: yield context.df.callSubOrchestrator(child ?? '', { parent: context.df.instanceId }, id) };
  } catch (error) {
    return { caught: String(error) };
  }
});
df.app.orchestration('child', function* (context) {
  const got = yield context.df.callActivity('say', context.df.getInput());
  return { got, parent: context.df.parentInstanceId };
});
df.app.orchestration('retriesChild', function* (context) {
  const { times } = input(context);
  const options = new df.RetryOptions(20, 3);
  const id = `${context.df.instanceId}-child`;
  return yield context.df.callSubOrchestratorWithRetry('flakyChild', options, { key: id, times }, id);
});
df.app.orchestration('flakyChild', function* (context) {
  return yield context.df.callActivity('flaky', context.df.getInput());
});
df.app.orchestration('counts', function* (context) {
  const count = (context.df.getInput() as number) ?? 0;
  yield context.df.waitForExternalEvent('Tick');
  if (count >= 3) return { count };
  context.df.continueAsNew(count + 1);
  return undefined;
});
df.app.orchestration('collects', function* (context) {
  const first: unknown = yield context.df.waitForExternalEvent('One');
  const second: unknown = yield context.df.waitForExternalEvent('Two');
  return [first, second];
});
df.app.orchestration('toldStatus', function* (context) {
  context.df.setCustomStatus({ step: 'waiting' });
  yield context.df.waitForExternalEvent('Go');
  context.df.setCustomStatus({ step: 'done' });
  return context.df.newGuid(context.df.instanceId);
});
df.app.orchestration('callsUnknown', function* (context) {
  yield context.df.callActivity('noSuchActivity', {});
});
df.app.orchestration('callsHttp', function* (context) {
  yield context.df.callHttp({ method: 'GET', url: 'http://127.0.0.1:9/' });
});
df.app.orchestration('callsEntity', function* (context) {
  yield context.df.callEntity(new df.EntityId('counter', 'one'), 'add', 1);
});
/** For the tests of crashes: a timer, then activities side by side, then a child with work of its own. */
df.app.orchestration('longWay', function* (context) {
  const { ms = 0, count = 0 } = input(context);
  yield context.df.createTimer(later(context, ms));
  const tasks = Array.from({ length: count }, (_, index) => context.df.callActivity('work', { index, ms }));
  const results: { index: number }[] = yield context.df.Task.all(tasks);
  const id = `${context.df.instanceId}-child`;
  const child: { index: number } = yield context.df.callSubOrchestrator('longChild', { ms }, id);
  return [...results.map(({ index }) => index), child.index];
});
df.app.orchestration('longChild', function* (context) {
  return yield context.df.callActivity('work', { index: 100, ms: input(context).ms });
});

df.app.client.http('start', {
  route: 'start/{name}',
  methods: ['POST'],
  handler: async (request, client) => {
    const instanceId = request.query.get('id') ?? undefined;
    const text = await request.text();
    const id = await client.startNew(request.params.name ?? '', {
      ...(instanceId !== undefined && { instanceId }),
      ...(text !== '' && { input: JSON.parse(text) as unknown }),
    });
    return client.createCheckStatusResponse(request, id);
  },
});
app.http('client', {
  route: 'client',
  methods: ['GET'],
  extraInputs: [df.input.durableClient()],
  handler: (_request, context) => ({ jsonBody: { ...df.getClient(context) } }),
});
