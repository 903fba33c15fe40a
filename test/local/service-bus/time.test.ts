import { describe, expect, test } from 'vitest';
import { bodies, codeOf, eventually, isEmpty, queueWith, receive, receiveOne } from './support.ts';

describe('a scheduled message', () => {
  test('is not delivered before its time', async () => {
    const { sender, receiver } = await queueWith();
    const due = new Date(Date.now() + 500);
    await sender.sendMessages([{ body: 'later', scheduledEnqueueTimeUtc: due }]);
    const later = await receiveOne(receiver);
    expect(Date.now()).toBeGreaterThanOrEqual(Number(due));
    expect(later).toMatchObject({ body: 'later', state: 'active' });
  });

  test('lets those pass that are due', async () => {
    const { sender, receiver } = await queueWith();
    const due = new Date(Date.now() + 60_000);
    await sender.sendMessages([{ body: 'later', scheduledEnqueueTimeUtc: due }, { body: 'now' }]);
    expect(bodies(await receive(receiver, 1))).toEqual(['now']);
  });

  test('can be cancelled by its number until then', async () => {
    const { broker, sender } = await queueWith();
    const [first, second] = await sender.scheduleMessages([{ body: 1 }, { body: 2 }], new Date(Date.now() + 60_000));
    if (!first || !second) throw new Error('two numbers were expected');
    await sender.cancelScheduledMessages(first);
    expect(await codeOf(sender.cancelScheduledMessages([second, first]))).toBe('MessageNotFound');
    expect(broker.statistics().queues.q?.messages).toBe(1);
    await sender.cancelScheduledMessages(second);
    expect(broker.statistics().queues.q?.messages).toBe(0);
  });
});

describe('a message whose time to live is over', () => {
  test('is removed, wherever in the queue it stands', async () => {
    const { broker, sender, receiver } = await queueWith();
    await sender.sendMessages([{ body: 'keeps' }, { body: 'fades', timeToLive: 200 }, { body: 'keeps too' }]);
    await eventually(() => broker.statistics().queues.q?.messages === 2, 'the end of the middle message');
    expect(bodies(await receive(receiver, 2))).toEqual(['keeps', 'keeps too']);
    expect(broker.statistics().queues['q/$deadletterqueue']?.messages).toBe(0);
  });

  test('is dead-lettered if the queue says so; the queue sets an upper limit', async () => {
    const { sender, receiver, deadLetters } = await queueWith({ timeToLiveMs: 200, deadLetterExpired: true });
    await sender.sendMessages({ body: 'short', timeToLive: 60_000 });
    const dead = await receiveOne(deadLetters);
    expect(dead).toMatchObject({ body: 'short', deadLetterReason: 'TTLExpiredException' });
    expect(await isEmpty(receiver)).toBe(true);
  });
});

test('a second message with the same id is accepted and discarded within the window, and taken after it', async () => {
  const { broker, sender, receiver } = await queueWith({ duplicateWindowMs: 500 });
  await sender.sendMessages([
    { body: 1, messageId: 'same' },
    { body: 2, messageId: 'same' },
  ]);
  await sender.sendMessages({ body: 3, messageId: 'same' });
  await sender.sendMessages({ body: 4, messageId: 'other' });
  expect(bodies(await receive(receiver, 2))).toEqual([1, 4]);
  await eventually(async () => {
    await sender.sendMessages({ body: 5, messageId: 'same' });
    return broker.statistics().queues.q?.messages === 3;
  }, 'the end of the window');
  expect(await receiveOne(receiver)).toMatchObject({ body: 5 });
});
