/** Rebuilds the queues from the journal's entries. */
import { StartFailure } from '../../support/failure.ts';

import type { Message } from '../queue/message.ts';
import type { Queue } from '../queue/queue.ts';
import { unshelved } from '../queue/shelf.ts';
import type { Entry, MessageState } from './entries.ts';
import type { Place } from './journal.ts';
import { StoredPayload } from './stored-payload.ts';

interface Found {
  readonly state: MessageState;
  readonly payload: StoredPayload;
}

interface FoundQueue {
  next: number;
  readonly messages: Map<number, Found>;
  readonly seen: Map<string, { until: number; segment: number }>;
}

export class Replay {
  private readonly queues = new Map<string, FoundQueue>();

  apply(entry: Entry, payloadSize: number, place: Place): void {
    switch (entry.kind) {
      case 'add': {
        const queue = this.queue(entry.queue);
        const payload = new StoredPayload(payloadSize, undefined, place);
        put(queue, { state: entry.state, payload });
        if (entry.seen) queue.seen.set(entry.seen.id, { until: entry.seen.until, segment: place.segment });
        return;
      }
      case 'change': {
        const from = this.queue(entry.queue);
        const found = from.messages.get(entry.number);
        if (!found) return;
        from.messages.delete(entry.number);
        put(this.queue(entry.to), { state: entry.state, payload: found.payload });
        return;
      }
      case 'remove':
        this.queue(entry.queue).messages.delete(entry.number);
        return;
      case 'seen':
        this.queue(entry.queue).seen.set(entry.id, { until: entry.until, segment: place.segment });
        return;
      case 'numbers':
        for (const [name, next] of entry.next) {
          const queue = this.queue(name);
          queue.next = Math.max(queue.next, next);
        }
    }
  }

  /** Puts everything into `queues`; yields the payload of each message with the name of its queue. */
  *fill(queues: ReadonlyMap<string, Queue>): Generator<{ queue: string; payload: StoredPayload }> {
    for (const [name, found] of this.queues) {
      const queue = queues.get(name);
      if (!queue && found.messages.size > 0) throw undefinedQueue(name, found.messages.size);
      if (!queue) continue;
      queue.nextSequenceNumber = Math.max(queue.nextSequenceNumber, found.next);
      const seen = [...found.seen].sort(([, a], [, b]) => a.until - b.until);
      for (const [id, entry] of seen) queue.duplicates?.restore(id, entry);
      for (const [, { state, payload }] of [...found.messages].sort(([a], [b]) => a - b)) {
        queue.restore(messageOf(state, payload));
        yield { queue: name, payload };
      }
    }
  }

  private queue(name: string): FoundQueue {
    let queue = this.queues.get(name);
    if (!queue) {
      queue = { next: 1, messages: new Map(), seen: new Map() };
      this.queues.set(name, queue);
    }
    return queue;
  }
}

function put(queue: FoundQueue, found: Found): void {
  queue.messages.set(found.state.sequenceNumber, found);
  queue.next = Math.max(queue.next, found.state.sequenceNumber + 1);
}

function messageOf(state: MessageState, payload: StoredPayload): Message {
  const properties = state.applicationProperties;
  return {
    sequenceNumber: state.sequenceNumber,
    enqueuedAt: state.enqueuedAt,
    deliveryCount: state.deliveryCount,
    state: state.state,
    timeToLive: state.timeToLive,
    dueAt: state.dueAt,
    deadLetterSource: state.deadLetterSource,
    applicationProperties: properties === undefined ? undefined : Buffer.from(properties, 'base64'),
    payload,
    ...unshelved(),
  };
}

const undefinedQueue = (name: string, count: number) =>
  new StartFailure(
    `the journal holds ${count} messages of the queue '${name}', which is not defined`,
    'Define it, or delete the data',
  );
