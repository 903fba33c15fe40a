import type { Clock } from '../clock/port.ts';
import type { OutgoingMessage, QueueName, Queues } from './port.ts';

export interface QueuedMessage {
  readonly body: object;
  /** Milliseconds since 1970 UTC: delivered from then on. */
  readonly deliverAt: number;
}

/** Queues of one process, for tests and simulations: what was sent, until somebody takes it. */
export class MemoryQueues implements Queues {
  readonly #clock: Clock;
  readonly #queues = new Map<QueueName, QueuedMessage[]>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  async send(queue: QueueName, messages: readonly OutgoingMessage[]): Promise<void> {
    const now = this.#clock.now();
    const waiting = this.waiting(queue);
    for (const { body, notBefore = now } of messages) {
      // As over the wire: JSON, and nothing that the sender changes later.
      const message = { body: JSON.parse(JSON.stringify(body)), deliverAt: Math.max(now, notBefore) };
      const later = waiting.findIndex(({ deliverAt }) => deliverAt > message.deliverAt);
      waiting.splice(later === -1 ? waiting.length : later, 0, message);
    }
    this.#queues.set(queue, waiting);
  }

  /** What waits, in the order of delivery, due or not. */
  waiting(queue: QueueName): QueuedMessage[] {
    return [...(this.#queues.get(queue) ?? [])];
  }

  /** Takes up to `limit` messages that are due by now, in the order of delivery. */
  takeDue(queue: QueueName, limit = Number.POSITIVE_INFINITY): QueuedMessage[] {
    const waiting = this.waiting(queue);
    const due = waiting.filter(({ deliverAt }) => deliverAt <= this.#clock.now()).slice(0, limit);
    this.#queues.set(queue, waiting.slice(due.length));
    return due;
  }

  /** When the next message is delivered; null when none waits. */
  nextDeliveryAt(queue: QueueName): number | null {
    return this.#queues.get(queue)?.[0]?.deliverAt ?? null;
  }
}
