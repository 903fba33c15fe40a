import { statfsSync, writeSync } from 'node:fs';
import type { Socket } from 'node:net';
import type { ServiceBusClient } from '@azure/service-bus';
import { describe, expect, test } from 'vitest';
import type { Disk } from '../../../local/service-bus/store/journal.ts';
import {
  brokerWith,
  clientOf,
  codeOf,
  eventually,
  isEmpty,
  numbered,
  queueWith,
  receive,
  receiveOne,
} from './support.ts';

const MEBIBYTE = 1024 * 1024;

/** The SDK does not show its socket. */
function socketOf(client: ServiceBusClient): Socket {
  const inner = client as unknown as { _connectionContext: { connection: { _connection: { socket: Socket } } } };
  return inner._connectionContext.connection._connection.socket;
}

/** Waits until a figure does not change any more from one look to a later one. */
async function stands(figure: () => unknown): Promise<void> {
  let last: unknown;
  let same = 0;
  await eventually(() => {
    same = figure() === last ? same + 1 : 0;
    last = figure();
    return same > 8;
  }, 'a figure that stands');
}

test('a full queue refuses sends with QuotaExceeded until there is room', async () => {
  const { sender, receiver } = await queueWith({ maxSizeBytes: 100_000 });
  await sender.sendMessages({ body: 'x'.repeat(60_000) });
  expect(await codeOf(sender.sendMessages({ body: 'x'.repeat(60_000) }))).toBe('QuotaExceeded');
  expect(await codeOf(sender.scheduleMessages({ body: 'x'.repeat(60_000) }, new Date()))).toBe('QuotaExceeded');
  await receiver.completeMessage(await receiveOne(receiver));
  await sender.sendMessages({ body: 'x'.repeat(60_000) });
});

test('a batch that does not fit is refused as a whole', async () => {
  const { broker, sender } = await queueWith({ maxSizeBytes: 100_000 });
  expect(await codeOf(sender.sendMessages(Array(3).fill({ body: 'x'.repeat(40_000) })))).toBe('QuotaExceeded');
  expect(broker.statistics().queues.q?.messages).toBe(0);
  await sender.sendMessages(Array(2).fill({ body: 'x'.repeat(40_000) }));
});

test('a full disk refuses sends, goes on serving receivers, and recovers', async () => {
  let full = false;
  const disk: Disk = {
    write: (fd, bytes, position) => void writeSync(fd, bytes, 0, bytes.length, position),
    freeBytes: (folder) => (full ? 0 : statfsSync(folder).bavail * statfsSync(folder).bsize),
  };
  const { broker, sender, receiver } = await queueWith({ duplicateWindowMs: 60_000 }, { disk });
  await sender.sendMessages(numbered(2));
  full = true;
  expect(await codeOf(sender.sendMessages({ body: 'refused', messageId: 'once' }))).toBe('QuotaExceeded');
  await receiver.completeMessage(await receiveOne(receiver));
  expect(broker.statistics().queues.q?.messages).toBe(1);
  full = false;
  await sender.sendMessages({ body: 'taken', messageId: 'once' });
  expect(await receive(receiver, 2)).toHaveLength(2);
});

describe('memory', () => {
  test('holds no more bytes of messages than allowed, however long the queue; the rest comes from the journal', async () => {
    const { broker, sender, receiver } = await queueWith({}, { memoryBytes: 2 * MEBIBYTE });
    const count = 400;
    const body = (i: number) => `${i} ${'x'.repeat(50_000)}`;
    for (let i = 0; i < count; i += 20) {
      await sender.sendMessages(Array.from({ length: 20 }, (_, k) => ({ body: body(i + k) })));
    }
    expect(broker.statistics().bytesInMemory).toBeGreaterThan(MEBIBYTE);
    expect(broker.statistics().bytesInMemory).toBeLessThanOrEqual(2 * MEBIBYTE);
    for (let i = 0; i < count; i += 50) {
      const messages = await receive(receiver, 50);
      expect(messages.map((message) => message.body)).toEqual(Array.from({ length: 50 }, (_, k) => body(i + k)));
      await Promise.all(messages.map((message) => receiver.completeMessage(message)));
    }
    expect(broker.statistics().bytesInMemory).toBe(0);
  });
});

test('a receiver that does not read gets no more than a few megabytes, and the rest when it reads on', async () => {
  const { broker, client, sender } = await queueWith();
  const count = 60;
  for (let i = 0; i < count; i++) await sender.sendMessages({ body: `${i} ${'y'.repeat(900_000)}` });
  const receiver = client.createReceiver('q', { receiveMode: 'receiveAndDelete' });
  await receiver.receiveMessages(1);
  const socket = socketOf(client);
  socket.pause();
  const rest = receiver.receiveMessages(count - 1, { maxWaitTimeInMs: 20_000 });
  await stands(() => broker.statistics().queues.q?.messages);
  expect(broker.statistics().queues.q?.messages).toBeGreaterThan(count / 2);
  socket.resume();
  const numbers = (await rest).map((message) => Number.parseInt(message.body, 10));
  expect(numbers).toEqual(Array.from({ length: count - 1 }, (_, i) => i + 1));
});

test('the journal does not grow without bound while messages come and go, and keeps the ones that stay', async () => {
  const { broker, sender, receiver } = await queueWith({ lockMs: 300_000 });
  await sender.sendMessages(Array.from({ length: 5 }, (_, i) => ({ body: `stays ${i}` })));
  const staying = await receive(receiver, 5);
  const body = 'z'.repeat(250_000);
  let largest = 0;
  for (let i = 0; i < 150; i++) {
    await sender.sendMessages(Array(3).fill({ body }));
    const messages = await receive(receiver, 3);
    await Promise.all(messages.map((message) => receiver.completeMessage(message)));
    largest = Math.max(largest, broker.statistics().journalBytes);
  }
  expect(largest).toBeLessThan(80 * MEBIBYTE);
  for (const message of staying) await receiver.abandonMessage(message);
  expect((await receive(receiver, 5)).map((message) => message.body).sort()).toEqual(
    staying.map(({ body }) => body).sort(),
  );
});

test('a hundred clients are served side by side', async () => {
  const { connectionString, ...broker } = await brokerWith({ queues: { q: {} } });
  const clients = Array.from({ length: 100 }, () => clientOf(connectionString, 20_000));
  await Promise.all(clients.map((client, i) => client.createSender('q').sendMessages({ body: i })));
  const received = await Promise.all(
    clients.map(async (client) => {
      const receiver = client.createReceiver('q');
      const message = await receiveOne(receiver);
      await receiver.completeMessage(message);
      return message.body;
    }),
  );
  expect(new Set(received).size).toBe(100);
  expect(broker.statistics()).toMatchObject({ connections: 100, queues: { q: { messages: 0 } } });
  await Promise.all(clients.map((client) => client.close()));
  await eventually(() => broker.statistics().connections === 0, 'the end of all connections');
  expect(await isEmpty(clientOf(connectionString).createReceiver('q'))).toBe(true);
});
