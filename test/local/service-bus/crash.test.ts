/** kill -9 of a broker that is a process of its own: what it has acknowledged is kept, what it has not may be lost. */
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { ServiceBusReceivedMessage, ServiceBusSender } from '@azure/service-bus';
import { expect, onTestFinished, test } from 'vitest';
import { type PartProcess, startPart } from '../../support/part-process.ts';
import { bodies, clientOf, dataFolder, eventually, numbered, receive } from './support.ts';

const ENTRY = 'local/service-bus/main.ts';

async function startProcess(data: string): Promise<{ process: PartProcess; connectionString: string }> {
  const file = path.join(data, 'queues.json');
  await writeFile(file, JSON.stringify({ q: { duplicateWindowMs: 60_000 } }));
  const process = await startPart(ENTRY, ['--port', '0', '--data', data, '--queues', file]);
  onTestFinished(async () => void (await process.end('SIGKILL')));
  return { process, connectionString: /Endpoint=\S+/.exec(process.output())?.[0] ?? '' };
}

/** Sends one message after the other until that fails, and adds the acknowledged ones to `acknowledged`. */
async function sendUntilItFails(sender: ServiceBusSender, name: string, acknowledged: string[]): Promise<void> {
  for (let i = 0; ; i++) {
    const body = `${name} ${i}`;
    try {
      await sender.sendMessages({ body });
    } catch {
      return;
    }
    acknowledged.push(body);
  }
}

test('kill -9 loses no acknowledged message and brings back no completed one', async () => {
  const data = await dataFolder();
  const { process, connectionString } = await startProcess(data);
  const client = clientOf(connectionString, 3_000);
  const sender = client.createSender('q');
  const receiver = client.createReceiver('q', { maxAutoLockRenewalDurationInMs: 0 });
  for (let i = 0; i < 1_000; i += 250) await sender.sendMessages(numbered(1_000).slice(i, i + 250));
  const received = await receive(receiver, 500);
  const completed = received.slice(0, 400);
  await Promise.all(completed.map((message) => receiver.completeMessage(message)));
  const [dead, abandoned, deferred] = received.slice(400);
  if (!dead || !abandoned || !deferred) throw new Error('more messages were expected');
  await receiver.deadLetterMessage(dead, { deadLetterReason: 'R', deadLetterErrorDescription: 'D' });
  await receiver.abandonMessage(abandoned, { tried: 'yes' });
  await receiver.deferMessage(deferred);

  const acknowledged: string[] = [];
  const senders = ['a', 'b', 'c'].map((name) => sendUntilItFails(client.createSender('q'), name, acknowledged));
  await eventually(() => acknowledged.length > 100, 'a hundred acknowledged messages');
  await process.end('SIGKILL');
  await Promise.all(senders);
  await client.close().catch(() => undefined);

  const again = clientOf((await startProcess(data)).connectionString);
  const all = again.createReceiver('q', { receiveMode: 'receiveAndDelete' });
  const gone = new Set<unknown>([...bodies(completed), dead.body, deferred.body]);
  const expected = [...numbered(1_000).map(({ body }) => body), ...acknowledged].filter((body) => !gone.has(body));
  const kept: ServiceBusReceivedMessage[] = [];
  await eventually(async () => {
    kept.push(...(await all.receiveMessages(500, { maxWaitTimeInMs: 300 })));
    const found = new Set(bodies(kept));
    return expected.every((body) => found.has(body));
  }, 'all that was acknowledged');
  expect(new Set(bodies(kept)).size).toBe(kept.length);
  expect(bodies(kept).filter((body) => gone.has(body))).toEqual([]);
  expect(kept.find(({ body }) => body === abandoned.body)).toMatchObject({
    deliveryCount: 1,
    applicationProperties: { tried: 'yes' },
  });
  const deadLetters = again.createReceiver('q', { subQueueType: 'deadLetter' });
  expect(await receive(deadLetters, 1)).toMatchObject([{ body: dead.body, deadLetterReason: 'R' }]);
  if (!deferred.sequenceNumber) throw new Error('the deferred message has no number');
  expect(bodies(await all.receiveDeferredMessages(deferred.sequenceNumber))).toEqual([deferred.body]);
});

test('kill -9 again and again, with settlements under way, loses nothing and completes nothing twice', async () => {
  const data = await dataFolder();
  const sent = new Set<number>();
  const completed = new Set<number>();
  const unsure = new Set<number>();
  let next = 0;
  for (let round = 0; round < 4; round++) {
    const { process, connectionString } = await startProcess(data);
    const client = clientOf(connectionString, 2_000);
    const sender = client.createSender('q');
    for (let i = 0; i < 5; i++) {
      const messages = Array.from({ length: 60 }, () => ({ body: next++ }));
      await sender.sendMessages(messages);
      for (const { body } of messages) sent.add(body);
    }
    const receiver = client.createReceiver('q', { maxAutoLockRenewalDurationInMs: 0 });
    const messages = await receive(receiver, 150);
    let settled = 0;
    const settling = messages.map(async (message) => {
      unsure.add(message.body);
      await receiver.completeMessage(message);
      expect(completed.has(message.body)).toBe(false);
      completed.add(message.body);
      settled++;
    });
    const over = Promise.allSettled(settling);
    await eventually(() => settled > 0, 'a first completion');
    await process.end('SIGKILL');
    await over;
    await client.close().catch(() => undefined);
  }
  const receiver = clientOf((await startProcess(data)).connectionString).createReceiver('q', {
    receiveMode: 'receiveAndDelete',
  });
  const left = new Set<number>();
  const certain = [...sent].filter((body) => !unsure.has(body));
  await eventually(async () => {
    for (const { body } of await receiver.receiveMessages(500, { maxWaitTimeInMs: 300 })) left.add(body);
    return certain.every((body) => left.has(body));
  }, 'all messages that nobody tried to complete');
  expect([...left].filter((body) => completed.has(body))).toEqual([]);
  expect([...sent].filter((body) => !left.has(body) && !unsure.has(body))).toEqual([]);
});
