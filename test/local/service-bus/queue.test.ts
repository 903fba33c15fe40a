/** The queue by itself, with a clock that stands still until it is told to go on. */
import { beforeEach, describe, expect, test } from 'vitest';
import type { IncomingMessage } from '../../../local/service-bus/amqp/codec.ts';
import type { Consumer, Lock, Message } from '../../../local/service-bus/queue/message.ts';
import { type MessageStore, Queue } from '../../../local/service-bus/queue/queue.ts';
import { completeDefinitions, type QueueDefinitions } from '../../../local/service-bus/queues.ts';

const LOCK_MS = 1_000;
const LATER = 10_000;

let now: number;
let said: string[];

class Receiver implements Consumer {
  readonly deletes: boolean;
  readonly got: { number: number; lock: Lock | undefined }[] = [];
  readonly lost: Lock[] = [];
  credit: number;

  constructor(credit = 100, deletes = false) {
    this.credit = credit;
    this.deletes = deletes;
  }

  canTake(): boolean {
    return this.credit > 0;
  }

  deliver(message: Message, lock: Lock | undefined): void {
    this.credit--;
    this.got.push({ number: message.sequenceNumber, lock });
  }

  unlocked(lock: Lock): void {
    this.lost.push(lock);
  }

  get numbers(): number[] {
    return this.got.map(({ number }) => number);
  }

  lockOf(index: number): Lock {
    const lock = this.got[index]?.lock;
    if (!lock) throw new Error(`nothing locked was delivered at ${index}`);
    return lock;
  }
}

const store: MessageStore = {
  segment: 1,
  read: () => Buffer.alloc(0),
  changed: (_queue, message) => said.push(`changed ${message.sequenceNumber}`),
  removed: (_queue, message) => said.push(`removed ${message.sequenceNumber}`),
  moved: (from, number, to, message) => said.push(`moved ${from} ${number} ${to} ${message.sequenceNumber}`),
};

function queueOf(settings: QueueDefinitions[string] = {}): Queue {
  const complete = completeDefinitions({ q: { lockMs: LOCK_MS, ...settings } }).get('q');
  if (!complete) throw new Error('no settings');
  let tokens = 0;
  return new Queue('q', complete, { store, now: () => now, newToken: () => `token ${++tokens}`, stirred: () => {} });
}

function send(queue: Queue, what: Partial<IncomingMessage> = {}): Message | undefined {
  const incoming = {
    payload: Buffer.alloc(0),
    timeToLive: undefined,
    scheduledFor: undefined,
    messageId: 'id',
    ...what,
  };
  const message = queue.admit(incoming, { size: 100 });
  if (message) queue.insert(message);
  return message;
}

/** Lets time pass, and the queue do what is due. */
function pass(queue: Queue, milliseconds: number): void {
  now += milliseconds;
  for (const each of [queue, queue.deadLetters]) {
    each?.tick();
    each?.deliver();
  }
}

function receiverOf(queue: Queue | undefined, credit?: number, deletes?: boolean): Receiver {
  const receiver = new Receiver(credit, deletes);
  queue?.addConsumer(receiver);
  queue?.deliver();
  return receiver;
}

beforeEach(() => {
  now = 1_000_000;
  said = [];
});

describe('delivery', () => {
  test('goes in turn to those who can take one, oldest first', () => {
    const queue = queueOf();
    const [a, b, c] = [receiverOf(queue), receiverOf(queue, 1), receiverOf(queue, 0)];
    for (let i = 0; i < 5; i++) send(queue);
    queue.deliver();
    expect(a.numbers).toEqual([1, 3, 4, 5]);
    expect(b.numbers).toEqual([2]);
    expect(c.numbers).toEqual([]);
  });

  test('removes at once what a deleting consumer gets', () => {
    const queue = queueOf();
    send(queue);
    const receiver = receiverOf(queue, 1, true);
    expect(receiver.got).toEqual([{ number: 1, lock: undefined }]);
    expect(queue.size).toBe(0);
    expect(said).toEqual(['removed 1']);
  });

  test('leaves the locks of a consumer that went', () => {
    const queue = queueOf();
    send(queue);
    const gone = receiverOf(queue);
    queue.removeConsumer(gone);
    const other = receiverOf(queue);
    pass(queue, LOCK_MS - 1);
    expect(other.numbers).toEqual([]);
    pass(queue, 1);
    expect(other.numbers).toEqual([1]);
  });
});

