import {
  ServiceBusClient,
  type ServiceBusClientOptions,
  type ServiceBusMessage,
  type ServiceBusSender,
} from '@azure/service-bus';
import { FreshetError } from '../../errors/error.ts';
import type { Credential } from '../identity/credential.port.ts';
import { reasonOf } from '../reason.ts';
import type { OutgoingMessage, QueueName, Queues } from './port.ts';

/** Where the namespace is and how Freshet may use it. */
export type ServiceBusNamespace =
  | { readonly connectionString: string }
  /** `<namespace>.servicebus.windows.net` with Freshet's own identity. */
  | { readonly host: string; readonly credential: Credential };

/**
 * One repetition for a link that the service closed meanwhile. The library's own defaults (3 retries, 30 s apart, 60 s
 * each) would hold a worker for minutes; longer trouble is for the sweep, which rings again.
 */
const CLIENT: ServiceBusClientOptions = {
  retryOptions: { maxRetries: 1, retryDelayInMs: 250, timeoutInMs: 10_000 },
};

/** Azure Service Bus, or the local broker. One sender per queue is kept open. */
export class ServiceBusQueues implements Queues {
  readonly #client: ServiceBusClient;
  readonly #senders = new Map<QueueName, ServiceBusSender>();

  /** Connects at the first send. Errors: SETTING_INVALID when the connection string cannot be read. */
  constructor(namespace: ServiceBusNamespace) {
    this.#client = clientOf(namespace);
  }

  async send(queue: QueueName, messages: readonly OutgoingMessage[]): Promise<void> {
    if (messages.length === 0) return;
    const sender = this.#sender(queue);
    try {
      await sendInBatches(sender, messages.map(toServiceBus));
    } catch (error) {
      this.#discard(queue, sender);
      throw new FreshetError('QUEUE_UNAVAILABLE', { queue, reason: reasonOf(error) }, error);
    }
  }

  /** Ends the connection; sends under way fail. */
  async close(): Promise<void> {
    this.#senders.clear();
    await this.#client.close();
  }

  #sender(queue: QueueName): ServiceBusSender {
    const sender = this.#senders.get(queue) ?? this.#client.createSender(queue);
    this.#senders.set(queue, sender);
    return sender;
  }

  /**
   * A sender that failed is not trusted again: the next send makes a new one, and with it a new link. Nobody waits for the
   * old one to close, which takes a minute where the connection is dead without knowing it.
   */
  #discard(queue: QueueName, sender: ServiceBusSender): void {
    if (this.#senders.get(queue) !== sender) return;
    this.#senders.delete(queue);
    sender.close().catch(() => undefined);
  }
}

/** As few batches as the link's size limit allows. */
async function sendInBatches(sender: ServiceBusSender, messages: readonly ServiceBusMessage[]): Promise<void> {
  let batch = await sender.createMessageBatch();
  for (const message of messages) {
    if (batch.tryAddMessage(message)) continue;
    if (batch.count > 0) {
      await sender.sendMessages(batch);
      batch = await sender.createMessageBatch();
    }
    if (!batch.tryAddMessage(message)) throw new Error('a message is larger than the queue takes');
  }
  await sender.sendMessages(batch);
}

function toServiceBus({ body, notBefore }: OutgoingMessage): ServiceBusMessage {
  return {
    body,
    contentType: 'application/json',
    ...(notBefore !== undefined && { scheduledEnqueueTimeUtc: new Date(notBefore) }),
  };
}

function clientOf(namespace: ServiceBusNamespace): ServiceBusClient {
  if (!('connectionString' in namespace)) return new ServiceBusClient(namespace.host, namespace.credential, CLIENT);
  try {
    return new ServiceBusClient(namespace.connectionString, CLIENT);
  } catch {
    // Its text may quote the connection string.
    throw new FreshetError('SETTING_INVALID', {
      name: 'ServiceBusConnection',
      reason: 'it is not a connection string',
    });
  }
}
