import { ServiceBusClient, type ServiceBusMessage, type ServiceBusSender } from '@azure/service-bus';
import type { Poster, QueueAddress, Waiting } from './outbox.ts';

/** The outbox tries again by itself, and sooner. */
const CLIENT_OPTIONS = { retryOptions: { maxRetries: 0, timeoutInMs: 10_000 } };

/** Posts with the client that everybody uses, in batches as large as the queue takes. */
export class ServiceBusPoster implements Poster {
  private readonly clients = new Map<string, ServiceBusClient>();
  private readonly senders = new Map<string, ServiceBusSender>();

  async post(address: QueueAddress, messages: readonly Waiting[]): Promise<void> {
    const sender = this.senderOf(address);
    try {
      await sendInBatches(sender, messages.map(toMessage));
    } catch (error) {
      await this.forget(address);
      throw error;
    }
  }

  async close(): Promise<void> {
    await Promise.allSettled([...this.clients.values()].map((client) => client.close()));
    this.clients.clear();
    this.senders.clear();
  }

  private senderOf({ connectionString, queue }: QueueAddress): ServiceBusSender {
    const key = `${connectionString} ${queue}`;
    const client = this.clients.get(connectionString) ?? new ServiceBusClient(connectionString, CLIENT_OPTIONS);
    this.clients.set(connectionString, client);
    const sender = this.senders.get(key) ?? client.createSender(queue);
    this.senders.set(key, sender);
    return sender;
  }

  /** A connection that failed once is made anew. */
  private async forget({ connectionString }: QueueAddress): Promise<void> {
    const client = this.clients.get(connectionString);
    this.clients.delete(connectionString);
    for (const key of [...this.senders.keys()]) if (key.startsWith(`${connectionString} `)) this.senders.delete(key);
    await client?.close().catch(() => undefined);
  }
}

function toMessage({ body, properties, correlationId }: Waiting): ServiceBusMessage {
  return {
    body: Buffer.from(body),
    contentType: 'application/json',
    correlationId,
    applicationProperties: { ...properties },
  };
}

async function sendInBatches(sender: ServiceBusSender, messages: readonly ServiceBusMessage[]): Promise<void> {
  let batch = await sender.createMessageBatch();
  for (const message of messages) {
    if (batch.tryAddMessage(message)) continue;
    if (batch.count > 0) await sender.sendMessages(batch);
    batch = await sender.createMessageBatch();
    if (!batch.tryAddMessage(message)) await sender.sendMessages(message);
  }
  if (batch.count > 0) await sender.sendMessages(batch);
}