describe('a lock', () => {
  test('ends by itself: the message is counted and stands in its old place', () => {
    const queue = queueOf();
    const first = receiverOf(queue, 1);
    send(queue);
    send(queue);
    queue.deliver();
    pass(queue, LOCK_MS);
    expect(first.lost).toEqual([first.lockOf(0)]);
    expect(said).toEqual(['changed 1']);
    expect(receiverOf(queue).numbers).toEqual([1, 2]);
    expect([...queue.all()].map(({ deliveryCount }) => deliveryCount)).toEqual([1, 0]);
  });

  test('is worth nothing from the moment of its end, whether the queue has noticed or not', () => {
    const queue = queueOf();
    send(queue);
    const { token } = receiverOf(queue).lockOf(0);
    now += LOCK_MS;
    expect(() => queue.settle(token, { kind: 'complete' })).toThrow(/lock has expired/);
    expect(() => queue.renew(token)).toThrow(/lock has expired/);
    expect(queue.size).toBe(1);
  });

  test('that is renewed ends later', () => {
    const queue = queueOf();
    send(queue);
    const receiver = receiverOf(queue);
    pass(queue, 600);
    expect(queue.renew(receiver.lockOf(0).token)).toBe(now + LOCK_MS);
    pass(queue, 600);
    expect(receiver.lost).toEqual([]);
    expect(queue.nextWake).toBe(now + 400);
    pass(queue, 400);
    expect(receiver.lost).toHaveLength(1);
  });

  test('opens once only', () => {
    const queue = queueOf();
    send(queue);
    const { token } = receiverOf(queue).lockOf(0);
    queue.settle(token, { kind: 'complete' });
    expect(() => queue.settle(token, { kind: 'complete' })).toThrow(/already left/);
    expect(said).toEqual(['removed 1']);
  });

  test('that ends for the last time allowed leads to the dead-letter queue', () => {
    const queue = queueOf({ maxDeliveryCount: 2 });
    send(queue);
    receiverOf(queue);
    pass(queue, LOCK_MS);
    pass(queue, LOCK_MS);
    expect([queue.size, queue.deadLetters?.size]).toEqual([0, 1]);
    expect(said).toEqual(['changed 1', 'moved q 1 q/$deadletterqueue 1']);
  });

  test('in the dead-letter queue may end as often as it likes', () => {
    const queue = queueOf({ maxDeliveryCount: 1 });
    send(queue);
    receiverOf(queue);
    pass(queue, LOCK_MS);
    const receiver = receiverOf(queue.deadLetters);
    for (let i = 0; i < 5; i++) pass(queue, LOCK_MS);
    expect(receiver.numbers).toEqual([1, 1, 1, 1, 1, 1]);
  });
});

describe('time to live', () => {
  test('ends messages in the middle of the queue', () => {
    const queue = queueOf();
    send(queue);
    send(queue, { timeToLive: 500 });
    send(queue);
    pass(queue, 499);
    expect(queue.size).toBe(3);
    pass(queue, 1);
    expect([...queue.all()].map(({ sequenceNumber }) => sequenceNumber)).toEqual([1, 3]);
  });

  test('is at most what the queue allows', () => {
    const queue = queueOf({ timeToLiveMs: 500 });
    expect(send(queue, { timeToLive: 10_000 })?.timeToLive).toBe(500);
    expect(send(queue, { timeToLive: 100 })?.timeToLive).toBe(100);
    expect(send(queue)?.timeToLive).toBe(500);
  });

  test('does not end a locked message; it ends with the lock', () => {
    const queue = queueOf({ deadLetterExpired: true });
    send(queue, { timeToLive: 500 });
    const receiver = receiverOf(queue);
    pass(queue, 600);
    expect(queue.size).toBe(1);
    queue.settle(receiver.lockOf(0).token, { kind: 'abandon' });
    pass(queue, 0);
    expect([queue.size, queue.deadLetters?.size]).toEqual([0, 1]);
  });

  test('of a scheduled message begins when it is due', () => {
    const queue = queueOf();
    send(queue, { timeToLive: 500, scheduledFor: now + LATER });
    pass(queue, LATER);
    pass(queue, 499);
    expect(queue.size).toBe(1);
    pass(queue, 1);
    expect(queue.size).toBe(0);
  });

  test('is over neither for deferred nor for dead-lettered messages', () => {
    const queue = queueOf();
    send(queue, { timeToLive: 500 });
    send(queue, { timeToLive: 500 });
    const receiver = receiverOf(queue);
    queue.settle(receiver.lockOf(0).token, { kind: 'defer' });
    queue.settle(receiver.lockOf(1).token, { kind: 'deadLetter' });
    pass(queue, LATER);
    expect([queue.size, queue.deadLetters?.size]).toEqual([1, 1]);
  });
});

