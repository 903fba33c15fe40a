import { type ServiceBusClient as Client, ServiceBusClient, type ServiceBusMessage } from '@azure/service-bus';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type RunningBroker, startBroker } from '../../../local/service-bus/broker.ts';
import { open, seen, seenOf } from './app/probe.ts';
import { newFolder, startChildBroker, startTestHost, type TestHost, waitFor } from './support.ts';

const LOCK_MS = 2_000;
const QUEUES = {
  single: { maxDeliveryCount: 3, lockMs: LOCK_MS },
  batch: { maxDeliveryCount: 3, lockMs: LOCK_MS },
};

const data = newFolder();
let broker: RunningBroker;
let client: Client;
let host: TestHost;

beforeAll(async () => {
  broker = await startBroker({ data, queues: QUEUES });
  process.env.QUEUES = broker.connectionString;
  client = newClient();
  host = await startTestHost();
});
afterAll(async () => {
  await host.stop();
  await client.close();
  await broker.stop();
});

function newClient(): Client {
  return new ServiceBusClient(broker.connectionString, { retryOptions: { maxRetries: 1, retryDelayInMs: 50 } });
}

async function send(queue: string, ...messages: ServiceBusMessage[]): Promise<void> {
  const sender = client.createSender(queue);
  await sender.sendMessages(messages);
  await sender.close();
}

interface Single {
  id: string;
  at: number;
  metadata: Record<string, unknown>;
}
interface Batch {
  orders: { id: string }[];
  at: number;
  metadata: Record<string, unknown[]>;
}

const singles = (id: string) => (seenOf('single') as Single[]).filter((one) => one.id === id);
const done = (id: string) => seenOf('single done').filter((one) => one === id).length;
const batches = () => seenOf('batch') as Batch[];
const batched = (id: string) => batches().filter(({ orders }) => orders.some((order) => order.id === id));
const waiting = (queue: string) => broker.statistics().queues[queue]?.messages;
const order = (id: string, more: object = {}): ServiceBusMessage => ({ body: { id, ...more }, messageId: id });

describe('a function that takes one message at a time', () => {
  it('completes what it has handled', async () => {
    await send('single', order('one'));
    await waitFor(() => done('one') === 1);
    await waitFor(() => waiting('single') === 0);
  });

  it('sees the metadata as the real host gives it', async () => {
    await send('single', {
      ...order('known'),
      correlationId: '42',
      subject: 'greeting',
      applicationProperties: { TenantId: 'T', kind: 'event' },
    });
    const [{ metadata } = {}] = await waitFor(() => (done('known') ? singles('known') : undefined));
    expect(metadata).toMatchObject({
      messageId: 'known',
      correlationId: 42,
      subject: 'greeting',
      label: 'greeting',
      deliveryCount: 1,
      applicationProperties: { tenantId: 'T', kind: 'event' },
      userProperties: { tenantId: 'T', kind: 'event' },
      sequenceNumber: expect.any(Number),
      enqueuedTimeUtc: expect.stringMatching(/^\d{4}-\d\d-\d\dT/),
      lockToken: expect.any(String),
    });
    expect(metadata).not.toHaveProperty('sessionId');
  });

  it('gets a message again after a throw, until it succeeds', async () => {
    await send('single', order('second-try', { failTimes: 1 }));
    await waitFor(() => done('second-try') === 1);
    expect(singles('second-try').map(({ metadata }) => metadata.deliveryCount)).toEqual([1, 2]);
  });

  it('leaves a message that always fails to the dead-letter queue', async () => {
    await send('single', order('poison', { fail: true }));
    const receiver = client.createReceiver('single', { subQueueType: 'deadLetter' });
    const [dead] = await receiver.receiveMessages(1, { maxWaitTimeInMs: 10_000 });
    expect(dead?.messageId).toBe('poison');
    expect(singles('poison')).toHaveLength(3);
    if (dead) await receiver.completeMessage(dead);
    await receiver.close();
  });

  it('runs as many side by side as host.json allows, no more', async () => {
    await send('single', ...Array.from({ length: 8 }, (_, index) => order(`wide-${index}`, { wait: 'wide' })));
    await waitFor(() => host.worker.running === 4);
    open('wide');
    await waitFor(() => done('wide-7') === 1);
    expect(Math.max(...(seenOf('side by side') as number[]))).toBe(4);
  });

  it('may run longer than the lock: the host renews it', async () => {
    await send('single', order('long', { wait: 'long' }));
    const [first] = await waitFor(() => (singles('long').length > 0 ? singles('long') : undefined));
    await waitFor(() => Date.now() > (first?.at ?? 0) + 2 * LOCK_MS);
    open('long');
    await waitFor(() => waiting('single') === 0);
    expect(singles('long')).toHaveLength(1);
  });

  it('neither loses nor doubles a message when every second one fails at first', async () => {
    const ids = Array.from({ length: 400 }, (_, index) => `mixed-${index}`);
    await send('single', ...ids.map((id, index) => order(id, { failTimes: index % 2 })));
    await waitFor(() => ids.every((id) => done(id) === 1), 30_000);
    await waitFor(() => waiting('single') === 0);
    expect(ids.every((id, index) => singles(id).length === 1 + (index % 2))).toBe(true);
    expect(waiting('single/$deadletterqueue') ?? 0).toBe(0);
  });

  it('hears of a message within milliseconds', async () => {
    const sender = client.createSender('single');
    const latencies: number[] = [];
    for (let index = 0; index < 50; index += 1) {
      const id = `quick-${index}`;
      const sent = Date.now();
      await sender.sendMessages(order(id));
      const [first] = await waitFor(() => (done(id) ? singles(id) : undefined));
      latencies.push((first?.at ?? 0) - sent);
    }
    await sender.close();
    expect(median(latencies)).toBeLessThan(50);
  });
});

