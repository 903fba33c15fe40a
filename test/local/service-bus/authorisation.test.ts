import { describe, expect, test } from 'vitest';
import { type AccessKey, connectionString } from '../../../local/service-bus/keys.ts';
import { brokerWith, clientOf, codeOf, queueWith, receiveOne } from './support.ts';

const READER: AccessKey = { name: 'reader', key: 'the key of the reader', rights: ['Listen'] };
const WRITER: AccessKey = { name: 'writer', key: 'the key of the writer', rights: ['Send'] };

describe('a key', () => {
  test('that the broker does not know opens nothing', async () => {
    const { port } = await brokerWith({ queues: { q: {} } });
    const stranger = clientOf(connectionString(port, { ...READER, name: 'RootManageSharedAccessKey' }));
    expect(await codeOf(stranger.createSender('q').sendMessages({ body: 1 }))).toBe('UnauthorizedAccess');
    expect(await codeOf(stranger.createReceiver('q').receiveMessages(1))).toBe('UnauthorizedAccess');
    expect(await codeOf(stranger.createReceiver('q').peekMessages(1))).toBe('UnauthorizedAccess');
  });

  test('opens what it has the rights for', async () => {
    const { port } = await brokerWith({ queues: { q: {} }, keys: [READER, WRITER] });
    const reader = clientOf(connectionString(port, READER));
    const writer = clientOf(connectionString(port, WRITER));
    const inAMinute = new Date(Date.now() + 60_000);
    await writer.createSender('q').sendMessages({ body: 'hello' });
    expect((await receiveOne(reader.createReceiver('q'))).body).toBe('hello');
    expect(await codeOf(reader.createSender('q').sendMessages({ body: 1 }))).toBe('UnauthorizedAccess');
    expect(await codeOf(reader.createSender('q').scheduleMessages({ body: 1 }, inAMinute))).toBe('UnauthorizedAccess');
    expect(await codeOf(writer.createReceiver('q').peekMessages(1))).toBe('UnauthorizedAccess');
  });
});

test('a queue that is not there is MessagingEntityNotFound', async () => {
  const { client } = await queueWith();
  expect(await codeOf(client.createSender('missing').sendMessages({ body: 1 }))).toBe('MessagingEntityNotFound');
  const receiver = client.createReceiver('missing');
  expect(await codeOf(receiver.receiveMessages(1, { maxWaitTimeInMs: 300 }))).toBe('MessagingEntityNotFound');
});

test('sessions are refused', async () => {
  const { client } = await queueWith();
  // For a named session the SDK gives its own reason, whatever the broker says.
  expect(await codeOf(client.acceptSession('q', 's1'))).toBe('SessionCannotBeLocked');
  await expect(client.acceptNextSession('q')).rejects.toThrow(/has no sessions/);
});
