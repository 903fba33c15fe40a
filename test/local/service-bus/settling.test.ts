import type { ServiceBusReceiver } from '@azure/service-bus';
import { describe, expect, test } from 'vitest';
import { codeOf, eventually, isEmpty, numbered, queueWith, receive, receiveOne } from './support.ts';

/** The SDK's own way back to the broker when the link on which a message came is closed. */
async function closeLink(receiver: ServiceBusReceiver): Promise<void> {
  const { _batchingReceiver: inner } = receiver as unknown as { _batchingReceiver: { closeLink(): Promise<void> } };
  await inner.closeLink();
}

describe('abandoning', () => {
  test('gives a message back to its place, counted and with the changed properties', async () => {
    const { sender, receiver } = await queueWith();
    await sender.sendMessages([{ body: 'a', applicationProperties: { kept: 1, changed: 1 } }, { body: 'b' }]);
    await receiver.abandonMessage(await receiveOne(receiver), { changed: 2, added: 'yes' });
    const [a, b] = await receive(receiver, 2);
    expect(a).toMatchObject({ body: 'a', deliveryCount: 1 });
    expect(a?.applicationProperties).toEqual({ kept: 1, changed: 2, added: 'yes' });
    expect(b).toMatchObject({ body: 'b', deliveryCount: 0 });
  });

  test('too often leads to the dead-letter queue', async () => {
    const { sender, receiver, deadLetters } = await queueWith({ maxDeliveryCount: 3 });
    await sender.sendMessages({ body: 'poison' });
    for (let i = 0; i < 3; i++) await receiver.abandonMessage(await receiveOne(receiver));
    expect(await receiveOne(deadLetters)).toMatchObject({
      body: 'poison',
      deadLetterReason: 'MaxDeliveryCountExceeded',
      deadLetterSource: 'q',
    });
    expect(await isEmpty(receiver)).toBe(true);
  });
});

describe('dead-lettering', () => {
  test('moves a message to the sub-queue with reason, description and properties', async () => {
    const { sender, receiver, deadLetters } = await queueWith();
    await sender.sendMessages({ body: 'bad', applicationProperties: { kept: 42 } });
    const options = { deadLetterReason: 'Bad', deadLetterErrorDescription: 'very bad', extra: 'e' };
    await receiver.deadLetterMessage(await receiveOne(receiver), options);
    expect(await deadLetters.peekMessages(5)).toMatchObject([{ body: 'bad' }]);
    const dead = await receiveOne(deadLetters);
    expect(dead).toMatchObject({ deadLetterReason: 'Bad', deadLetterErrorDescription: 'very bad' });
    expect(dead.applicationProperties).toMatchObject({ kept: 42, extra: 'e' });
    await deadLetters.abandonMessage(dead);
    const again = await receiveOne(deadLetters);
    expect(again.deliveryCount).toBe(1);
    await deadLetters.completeMessage(again);
    expect(await isEmpty(deadLetters)).toBe(true);
  });

  test('a dead-lettered message again is refused and loses nothing', async () => {
    const { broker, sender, receiver, deadLetters } = await queueWith();
    await sender.sendMessages({ body: 'bad' });
    await receiver.deadLetterMessage(await receiveOne(receiver));
    await expect(deadLetters.deadLetterMessage(await receiveOne(deadLetters))).rejects.toThrow(/dead-lettered again/);
    expect(broker.statistics().queues['q/$deadletterqueue']?.messages).toBe(1);
  });

  test('the dead-letter queue takes no messages from outside', async () => {
    const { client } = await queueWith();
    const sender = client.createSender('q/$DeadLetterQueue');
    await expect(sender.sendMessages({ body: 1 })).rejects.toThrow(/cannot be sent to a dead-letter queue/);
  });
});

