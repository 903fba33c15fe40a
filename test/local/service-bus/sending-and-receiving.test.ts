import { createRequire } from 'node:module';
import { describe, expect, test } from 'vitest';
import { bodies, eventually, ignoreErrors, isEmpty, numbered, queueWith, receive, receiveOne } from './support.ts';

describe('a message', () => {
  test('arrives as it was sent, with what the broker adds', async () => {
    const { sender, receiver } = await queueWith({ lockMs: 5_000 });
    await sender.sendMessages({
      body: { text: 'wörld', list: [1, 2.5, null] },
      messageId: 'm1',
      subject: 'a subject',
      contentType: 'application/json',
      correlationId: 'c1',
      timeToLive: 60_000,
      applicationProperties: { number: 1, text: 'x', flag: true },
    });
    const message = await receiveOne(receiver);
    expect(message).toMatchObject({
      body: { text: 'wörld', list: [1, 2.5, null] },
      messageId: 'm1',
      subject: 'a subject',
      contentType: 'application/json',
      correlationId: 'c1',
      timeToLive: 60_000,
      applicationProperties: { number: 1, text: 'x', flag: true },
      deliveryCount: 0,
      state: 'active',
    });
    expect(message.sequenceNumber?.toNumber()).toBe(1);
    expect(message.lockToken).toMatch(/^[0-9a-f-]{36}$/);
    const lockedFor = Number(message.lockedUntilUtc) - Date.now();
    expect(lockedFor).toBeGreaterThan(1_000);
    expect(lockedFor).toBeLessThanOrEqual(5_000);
    await receiver.completeMessage(message);
    expect(await isEmpty(receiver)).toBe(true);
  });

  test('gets an id if it has none', async () => {
    const { sender, receiver } = await queueWith();
    await sender.sendMessages({ body: 'anonymous' });
    expect((await receiveOne(receiver)).messageId).toMatch(/.+/);
  });

  test('keeps AMQP types that JavaScript does not have', async () => {
    const { types } = createRequire(import.meta.url)('rhea');
    const { sender, receiver } = await queueWith();
    const applicationProperties = { long: types.wrap_long(5), byte: types.wrap_ubyte(3) };
    await sender.sendMessages({ body: 'typed', applicationProperties });
    const raw = (await receiveOne(receiver))._rawAmqpMessage;
    expect(raw.applicationProperties).toMatchObject({ long: 5, byte: 3 });
  });

  test('of almost 1 MiB passes, a larger one is refused by the SDK', async () => {
    const { sender, receiver } = await queueWith();
    const body = 'z'.repeat(1024 * 1024 - 2_000);
    await sender.sendMessages({ body });
    expect((await receiveOne(receiver)).body).toBe(body);
    expect((await sender.createMessageBatch()).maxSizeInBytes).toBe(1024 * 1024);
    await expect(sender.sendMessages({ body: 'z'.repeat(1024 * 1024) })).rejects.toMatchObject({
      code: 'MessageSizeExceeded',
    });
  });
});

describe('several messages', () => {
  test('sent as an array or as a batch arrive in order', async () => {
    const { sender, receiver } = await queueWith();
    await sender.sendMessages(numbered(300));
    const batch = await sender.createMessageBatch();
    for (let i = 300; i < 600; i++) expect(batch.tryAddMessage({ body: i })).toBe(true);
    await sender.sendMessages(batch);
    expect(bodies(await receive(receiver, 600))).toEqual(numbered(600).map(({ body }) => body));
  });

  test('are shared by receivers, and none is given to both', async () => {
    const { client, sender, receiver } = await queueWith();
    const other = client.createReceiver('q');
    const both = [receiver, other].map((each) => each.receiveMessages(50, { maxWaitTimeInMs: 2_000 }));
    await sender.sendMessages(numbered(60));
    const [mine = [], others = []] = await Promise.all(both);
    expect(new Set([...bodies(mine), ...bodies(others)]).size).toBe(mine.length + others.length);
    expect(Math.min(mine.length, others.length)).toBeGreaterThan(0);
  });

  test('are peeked in pages, whatever their state, and stay', async () => {
    const { sender, receiver } = await queueWith();
    await sender.sendMessages(numbered(4));
    await sender.scheduleMessages({ body: 4 }, new Date(Date.now() + 60_000));
    await receiveOne(receiver);
    const first = await receiver.peekMessages(2);
    const second = await receiver.peekMessages(10);
    expect(bodies([...first, ...second])).toEqual([0, 1, 2, 3, 4]);
    expect(second.at(-1)?.state).toBe('scheduled');
    expect(first[0]?.lockToken).toBeUndefined();
    const third = second[0]?.sequenceNumber;
    expect(bodies(await receiver.peekMessages(1, { fromSequenceNumber: third }))).toEqual([2]);
    const withoutBody = { fromSequenceNumber: third, omitMessageBody: true };
    const bare = await receiver.peekMessages(1, withoutBody);
    expect(bodies(bare)).toEqual([undefined]);
  });
});

describe('receiving', () => {
  test('in the mode receive-and-delete leaves nothing behind', async () => {
    const { broker, client, sender } = await queueWith();
    await sender.sendMessages(numbered(3));
    const receiver = client.createReceiver('q', { receiveMode: 'receiveAndDelete' });
    expect(bodies(await receive(receiver, 3))).toEqual([0, 1, 2]);
    expect(broker.statistics().queues.q).toEqual({ messages: 0, locked: 0 });
  });

  test('ends when its time is over and leaves no message astray', async () => {
    const { broker, sender, receiver } = await queueWith();
    expect(await receiver.receiveMessages(10, { maxWaitTimeInMs: 100 })).toEqual([]);
    await sender.sendMessages(numbered(3));
    expect(broker.statistics().queues.q).toEqual({ messages: 3, locked: 0 });
    expect(await receive(receiver, 3)).toHaveLength(3);
  });

  test('by subscription completes what the handler handles and repeats what it throws on', async () => {
    const { broker, sender, receiver } = await queueWith();
    await sender.sendMessages(numbered(60));
    const handled: unknown[] = [];
    const processMessage = async ({ body, deliveryCount = 0 }: { body: unknown; deliveryCount?: number }) => {
      if (body === 7 && deliveryCount === 0) throw new Error('once');
      handled.push(body);
    };
    // One at a time: the SDK loses the outcome of neighbouring settlements (README.md, "rhea").
    receiver.subscribe({ processMessage, processError: ignoreErrors }, { maxConcurrentCalls: 1 });
    await eventually(() => broker.statistics().queues.q?.messages === 0, 'an empty queue');
    expect(handled).toHaveLength(60);
    expect(new Set(handled).size).toBe(60);
  });

  test('continues over 10,000 messages of one receiver', async () => {
    const { broker, sender, receiver } = await queueWith();
    const count = 10_000;
    for (let i = 0; i < count; i += 1_000) await sender.sendMessages(numbered(1_000));
    for (let left = count; left > 0; ) {
      const messages = await receive(receiver, Math.min(left, 500));
      await Promise.all(messages.map((message) => receiver.completeMessage(message)));
      left -= messages.length;
    }
    expect(broker.statistics().queues.q).toEqual({ messages: 0, locked: 0 });
  });
});
