import { ServiceBusClient } from '@azure/service-bus';
import type { Bench } from './installation.ts';

const NEVER = new Date('2100-01-01');

/**
 * Counts the messages of queues from now on, by their sequence numbers: a scheduled one counts twice, when it is sent and
 * when it becomes due.
 */
export async function countMessages(
  { installation }: Bench,
  queues: readonly string[],
): Promise<() => Promise<number>> {
  const client = new ServiceBusClient(installation.addresses.serviceBus.connectionString);
  const sum = async () => {
    const numbers = await Promise.all(queues.map((queue) => lastNumber(client, queue)));
    return numbers.reduce((total, number) => total + number, 0);
  };
  const before = await sum();
  return async () => {
    const after = await sum();
    await client.close();
    // The one message of each queue that asked for its number.
    return after - before - queues.length;
  };
}

/** The number that a queue gives next: that of a message which is taken back before anybody sees it. */
async function lastNumber(client: ServiceBusClient, queue: string): Promise<number> {
  const sender = client.createSender(queue);
  const [number] = await sender.scheduleMessages([{ body: null }], NEVER);
  if (number === undefined) throw new Error(`the queue ${queue} gave no number`);
  await sender.cancelScheduledMessages([number]);
  await sender.close();
  return Number(number);
}
