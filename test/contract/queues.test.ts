import { rm } from 'node:fs/promises';
import { ServiceBusClient, type ServiceBusReceivedMessage } from '@azure/service-bus';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type RunningBroker, startBroker } from '../../local/service-bus/broker.ts';
import { until } from '../../local/support/until.ts';
import { VirtualClock } from '../../shared/platform/clock/virtual.ts';
import { MemoryQueues } from '../../shared/platform/queues/memory.ts';
import type { QueueName } from '../../shared/platform/queues/port.ts';
import { ServiceBusQueues } from '../../shared/platform/queues/service-bus.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { describeQueues, type QueuesHarness, type Received } from './queues.suite.ts';

/** Nothing more came for this long: the queue is empty. */
const QUIET_MS = 1_200;
const DEADLINE_MS = 15_000;

describeQueues('memory', async () => {
  const clock = new VirtualClock();
  const queues = new MemoryQueues(clock);
  return {
    queues,
    now: () => clock.now(),
    receive: async (queue, count) => {
      const received: Received[] = [];
      const quietAt = clock.now() + QUIET_MS;
      const take = () => {
        const due = queues.takeDue(queue, count - received.length);
        received.push(...due.map(({ body }) => ({ body, at: clock.now() })));
      };
      for (take(); received.length < count && clock.now() < quietAt; take()) await clock.advance(100);
      return received;
    },
    stop: async () => {},
  };
});

describeQueues('Service Bus', async (): Promise<QueuesHarness> => {
  const data = await temporaryFolder('service-bus');
  const broker = await startBroker({ data, port: 0 });
  const queues = new ServiceBusQueues(broker);
  const client = new ServiceBusClient(broker.connectionString);
  return {
    queues,
    now: Date.now,
    receive: async (queue, count) =>
      (await receive(client, queue, count)).map(({ message: { body }, at }) => ({ body, at })),
    stop: async () => {
      await queues.close();
      await client.close();
      await broker.stop();
      await rm(data, { recursive: true });
    },
  };
});

describe('queues: Service Bus, beyond the contract', () => {
  let data: string;
  let broker: RunningBroker;
  let queues: ServiceBusQueues;
  beforeAll(async () => {
    data = await temporaryFolder('service-bus');
    broker = await startBroker({ data, port: 0 });
    queues = new ServiceBusQueues(broker);
  });
  afterAll(async () => {
    await queues?.close();
    await broker?.stop();
    await rm(data, { recursive: true });
  });

  it('says that a message is JSON', async () => {
    await queues.send('reads', [{ body: {} }]);
    const client = new ServiceBusClient(broker.connectionString);
    const [received] = await receive(client, 'reads', 1);
    await client.close();
    expect(received?.message.contentType).toBe('application/json');
  });

  it('keeps one connection and one link for many sends', async () => {
    for (let turn = 0; turn < 5; turn += 1) await queues.send('applies', [{ body: { turn } }]);
    expect(broker.statistics().connections).toBe(1);
  });

  it('a queue that does not exist is QUEUE_UNAVAILABLE within seconds', async () => {
    const asked = performance.now();
    await expect(queues.send('nowhere' as QueueName, [{ body: {} }])).rejects.toMatchObject({
      code: 'QUEUE_UNAVAILABLE',
      values: { queue: 'nowhere' },
    });
    expect(performance.now() - asked).toBeLessThan(5_000);
  });

  it('a message larger than the queue takes is QUEUE_UNAVAILABLE, and the next one is sent', async () => {
    const body = { text: 'x'.repeat(2 ** 21) };
    await expect(queues.send('reads', [{ body: {} }, { body }])).rejects.toMatchObject({ code: 'QUEUE_UNAVAILABLE' });
    await queues.send('reads', [{ body: {} }]);
  });

  it('a broker that is away is QUEUE_UNAVAILABLE within seconds, and is used again by itself when it is back', async () => {
    await queues.send('reads', [{ body: {} }]);
    await broker.stop();
    for (let turn = 0; turn < 3; turn += 1) {
      const asked = performance.now();
      await expect(queues.send('reads', [{ body: {} }])).rejects.toMatchObject({ code: 'QUEUE_UNAVAILABLE' });
      expect(performance.now() - asked).toBeLessThan(5_000);
    }
    broker = await startBroker({ data, port: broker.port });
    await queues.send('reads', [{ body: { back: true } }]);
    await Promise.all([queues.send('reads', [{ body: {} }]), queues.send('applies', [{ body: {} }])]);
  });

  it('a broker that was away between two sends is not noticed', async () => {
    await queues.send('reads', [{ body: {} }]);
    await broker.stop();
    broker = await startBroker({ data, port: broker.port });
    await queues.send('reads', [{ body: {} }]);
  });

  it.each(['', 'nonsense', 'Endpoint=sb://x;SharedAccessKeyName=n'])('the connection string %j is refused', (text) => {
    const refused = expect.objectContaining({ code: 'SETTING_INVALID' });
    expect(() => new ServiceBusQueues({ connectionString: text })).toThrow(refused);
  });
});

/** Takes messages until `count` are there or the queue has been quiet. */
async function receive(client: ServiceBusClient, queue: string, count: number) {
  const receiver = client.createReceiver(queue, { receiveMode: 'receiveAndDelete' });
  const received: { message: ServiceBusReceivedMessage; at: number }[] = [];
  let quietSince = Date.now();
  receiver.subscribe({
    processMessage: async (message) => {
      quietSince = Date.now();
      received.push({ message, at: quietSince });
    },
    processError: async () => {},
  });
  await until(() => received.length >= count || Date.now() - quietSince >= QUIET_MS, DEADLINE_MS);
  await receiver.close();
  return received;
}