describe('a scheduled message', () => {
  test('becomes active when it is due, under a new number behind the others', () => {
    const queue = queueOf();
    send(queue, { scheduledFor: now + LATER });
    send(queue);
    const receiver = receiverOf(queue);
    expect(queue.nextWake).toBe(now + LOCK_MS);
    queue.settle(receiver.lockOf(0).token, { kind: 'complete' });
    pass(queue, LATER - 1);
    expect(receiver.numbers).toEqual([2]);
    pass(queue, 1);
    expect(receiver.numbers).toEqual([2, 3]);
    expect(said).toContain('moved q 1 q 3');
  });

  test('that was due in the past is active at once', () => {
    const queue = queueOf();
    expect(send(queue, { scheduledFor: now - 1 })?.state).toBe('active');
  });

  test('can be cancelled, all of those named or none', () => {
    const queue = queueOf();
    send(queue, { scheduledFor: now + LATER });
    send(queue);
    expect(() => queue.cancelScheduled([1, 2])).toThrow(/no scheduled message 2/);
    expect(queue.size).toBe(2);
    queue.cancelScheduled([1]);
    pass(queue, LATER);
    expect(receiverOf(queue).numbers).toEqual([2]);
  });
});

describe('a deferred message', () => {
  test('is had by its number only, once at a time', () => {
    const queue = queueOf();
    send(queue);
    const receiver = receiverOf(queue);
    queue.settle(receiver.lockOf(0).token, { kind: 'defer' });
    queue.deliver();
    expect(receiver.numbers).toEqual([1]);
    expect(queue.lockDeferred([1, 1])).toHaveLength(1);
    expect(() => queue.lockDeferred([1])).toThrow(/no deferred message 1/);
    pass(queue, LOCK_MS);
    expect(queue.takeDeferred([1])).toHaveLength(1);
    expect(queue.size).toBe(0);
  });
});

describe('duplicates', () => {
  test('are discarded within the window that began with the first', () => {
    const queue = queueOf({ duplicateWindowMs: 1_000 });
    expect(send(queue)).toBeDefined();
    now += 999;
    expect(send(queue)).toBeUndefined();
    expect(send(queue, { messageId: 'another' })).toBeDefined();
    now += 1;
    expect(send(queue)).toBeDefined();
  });

  test('of a message that could not be kept are none', () => {
    const queue = queueOf({ duplicateWindowMs: 1_000 });
    const incoming = { payload: Buffer.alloc(0), messageId: 'id', timeToLive: undefined, scheduledFor: undefined };
    const message = queue.admit(incoming, { size: 1 });
    if (!message) throw new Error('it was taken for a duplicate');
    queue.withdraw(message, 'id');
    expect(send(queue)).toBeDefined();
  });
});

test('a full queue takes nothing until something has left it; dead-lettered messages count', () => {
  const queue = queueOf({ maxSizeBytes: 4_000 });
  for (let i = 0; i < 3; i++) send(queue);
  expect(() => send(queue)).toThrow(/is full/);
  const receiver = receiverOf(queue);
  queue.settle(receiver.lockOf(0).token, { kind: 'deadLetter' });
  expect(() => send(queue)).toThrow(/is full/);
  queue.settle(receiver.lockOf(1).token, { kind: 'complete' });
  expect(send(queue)).toBeDefined();
});
