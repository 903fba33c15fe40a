import type { BrokerContext } from '../context.ts';
import { asBrokerError, tooLarge } from '../errors.ts';
import type { Queue } from '../queue/queue.ts';
import { Answers } from './answers.ts';
import { messagesOfBatch } from './codec.ts';
import type { AmqpDelivery, AmqpLink } from './rhea.ts';
import { sendThen } from './sending.ts';

/** Told to the client, which then refuses larger ones by itself. Batches are bound by it, too. */
export const MAX_MESSAGE_BYTES = 1024 * 1024;

/** Message format of a transfer whose data sections hold one encoded message each. */
const BATCH_FORMAT = 0x80013700;

/** A link on which a client sends messages to a queue. */
export class ProducerLink {
  private readonly context: BrokerContext;
  private readonly queue: Queue;
  private readonly answers: Answers;

  constructor(context: BrokerContext, queue: Queue, link: AmqpLink) {
    this.context = context;
    this.queue = queue;
    this.answers = new Answers(link);
  }

  receive(delivery: AmqpDelivery, bytes: Buffer): void {
    let messages: Buffer[];
    try {
      if (bytes.length > MAX_MESSAGE_BYTES) {
        throw tooLarge(`The message has ${bytes.length} bytes; ${MAX_MESSAGE_BYTES} are allowed.`);
      }
      messages = delivery.format === BATCH_FORMAT ? messagesOfBatch(bytes) : [bytes];
    } catch (error) {
      this.answers.refuse(delivery, asBrokerError(error));
      return;
    }
    sendThen(this.context, this.queue, messages, (error) => {
      if (error) this.answers.refuse(delivery, error);
      else this.answers.accept(delivery);
    });
  }
}