describe('a function that takes batches', () => {
  it('gets what is there in one invocation, with metadata side by side with it', async () => {
    const more = { correlationId: 'only the last has one' };
    await send('batch', order('b1'), order('b2'), { ...order('b3'), ...more });
    await waitFor(() => batched('b3').length > 0);
    const all = batches().filter(({ orders }) => orders.some(({ id }) => id.startsWith('b')));
    const ids = all.flatMap(({ metadata }) => metadata.messageIdArray);
    expect(ids).toEqual(['b1', 'b2', 'b3']);
    expect(all.flatMap(({ metadata }) => metadata.correlationIdArray)).toEqual(['', '', 'only the last has one']);
    expect(all.flatMap(({ metadata }) => metadata.deliveryCountArray)).toEqual([1, 1, 1]);
    expect(all.at(-1)?.metadata.sequenceNumberArray?.at(-1)).toMatchObject({ high: 0, unsigned: false });
    await waitFor(() => waiting('batch') === 0);
  });

  it('takes no more than host.json allows and loses nothing', async () => {
    const ids = Array.from({ length: 500 }, (_, index) => `many-${index}`);
    const before = batches().length;
    await send('batch', ...ids.map((id) => order(id)));
    await waitFor(() => ids.every((id) => batched(id).length === 1), 20_000);
    await waitFor(() => waiting('batch') === 0);
    const sizes = batches()
      .slice(before)
      .map(({ orders }) => orders.length);
    expect(Math.max(...sizes)).toBeLessThanOrEqual(50);
    expect(sizes.length).toBeLessThan(100);
  });

  it('gives back all of a batch that failed, at once, until the broker puts it aside', async () => {
    await send('batch', order('bad', { fail: true }));
    const receiver = client.createReceiver('batch', { subQueueType: 'deadLetter' });
    const [dead] = await receiver.receiveMessages(1, { maxWaitTimeInMs: 10_000 });
    expect(dead?.messageId).toBe('bad');
    expect(batched('bad').map(({ metadata }) => metadata.deliveryCountArray)).toEqual([[1], [2], [3]]);
    if (dead) await receiver.completeMessage(dead);
    await receiver.close();
  });

  it('hears of a message within milliseconds, not after the second the SDK would wait', async () => {
    const sender = client.createSender('batch');
    const latencies: number[] = [];
    for (let index = 0; index < 50; index += 1) {
      const id = `swift-${index}`;
      const sent = Date.now();
      await sender.sendMessages(order(id));
      const [first] = await waitFor(() => (batched(id).length > 0 ? batched(id) : undefined));
      latencies.push((first?.at ?? 0) - sent);
    }
    await sender.close();
    expect(median(latencies)).toBeLessThan(100);
  });
});

describe('a broker that goes away', () => {
  const lines = (text: string) => host.lines.filter((line) => line.includes(text)).length;

  async function handlesNext(suffix: string): Promise<void> {
    await send('single', order(`single-${suffix}`));
    await send('batch', order(`batch-${suffix}`));
    await waitFor(() => done(`single-${suffix}`) === 1, 20_000);
    await waitFor(() => batched(`batch-${suffix}`).length === 1, 20_000);
  }

  it('in order or by kill -9 is found again by both kinds of listeners, as soon as it is back', async () => {
    const { port } = broker;
    await client.close();
    await broker.stop();
    await waitFor(() => lines('cannot be read') >= 2);

    const child = await startChildBroker(port, data, QUEUES);
    client = newClient();
    await handlesNext('after-stop');
    await waitFor(() => lines('is read again') >= 2);
    const before = lines('cannot be read');
    await child.kill();
    await client.close();
    await waitFor(() => lines('cannot be read') >= before + 2, 20_000);

    broker = await startBroker({ data, queues: QUEUES, port });
    client = newClient();
    await handlesNext('after-kill');
    expect(lines('cannot be read')).toBeLessThan(10);
  });

  it('while a message is being handled: it is handled again once its lock has run out', async () => {
    const { port } = broker;
    await send('single', order('interrupted', { wait: 'interrupted' }));
    await waitFor(() => singles('interrupted').length === 1);
    await client.close();
    await broker.stop();
    open('interrupted');
    await waitFor(() => done('interrupted') === 1);
    broker = await startBroker({ data, queues: QUEUES, port });
    client = newClient();
    await waitFor(() => waiting('single') === 0, 40_000);
    expect(done('interrupted')).toBeLessThanOrEqual(2);
  });
});

describe('a stop', () => {
  it('lets messages that are being handled end, and they are completed', async () => {
    await send('single', order('last', { wait: 'last' }));
    await waitFor(() => singles('last').length === 1);
    const stopping = host.stop();
    await send('single', order('next'));
    open('last');
    await stopping;
    expect(done('last')).toBe(1);
    expect(singles('next')).toHaveLength(0);
    expect(waiting('single')).toBe(1);
    expect(seen.filter(({ value }) => value === 'appTerminate')).toHaveLength(1);
    host = await startTestHost();
    await waitFor(() => done('next') === 1);
    expect(singles('last')).toHaveLength(1);
  });
});

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
}
