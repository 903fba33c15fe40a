/** What a broker still knows after an orderly stop; `crash.test.ts` does the same with kill -9. */
import { readdirSync, statSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { type BrokerOptions, startBroker } from '../../../local/service-bus/broker.ts';
import { bodies, brokerWith, clientOf, codeOf, dataFolder, isEmpty, numbered, receive, receiveOne } from './support.ts';

type Settings = NonNullable<BrokerOptions['queues']>[string];

/** Runs `before`, stops the broker, starts it again on the same data. */
async function restarted(settings: Settings, before: (parts: Parts) => Promise<void>): Promise<Parts> {
  const data = await dataFolder();
  const first = await startBroker({ data, queues: { q: settings } });
  await before(partsOf(first.connectionString)).finally(() => first.stop());
  const second = await brokerWith({ data, queues: { q: settings } });
  return partsOf(second.connectionString);
}

type Parts = ReturnType<typeof partsOf>;

function partsOf(connectionString: string) {
  const client = clientOf(connectionString);
  const receiver = client.createReceiver('q', { maxAutoLockRenewalDurationInMs: 0 });
  const deadLetters = client.createReceiver('q', { subQueueType: 'deadLetter' });
  return { sender: client.createSender('q'), receiver, deadLetters };
}

describe('after a restart', () => {
  test('messages, counts and changed properties are there; completed ones are not', async () => {
    const { receiver } = await restarted({}, async ({ sender, receiver }) => {
      await sender.sendMessages(numbered(4));
      const [zero, one] = await receive(receiver, 3);
      if (!zero || !one) throw new Error('messages were expected');
      await receiver.completeMessage(zero);
      await receiver.abandonMessage(one, { tried: 'yes' });
    });
    const messages = await receive(receiver, 3);
    expect(bodies(messages)).toEqual([1, 2, 3]);
    expect(messages.map(({ deliveryCount }) => deliveryCount)).toEqual([1, 0, 0]);
    expect(messages[0]?.applicationProperties).toEqual({ tried: 'yes' });
    expect(messages.map(({ sequenceNumber }) => sequenceNumber?.toNumber())).toEqual([2, 3, 4]);
  });

  test('dead-lettered messages are in the dead-letter queue with their reason', async () => {
    const { deadLetters, receiver } = await restarted({}, async ({ sender, receiver }) => {
      await sender.sendMessages({ body: 'bad', timeToLive: 60_000 });
      const options = { deadLetterReason: 'Bad', deadLetterErrorDescription: 'very bad' };
      await receiver.deadLetterMessage(await receiveOne(receiver), options);
    });
    expect(await receiveOne(deadLetters)).toMatchObject({
      body: 'bad',
      deadLetterReason: 'Bad',
      deadLetterErrorDescription: 'very bad',
      deadLetterSource: 'q',
      timeToLive: 60_000,
    });
    expect(await isEmpty(receiver)).toBe(true);
  });

  test('scheduled messages keep their time and their number, cancelled ones stay away', async () => {
    const due = new Date(Date.now() + 1_500);
    const { receiver } = await restarted({}, async ({ sender }) => {
      const [first] = await sender.scheduleMessages([{ body: 'cancelled' }, { body: 'later' }], due);
      if (first) await sender.cancelScheduledMessages(first);
    });
    const [peeked] = await receiver.peekMessages(1);
    expect(peeked).toMatchObject({ body: 'later', state: 'scheduled', scheduledEnqueueTimeUtc: due });
    expect(await receiveOne(receiver)).toMatchObject({ body: 'later', state: 'active' });
    expect(Date.now()).toBeGreaterThanOrEqual(Number(due));
  });

  test('deferred messages are had by their number', async () => {
    const { receiver } = await restarted({}, async ({ sender, receiver }) => {
      await sender.sendMessages({ body: 'later' });
      await receiver.deferMessage(await receiveOne(receiver));
    });
    expect(await isEmpty(receiver)).toBe(true);
    const [peeked] = await receiver.peekMessages(1);
    if (!peeked?.sequenceNumber) throw new Error('the message is gone');
    const [deferred] = await receiver.receiveDeferredMessages(peeked.sequenceNumber);
    expect(deferred).toMatchObject({ body: 'later', state: 'deferred' });
  });

  test('the ids within the window of duplicates are known, of completed messages too', async () => {
    const { sender, receiver } = await restarted({ duplicateWindowMs: 60_000 }, async ({ sender, receiver }) => {
      await sender.sendMessages({ body: 'first', messageId: 'same' });
      await receiver.completeMessage(await receiveOne(receiver));
    });
    await sender.sendMessages([
      { body: 'second', messageId: 'same' },
      { body: 'third', messageId: 'other' },
    ]);
    expect(bodies(await receive(receiver, 1))).toEqual(['third']);
  });

  test('a message that expired meanwhile is gone', async () => {
    const { receiver } = await restarted({}, async ({ sender }) => {
      await sender.sendMessages([{ body: 'short', timeToLive: 1 }, { body: 'long' }]);
    });
    expect(bodies(await receive(receiver, 1))).toEqual(['long']);
  });

  test('numbers are not given again, though all messages were completed and their segments dropped', async () => {
    const { sender, receiver } = await restarted({}, async ({ sender, receiver }) => {
      await sender.sendMessages(numbered(500).map(({ body }) => ({ body, filler: 'x'.repeat(500) })));
      const messages = await receive(receiver, 500);
      await Promise.all(messages.map((message) => receiver.completeMessage(message)));
    });
    await sender.sendMessages({ body: 'next' });
    expect((await receiveOne(receiver)).sequenceNumber?.toNumber()).toBe(501);
  });
});

test('the journal is compacted at start', async () => {
  const data = await dataFolder();
  const journal = path.join(data, 'journal');
  const size = () => readdirSync(journal).reduce((sum, name) => sum + statSync(path.join(journal, name)).size, 0);
  const first = await startBroker({ data, queues: { q: { duplicateWindowMs: 60_000 } } });
  const { sender, receiver } = partsOf(first.connectionString);
  const body = 'x'.repeat(10_000);
  for (let i = 0; i < 400; i += 50)
    await sender.sendMessages(Array.from({ length: 50 }, (_, k) => ({ body, messageId: `m${i + k}` })));
  const messages = await receive(receiver, 390);
  await Promise.all(messages.map((message) => receiver.completeMessage(message)));
  await first.stop();
  expect(size()).toBeGreaterThan(4_000_000);
  for (let run = 0; run < 2; run++) {
    const again = await startBroker({ data, queues: { q: { duplicateWindowMs: 60_000 } } });
    expect(size()).toBeLessThan(300_000);
    const parts = partsOf(again.connectionString);
    await parts.sender.sendMessages([{ body: 'known', messageId: 'm1' }]);
    expect(again.statistics().queues.q?.messages).toBe(10);
    expect((await parts.receiver.peekMessages(10)).map((message) => message.body)).toEqual(Array(10).fill(body));
    await again.stop();
  }
});

test('two brokers do not share a folder', async () => {
  const data = await dataFolder();
  await brokerWith({ data });
  await expect(startBroker({ data })).rejects.toThrow(/in use by process/);
});

test('messages of a queue that is not defined any more are not thrown away', async () => {
  const data = await dataFolder();
  const first = await startBroker({ data, queues: { old: {} } });
  await clientOf(first.connectionString).createSender('old').sendMessages({ body: 1 });
  await first.stop();
  await expect(startBroker({ data, queues: { q: {} } })).rejects.toThrow(/1 messages of the queue 'old'/);
  const second = await brokerWith({ data, queues: { old: {} } });
  expect(second.statistics().queues.old?.messages).toBe(1);
});

test('a client goes on after the broker was restarted on the same port', async () => {
  const data = await dataFolder();
  const first = await startBroker({ data, queues: { q: {} } });
  const { sender, receiver } = partsOf(first.connectionString);
  await sender.sendMessages({ body: 'before' });
  await first.stop();
  expect(await codeOf(sender.sendMessages({ body: 'lost' }))).not.toBe('');
  await brokerWith({ data, port: first.port, queues: { q: {} } });
  await expect
    .poll(
      () =>
        sender.sendMessages({ body: 'after' }).then(
          () => true,
          () => false,
        ),
      { timeout: 10_000 },
    )
    .toBe(true);
  expect(bodies(await receive(receiver, 2))).toEqual(['before', 'after']);
});