describe('deferring', () => {
  test('keeps a message until it is asked for by number, and then it is settled like any other', async () => {
    const { broker, sender, receiver } = await queueWith();
    await sender.sendMessages({ body: 'later' });
    const { sequenceNumber } = await receiveOne(receiver).then(async (message) => {
      await receiver.deferMessage(message, { why: 'not yet' });
      return message;
    });
    if (!sequenceNumber) throw new Error('the message has no number');
    expect(await isEmpty(receiver)).toBe(true);
    const [deferred] = await receiver.receiveDeferredMessages(sequenceNumber);
    if (!deferred) throw new Error('the deferred message is gone');
    expect(deferred).toMatchObject({ body: 'later', state: 'deferred', applicationProperties: { why: 'not yet' } });
    expect(await codeOf(receiver.receiveDeferredMessages(sequenceNumber))).toBe('MessageNotFound');
    await receiver.abandonMessage(deferred);
    const [again] = await receiver.receiveDeferredMessages(sequenceNumber);
    if (!again) throw new Error('the deferred message is gone');
    expect(again.deliveryCount).toBe(1);
    await receiver.completeMessage(again);
    expect(broker.statistics().queues.q?.messages).toBe(0);
  });
});

describe('a lock', () => {
  test('that runs out counts as a delivery, and a settlement after it is refused', async () => {
    const { sender, receiver } = await queueWith({ lockMs: 300 });
    await sender.sendMessages({ body: 'slow' });
    const first = await receiveOne(receiver);
    const second = await receiveOne(receiver);
    expect(second).toMatchObject({ body: 'slow', deliveryCount: 1 });
    expect(await codeOf(receiver.completeMessage(first))).toBe('MessageLockLost');
    await receiver.completeMessage(second);
    expect(await isEmpty(receiver)).toBe(true);
  });

  test('that is renewed lasts longer', async () => {
    const { broker, sender, receiver } = await queueWith({ lockMs: 1_500 });
    await sender.sendMessages({ body: 'long work' });
    const message = await receiveOne(receiver);
    const firstEnd = Number(message.lockedUntilUtc);
    await eventually(async () => {
      await receiver.renewMessageLock(message);
      return Date.now() > firstEnd + 300;
    }, 'a time after the first lock');
    expect(broker.statistics().queues.q?.locked).toBe(1);
    await receiver.completeMessage(message);
    expect(broker.statistics().queues.q?.messages).toBe(0);
  });

  test('survives the closing of its link: the message is settled over $management', async () => {
    const { broker, sender, receiver, deadLetters } = await queueWith();
    await sender.sendMessages(numbered(2));
    const [zero, one] = await receive(receiver, 2);
    if (!zero || !one) throw new Error('two messages were expected');
    await closeLink(receiver);
    await receiver.completeMessage(zero);
    await receiver.deadLetterMessage(one, { deadLetterReason: 'R', deadLetterErrorDescription: 'D' });
    expect(broker.statistics().queues.q).toEqual({ messages: 0, locked: 0 });
    expect(await receiveOne(deadLetters)).toMatchObject({ body: 1, deadLetterReason: 'R' });
  });
});

test('completions and refusals in one turn are each answered for themselves', async () => {
  const { broker, sender, receiver } = await queueWith({ lockMs: 1_000 });
  await sender.sendMessages(numbered(3));
  const stale = await receive(receiver, 3);
  await eventually(() => broker.statistics().queues.q?.locked === 0, 'the end of the locks');
  const fresh = await receive(receiver, 3);
  const mixed = [...stale.slice(0, 2), ...fresh.slice(0, 2), ...stale.slice(2), ...fresh.slice(2)];
  const outcomes = await Promise.allSettled(mixed.map((message) => receiver.completeMessage(message)));
  const [lost, done] = ['rejected', 'fulfilled'];
  expect(outcomes.map(({ status }) => status)).toEqual([lost, lost, done, done, lost, done]);
  expect(broker.statistics().queues.q).toEqual({ messages: 0, locked: 0 });
});
