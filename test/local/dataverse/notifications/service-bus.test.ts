import { rmSync } from 'node:fs';
import path from 'node:path';
import { ServiceBusClient } from '@azure/service-bus';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type RunningBroker, startBroker } from '../../../../local/service-bus/broker.ts';
import { type Client, ENDPOINT, eventually, register, startClient, temporaryFolder } from '../running.ts';

/** Notifications through a real queue, and the speed that the brief of this simulation asks for. */
describe('notifications through Service Bus', () => {
  const folder = temporaryFolder();
  let broker: RunningBroker;
  let client: Client;

  beforeAll(async () => {
    broker = await startBroker({ port: 0, data: path.join(folder, 'bus') });
    client = await startClient();
    const [, name = '', key = ''] =
      /SharedAccessKeyName=([^;]+);SharedAccessKey=([^;]+)/.exec(broker.connectionString) ?? [];
    const namespaceaddress = `sb://127.0.0.1:${broker.port}/`;
    await register(
      client,
      [
        ['Create', 'account'],
        ['Update', 'account'],
      ],
      { ...ENDPOINT, namespaceaddress, saskeyname: name, saskey: key },
    );
  });
  afterAll(async () => {
    await client.stop();
    await broker.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  it('are received as JSON with their properties', async () => {
    const { self } = client.organization.create('account', { name: 'Bell' });
    await client.control('seed', { entity: 'account', rows: 1 });
    const bus = new ServiceBusClient(broker.connectionString);
    const receiver = bus.createReceiver('notifications', { receiveMode: 'receiveAndDelete' });
    const [message] = await receiver.receiveMessages(1, { maxWaitTimeInMs: 10_000 });
    expect(message?.body).toMatchObject({
      MessageName: 'Create',
      PrimaryEntityName: 'account',
      PrimaryEntityId: self.id,
    });
    expect(message?.applicationProperties).toMatchObject({
      'http://schemas.microsoft.com/xrm/2011/Claims/RequestName': 'Create',
    });
    await bus.close();
  });

  it('are all posted, thousands in a few seconds', async () => {
    const before = (await client.control('status')).body.notifications.outbox.posted;
    await client.control('startStream', {
      rate: 2000,
      entities: ['account'],
      mix: { update: 1 },
      seed: 3,
      count: 4000,
    });
    await eventually(async () => (await client.control('status')).body.stream.done, 'the stream');
    await eventually(
      async () => (await client.control('status')).body.notifications.outbox.waiting === 0,
      'an empty outbox',
    );
    const { made, outbox } = (await client.control('status')).body.notifications;
    expect(outbox.posted - before).toBeGreaterThanOrEqual(4000);
    expect(outbox.posted).toBe(made);
  });
});
