import type { BrokerContext } from '../context.ts';
import { asBrokerError, entityNotFound, lockLost, notAllowed } from '../errors.ts';
import type { Right } from '../keys.ts';
import type { Queue } from '../queue/queue.ts';
import { Claims, pathOf } from './claims.ts';
import { ConsumerLink } from './consumer-link.ts';
import { ProducerLink } from './producer-link.ts';
import { managementHandler, respond, tokenHandler } from './requests.ts';
import {
  type AmqpConnection,
  type AmqpDelivery,
  type AmqpLink,
  type AmqpSession,
  acceptAttach,
  forget,
  type Outcome,
  refuseAttach,
  takeOver,
  writeDisposition,
} from './rhea.ts';

const CBS = '$cbs';
const SESSION_FILTER = 'com.microsoft:session-filter';

/** No client settles more deliveries at once; a larger range is nonsense. */
const MAX_RANGE = 1 << 16;

type Receive = (delivery: AmqpDelivery, bytes: Buffer) => void;

/** One client's connection: which links it has, to which queues they lead, and what it may do. */
export class ClientConnection {
  private readonly context: BrokerContext;
  private readonly connection: AmqpConnection;
  private readonly claims = new Claims();
  private readonly receivers = new Map<AmqpLink, Receive>();
  private readonly consumers = new Map<AmqpLink, ConsumerLink>();

  constructor(context: BrokerContext, connection: AmqpConnection) {
    this.context = context;
    this.connection = connection;
  }

  sessionBegun(session: AmqpSession): void {
    takeOver(session, {
      disposition: (first, last, settled, outcome) => this.disposition(session, first, last, settled, outcome),
      flow: () => {
        for (const consumer of this.consumers.values()) consumer.flow();
      },
    });
  }

  /** The client wants to send: messages to a queue, or requests. */
  producerAttached(link: AmqpLink): void {
    this.attach(link, () => {
      const address = link.target?.address ?? '';
      this.receivers.set(link, this.receiverFor(address, link));
    });
  }

  /** The client wants to receive: messages of a queue, or answers. */
  consumerAttached(link: AmqpLink): void {
    this.attach(link, () => {
      const address = link.source?.address ?? '';
      if (address === CBS || isManagement(address)) return;
      const queue = this.queueAt(address, 'Listen');
      if (SESSION_FILTER in (link.source?.filter ?? {})) {
        throw notAllowed(`The queue '${queue.name}' has no sessions: this broker does without them.`);
      }
      this.consumers.set(link, new ConsumerLink(this.context, queue, link));
    });
  }

  received(link: AmqpLink, delivery: AmqpDelivery, message: unknown): void {
    const receive = this.receivers.get(link);
    if (receive) receive(delivery, Buffer.isBuffer(message) ? message : Buffer.alloc(0));
    else forget(delivery);
  }

  detached(link: AmqpLink): void {
    this.receivers.delete(link);
    this.consumers.get(link)?.close();
    this.consumers.delete(link);
  }

  gone(): void {
    for (const link of [...this.consumers.keys()]) this.detached(link);
    this.receivers.clear();
  }

  private attach(link: AmqpLink, lead: () => void): void {
    try {
      lead();
      acceptAttach(link);
    } catch (error) {
      refuseAttach(link, asBrokerError(error));
    }
  }

  private receiverFor(address: string, link: AmqpLink): Receive {
    if (address === CBS) return this.requests(tokenHandler(this.context, this.claims));
    if (isManagement(address)) {
      const queue = this.queue(address);
      return this.requests(managementHandler(this.context, queue, this.claims));
    }
    const producer = new ProducerLink(this.context, this.queueAt(address, 'Send'), link);
    return (delivery, bytes) => producer.receive(delivery, bytes);
  }

  private requests(handler: Parameters<typeof respond>[3]): Receive {
    return (delivery, bytes) => {
      writeDisposition(delivery.link.session, true, delivery.id, delivery.id);
      forget(delivery);
      void respond(this.context, this.connection, bytes, handler);
    };
  }

  private queueAt(address: string, right: Right): Queue {
    this.claims.demand(pathOf(address), right, this.context.now());
    return this.queue(address);
  }

  private queue(address: string): Queue {
    const queue = this.context.queues.get(pathOf(address));
    if (!queue) throw entityNotFound(pathOf(address));
    return queue;
  }

  private disposition(session: AmqpSession, first: number, last: number, settled: boolean, outcome?: Outcome): void {
    if (!outcome) return;
    for (let id = first; id <= Math.min(last, first + MAX_RANGE); id++) {
      const consumer = this.senderOf(session, id);
      if (consumer) consumer.settle(id, outcome, settled);
      else if (!settled) writeDisposition(session, false, id, id, lockLost());
    }
  }

  private senderOf(session: AmqpSession, deliveryId: number): ConsumerLink | undefined {
    for (const consumer of this.consumers.values()) if (consumer.hasSent(session, deliveryId)) return consumer;
    return undefined;
  }
}

const isManagement = (address: string): boolean => /(^|\/)\$management$/i.test(address);
