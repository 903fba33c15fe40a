/**
 * Competing receivers that complete, abandon, dead-letter, forget, close and have their connections cut, for some seconds.
 * Mixed settlements are made one after the other, because of the SDK (README.md, "rhea").
 */
import type { Socket } from 'node:net';
import type { ServiceBusClient, ServiceBusReceivedMessage, ServiceBusReceiver } from '@azure/service-bus';
import { expect, test } from 'vitest';
import { brokerWith, clientOf, eventually, impatientClient } from './support.ts';

const SECONDS = 4;
const WORKERS = 4;

/** Beyond it, the sender waits. */
const BACKLOG = 1_000;

/** Much longer than any answer takes. */
const BRIEFLY_MS = 1_000;

/** A small generator with a seed, so that a failure can be tried again. */
function randomOf(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

class Books {
  readonly sent = new Set<number>();
  /** Attempted, with or without an answer. */
  readonly tried = new Set<number>();
  readonly ended = new Map<number, number>();

  end(body: number): void {
    this.ended.set(body, (this.ended.get(body) ?? 0) + 1);
  }
}

function cut(client: ServiceBusClient): void {
  const inner = client as unknown as { _connectionContext: { connection: { _connection: { socket?: Socket } } } };
  inner._connectionContext.connection._connection.socket?.destroy();
}

/** Gives up waiting, not the thing waited for: a cut connection may leave the SDK waiting for long. */
const briefly = <T>(promise: Promise<T>): Promise<T> => {
  const tooLong = new Promise<T>((_, reject) => setTimeout(() => reject(new Error('too long')), BRIEFLY_MS).unref());
  return Promise.race([promise, tooLong]);
};

async function produce(
  client: ServiceBusClient,
  books: Books,
  random: () => number,
  until: number,
  backlog: () => number,
): Promise<void> {
  const sender = client.createSender('q');
  for (let next = 0; Date.now() < until; ) {
    const messages = Array.from({ length: 1 + Math.floor(random() * 100) }, () => ({
      body: next++,
      ...(random() < 0.05 && { scheduledEnqueueTimeUtc: new Date(Date.now() + 300) }),
    }));
    await sender.sendMessages(messages);
    for (const { body } of messages) books.sent.add(body);
    await eventually(() => backlog() < BACKLOG || Date.now() >= until, 'room in the queue');
  }
}

async function work(connectionString: string, books: Books, random: () => number, until: number): Promise<void> {
  while (Date.now() < until) {
    const client = impatientClient(connectionString, 2_000);
    const receiver = client.createReceiver('q', { maxAutoLockRenewalDurationInMs: 0 });
    try {
      for (let i = 0; i < 10 && Date.now() < until; i++) {
        const count = 1 + Math.floor(random() * 100);
        const messages = await briefly(receiver.receiveMessages(count, { maxWaitTimeInMs: 100 }));
        if (random() < 0.1) cut(client);
        await settleAll(receiver, messages, books, random);
      }
    } catch {
      // The connection was cut, or a lock ran out: begin anew.
    }
    await briefly(client.close()).catch(() => undefined);
  }
}

async function settleAll(
  receiver: ServiceBusReceiver,
  messages: readonly ServiceBusReceivedMessage[],
  books: Books,
  random: () => number,
): Promise<void> {
  const end = async (message: ServiceBusReceivedMessage, settlement: () => Promise<void>) => {
    books.tried.add(message.body);
    await briefly(settlement());
    books.end(message.body);
  };
  const lots = messages.map((message) => ({ message, lot: random() }));
  const completions = lots.filter(({ lot }) => lot < 0.85);
  await Promise.all(completions.map(({ message }) => end(message, () => receiver.completeMessage(message))));
  for (const { message, lot } of lots) {
    if (lot >= 0.85 && lot < 0.93) await briefly(receiver.abandonMessage(message));
    else if (lot >= 0.93 && lot < 0.96) await end(message, () => receiver.deadLetterMessage(message));
  }
}

test('nothing is lost and nothing completed twice, whatever the receivers do', async () => {
  const seed = Date.now() % 100_000;
  const broker = await brokerWith({ queues: { q: { lockMs: 500, maxDeliveryCount: 1_000 } } });
  const books = new Books();
  const until = Date.now() + SECONDS * 1_000;
  const workers = Array.from({ length: WORKERS }, (_, i) =>
    work(broker.connectionString, books, randomOf(seed + i), until),
  );
  const backlog = () => broker.statistics().queues.q?.messages ?? 0;
  const producer = produce(clientOf(broker.connectionString), books, randomOf(seed + WORKERS), until, backlog);
  await Promise.all([producer, ...workers]);

  const client = clientOf(broker.connectionString);
  const rest = client.createReceiver('q', { receiveMode: 'receiveAndDelete' });
  await eventually(async () => {
    for (const { body } of await rest.receiveMessages(500, { maxWaitTimeInMs: 200 })) books.end(body);
    return backlog() === 0;
  }, 'an empty queue');
  const lost = [...books.sent].filter((body) => !books.ended.has(body) && !books.tried.has(body));
  const twice = [...books.ended].filter(([, times]) => times > 1);
  expect({ seed, lost, twice }).toEqual({ seed, lost: [], twice: [] });
  expect(books.sent.size).toBeGreaterThan(1_000);
  expect(broker.statistics().queues.q).toEqual({ messages: 0, locked: 0 });
});
