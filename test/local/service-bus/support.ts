import { rm } from 'node:fs/promises';
import {
  type ProcessErrorArgs,
  ServiceBusClient,
  type ServiceBusReceivedMessage,
  type ServiceBusReceiver,
} from '@azure/service-bus';
import { onTestFinished } from 'vitest';
import { type BrokerOptions, type RunningBroker, startBroker } from '../../../local/service-bus/broker.ts';
import { until } from '../../../local/support/until.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

const PATIENCE_MS = 10_000;
const CLOSE_MS = 1_000;

/** A folder that is removed when the test ends. */
export async function dataFolder(): Promise<string> {
  const folder = await temporaryFolder('service-bus');
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

/** A broker that is stopped when the test ends. */
export async function brokerWith(options: Partial<BrokerOptions>): Promise<RunningBroker> {
  const broker = await startBroker({ data: options.data ?? (await dataFolder()), ...options });
  onTestFinished(() => broker.stop());
  return broker;
}

/** The genuine SDK, impatient. The caller closes it. */
export function impatientClient(connectionString: string, timeoutInMs: number): ServiceBusClient {
  return new ServiceBusClient(connectionString, { retryOptions: { maxRetries: 0, retryDelayInMs: 50, timeoutInMs } });
}

/** The same, closed when the test ends. */
export function clientOf(connectionString: string, timeoutInMs = 5_000): ServiceBusClient {
  const client = impatientClient(connectionString, timeoutInMs);
  onTestFinished(() => closeSoon(client));
  return client;
}

/** A client whose connection was cut may take its time to close: nobody waits for that. */
async function closeSoon(client: ServiceBusClient): Promise<void> {
  const enough = new Promise((resolve) => setTimeout(resolve, CLOSE_MS).unref());
  await Promise.race([client.close().catch(() => undefined), enough]);
}

/** A broker with one queue `q`, a client, a sender and a receiver that does not renew its locks. */
export async function queueWith(
  settings: NonNullable<BrokerOptions['queues']>[string] = {},
  options: Partial<BrokerOptions> = {},
) {
  const broker = await brokerWith({ ...options, queues: { q: settings } });
  const client = clientOf(broker.connectionString);
  const sender = client.createSender('q');
  const receiver = client.createReceiver('q', { maxAutoLockRenewalDurationInMs: 0 });
  const deadLetters = client.createReceiver('q', { subQueueType: 'deadLetter' });
  return { broker, client, sender, receiver, deadLetters };
}

/** Exactly `count` messages, in the order in which they came. */
export async function receive(receiver: ServiceBusReceiver, count: number): Promise<ServiceBusReceivedMessage[]> {
  const received: ServiceBusReceivedMessage[] = [];
  await eventually(async () => {
    const wanted = Math.min(500, count - received.length);
    received.push(...(await receiver.receiveMessages(wanted, { maxWaitTimeInMs: 1_000 })));
    return received.length >= count;
  }, `${count} messages`);
  return received;
}

export async function receiveOne(receiver: ServiceBusReceiver): Promise<ServiceBusReceivedMessage> {
  const [message] = await receive(receiver, 1);
  if (!message) throw new Error('no message came');
  return message;
}

/** Whether nothing can be received now. */
export async function isEmpty(receiver: ServiceBusReceiver): Promise<boolean> {
  return (await receiver.receiveMessages(1, { maxWaitTimeInMs: 50 })).length === 0;
}

export async function eventually(condition: () => Promise<boolean> | boolean, what: string): Promise<void> {
  if (!(await until(condition, PATIENCE_MS))) throw new Error(`waited in vain for: ${what}`);
}

export const bodies = (messages: readonly ServiceBusReceivedMessage[]): unknown[] => messages.map(({ body }) => body);

export const numbered = (count: number) => Array.from({ length: count }, (_, i) => ({ body: i }));

/** The SDK's code of a failure, also of the last of several tries. */
export async function codeOf(attempt: Promise<unknown>): Promise<string> {
  try {
    await attempt;
  } catch (error) {
    const last = error instanceof AggregateError ? error.errors.at(-1) : error;
    return String((last as { code?: unknown }).code);
  }
  throw new Error('it was expected to fail');
}

export const ignoreErrors = async (_: ProcessErrorArgs): Promise<void> => undefined;
