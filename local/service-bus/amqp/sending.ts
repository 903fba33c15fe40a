import { randomUUID } from 'node:crypto';
import type { BrokerContext } from '../context.ts';
import { asBrokerError, type BrokerError, notAllowed, quotaExceeded } from '../errors.ts';
import type { Queue } from '../queue/queue.ts';
import type { Admitted } from '../store/store.ts';
import { type IncomingMessage, readIncoming } from './codec.ts';

/** Of a message that was discarded as a duplicate. */
const NO_NUMBER = 0;

/**
 * Puts messages into a queue, all or none. Resolves with their sequence numbers once they are durable.
 * @throws BrokerError if the queue or the disk is full, or a message is malformed
 */
export function send(context: BrokerContext, queue: Queue, messages: readonly Buffer[]): Promise<number[]> {
  return new Promise((resolve, reject) => {
    sendThen(context, queue, messages, (error, numbers) => (error ? reject(error) : resolve(numbers)));
  });
}

/** The same with a callback, which costs a busy sender less. */
export function sendThen(
  { store }: BrokerContext,
  queue: Queue,
  messages: readonly Buffer[],
  done: (error: BrokerError | undefined, sequenceNumbers: number[]) => void,
): void {
  const admitted: Admitted[] = [];
  const numbers: number[] = [];
  const withdraw = () => {
    for (const { message, messageId } of admitted) queue.withdraw(message, messageId);
  };
  try {
    if (!queue.deadLetters) throw notAllowed('Messages cannot be sent to a dead-letter queue.');
    for (const incoming of messages.map((message) => readIncoming(message, randomUUID))) {
      const message = admit(queue, incoming, store);
      if (message) admitted.push({ message, messageId: incoming.messageId });
      numbers.push(message?.sequenceNumber ?? NO_NUMBER);
    }
  } catch (error) {
    withdraw();
    done(asBrokerError(error), []);
    return;
  }
  store.save(queue, admitted, (error) => {
    if (error) {
      withdraw();
      done(quotaExceeded(`The broker cannot keep the message: ${error.message}.`), []);
      return;
    }
    for (const { message } of admitted) queue.insert(message);
    done(undefined, numbers);
  });
}

const admit = (queue: Queue, incoming: IncomingMessage, store: BrokerContext['store']) =>
  queue.admit(incoming, store.payloadOf(incoming.payload));
