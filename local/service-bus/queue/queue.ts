/** One queue: what is in it, who holds which message for how long, and what time does to them. No network, no files. */
import { changeApplicationProperties, type EncodedProperties, type IncomingMessage } from '../amqp/codec.ts';
import { stringValue } from '../amqp/values.ts';
import { lockLost, messageNotFound, notAllowed, quotaExceeded } from '../errors.ts';
import type { QueueSettings } from '../queues.ts';
import { DuplicateWindow } from './duplicates.ts';
import type { Consumer, DeadLetterCause, Lock, Message, Payload, Settlement } from './message.ts';
import { NEVER, Shelf, unshelved } from './shelf.ts';

/** Counted for each message besides its own bytes: about what it takes in memory, so that the quota bounds that, too. */
const MESSAGE_OVERHEAD_BYTES = 1024;

/** Keeps what the queue says durably: nothing is told to a client before that. */
export interface MessageStore {
  read(message: Message): Buffer;
  changed(queue: string, message: Message): void;
  removed(queue: string, message: Message): void;
  /** The message was `sequenceNumber` of `from`, and is now in `to` under the number it carries. */
  moved(from: string, sequenceNumber: number, to: string, message: Message): void;
  /** The segment of the journal that is being written. */
  readonly segment: number;
}

export interface QueueContext {
  readonly store: MessageStore;
  now(): number;
  /** 16 random bytes, hexadecimal. */
  newToken(): string;
  /** Asks for a call of `deliver` soon, and of `tick` at `nextWake`. */
  stirred(): void;
}

export class Queue {
  readonly name: string;
  readonly settings: QueueSettings;
  /** Undefined in a dead-letter queue itself. */
  readonly deadLetters: Queue | undefined;
  readonly duplicates: DuplicateWindow | undefined;
  nextSequenceNumber = 1;
  private readonly context: QueueContext;
  /** What the messages count against the quota, dead-lettered ones included. */
  private readonly usage: { bytes: number };
  private readonly shelf = new Shelf();
  private readonly consumers: Consumer[] = [];
  private turn = 0;

  constructor(name: string, settings: QueueSettings, context: QueueContext, parent?: Queue) {
    this.name = name;
    this.settings = settings;
    this.context = context;
    this.usage = parent?.usage ?? { bytes: 0 };
    if (parent) return;
    this.deadLetters = new Queue(`${name}/$deadletterqueue`, settings, context, this);
    if (settings.duplicateWindowMs) this.duplicates = new DuplicateWindow(settings.duplicateWindowMs);
  }

  /** Messages of every state. */
  get size(): number {
    return this.shelf.size;
  }

  get lockedSize(): number {
    return this.shelf.lockedSize;
  }

  all(): IterableIterator<Message> {
    return this.shelf.all();
  }

  /**
   * Takes a message on: it has a number and its place in the quota, and is to be inserted once it is durable, or
   * withdrawn. Undefined: it is a duplicate, to be accepted and forgotten.
   * @throws BrokerError amqp:resource-limit-exceeded
   */
  admit(incoming: IncomingMessage, payload: Payload): Message | undefined {
    const now = this.context.now();
    if (this.duplicates?.has(incoming.messageId, now)) return undefined;
    const cost = payload.size + MESSAGE_OVERHEAD_BYTES;
    if (this.usage.bytes + cost > this.settings.maxSizeBytes) {
      throw quotaExceeded(`The queue '${this.name}' holds ${this.usage.bytes} bytes and is full.`);
    }
    this.usage.bytes += cost;
    this.duplicates?.add(incoming.messageId, now, this.context.store.segment);
    const timeToLive = Math.min(incoming.timeToLive ?? NEVER, this.settings.timeToLiveMs ?? NEVER);
    const scheduled = incoming.scheduledFor !== undefined && incoming.scheduledFor > now;
    return {
      sequenceNumber: this.nextSequenceNumber++,
      enqueuedAt: now,
      timeToLive: timeToLive === NEVER ? undefined : timeToLive,
      deliveryCount: 0,
      state: scheduled ? 'scheduled' : 'active',
      dueAt: scheduled ? incoming.scheduledFor : undefined,
      deadLetterSource: undefined,
      applicationProperties: undefined,
      payload,
      ...unshelved(),
    };
  }

  /** The message could not be made durable. */
  withdraw(message: Message, messageId: string): void {
    this.usage.bytes -= message.payload.size + MESSAGE_OVERHEAD_BYTES;
    this.duplicates?.remove(messageId);
  }

  insert(message: Message): void {
    this.shelve(message);
    this.context.stirred();
  }

  /** A message that the store has kept over a restart. */
  restore(message: Message): void {
    this.usage.bytes += message.payload.size + MESSAGE_OVERHEAD_BYTES;
    this.nextSequenceNumber = Math.max(this.nextSequenceNumber, message.sequenceNumber + 1);
    this.insert(message);
  }

  addConsumer(consumer: Consumer): void {
    this.consumers.push(consumer);
    this.context.stirred();
  }

  /** Its locks stay until they are settled or run out. */
  removeConsumer(consumer: Consumer): void {
    const at = this.consumers.indexOf(consumer);
    if (at >= 0) this.consumers.splice(at, 1);
  }

  /** Hands out messages, oldest first, to the consumers in turn, until there are no more or nobody can take one. */
  deliver(): void {
    let refusals = 0;
    while (this.shelf.firstReady && refusals < this.consumers.length) {
      const consumer = this.consumers[this.turn++ % this.consumers.length];
      if (consumer?.canTake()) {
        refusals = 0;
        this.hand(this.shelf.firstReady, consumer);
      } else refusals++;
    }
  }

  /** Does what is due: scheduled messages become active, locks and messages expire. */
  tick(): void {
    const now = this.context.now();
    for (let first = this.shelf.firstWaking; first && first.wakesAt <= now; first = this.shelf.firstWaking) {
      this.wake(first, now);
    }
    this.duplicates?.expire(now);
  }

  /** When `tick` has something to do; undefined: never, as things are. */
  get nextWake(): number | undefined {
    return this.shelf.firstWaking?.wakesAt;
  }

  /** @throws BrokerError com.microsoft:message-lock-lost */
  settle(token: string, settlement: Settlement): void {
    const message = this.heldBy(token);
    if (settlement.kind === 'complete') this.remove(message);
    else if (settlement.kind === 'deadLetter') this.deadLetter(message, settlement);
    else {
      this.changeProperties(message, settlement.properties);
      if (settlement.kind === 'abandon') this.giveBack(message);
      else this.defer(message);
    }
  }

  /** Returns until when the message is locked now. @throws BrokerError com.microsoft:message-lock-lost */
  renew(token: string): number {
    const message = this.heldBy(token);
    if (!message.lock) throw lockLost();
    message.lock.until = this.context.now() + this.settings.lockMs;
    this.shelf.wakeAt(message, message.lock.until);
    this.context.stirred();
    return message.lock.until;
  }

  /** @throws BrokerError com.microsoft:message-not-found, and then none is cancelled */
  cancelScheduled(sequenceNumbers: readonly number[]): void {
    for (const message of this.find(sequenceNumbers, 'scheduled')) this.remove(message);
  }

  /** Messages of any state, by ascending number. */
  *peek(from: number): IterableIterator<Message> {
    for (const message of this.shelf.all()) if (message.sequenceNumber >= from) yield message;
  }

  /** @throws BrokerError com.microsoft:message-not-found, and then none is taken */
  lockDeferred(sequenceNumbers: readonly number[]): Message[] {
    const found = this.find(sequenceNumbers, 'deferred');
    for (const message of found) this.lock(message, undefined);
    this.context.stirred();
    return found;
  }

  /** @throws BrokerError com.microsoft:message-not-found, and then none is taken */
  takeDeferred(sequenceNumbers: readonly number[]): Message[] {
    const found = this.find(sequenceNumbers, 'deferred');
    for (const message of found) this.remove(message);
    return found;
  }

  private find(sequenceNumbers: readonly number[], state: Message['state']): Message[] {
    return [...new Set(sequenceNumbers)].map((number) => {
      const message = this.shelf.get(number);
      if (message?.state === state && !message.lock) return message;
      throw messageNotFound(`There is no ${state} message ${number} in '${this.name}', or it is locked.`);
    });
  }

  private heldBy(token: string): Message {
    const message = this.shelf.heldBy(token);
    if (!message?.lock || message.lock.until <= this.context.now()) throw lockLost();
    return message;
  }

  private hand(message: Message, consumer: Consumer): void {
    if (this.expiresAt(message) <= this.context.now()) this.expire(message);
    else if (consumer.deletes) {
      consumer.deliver(message, undefined);
      this.remove(message);
    } else consumer.deliver(message, this.lock(message, consumer));
  }

  private lock(message: Message, consumer: Consumer | undefined): Lock {
    const lock = { token: this.context.newToken(), until: this.context.now() + this.settings.lockMs, consumer };
    this.shelf.lock(message, lock);
    return lock;
  }

  private wake(message: Message, now: number): void {
    if (message.lock) this.giveBack(message);
    else if (message.state === 'scheduled') this.activate(message, now);
    else this.expire(message);
  }

  /** A scheduled message arrives: under a new number, so that it stands behind what came before. */
  private activate(message: Message, now: number): void {
    const before = message.sequenceNumber;
    this.shelf.takeOut(message);
    message.sequenceNumber = this.nextSequenceNumber++;
    message.enqueuedAt = now;
    message.state = 'active';
    message.dueAt = undefined;
    this.insert(message);
    this.context.store.moved(this.name, before, this.name, message);
  }

  private defer(message: Message): void {
    message.state = 'deferred';
    this.shelf.unlock(message);
    this.shelve(message);
    this.context.store.changed(this.name, message);
  }

  /** A delivery ended without success: by the client's word, or because the lock ran out. */
  private giveBack(message: Message): void {
    this.shelf.unlock(message);
    message.deliveryCount++;
    if (this.deadLetters && message.deliveryCount >= this.settings.maxDeliveryCount) {
      const description = `Message could not be consumed after ${message.deliveryCount} delivery attempts.`;
      this.deadLetter(message, { reason: 'MaxDeliveryCountExceeded', description });
      return;
    }
    this.shelve(message);
    this.context.store.changed(this.name, message);
    this.context.stirred();
  }

  /** Messages that are locked or deferred do not expire; when they are given back they do. */
  private expire(message: Message): void {
    if (this.settings.deadLetterExpired) {
      const description = 'The message expired and was dead lettered.';
      this.deadLetter(message, { reason: 'TTLExpiredException', description });
    } else this.remove(message);
  }

  private deadLetter(message: Message, { reason, description, properties }: DeadLetterCause): void {
    if (!this.deadLetters) throw notAllowed('A message of a dead-letter queue cannot be dead-lettered again.');
    const changes = new Map(properties);
    if (reason !== undefined) changes.set('DeadLetterReason', stringValue(reason));
    if (description !== undefined) changes.set('DeadLetterErrorDescription', stringValue(description));
    this.changeProperties(message, changes);
    const before = message.sequenceNumber;
    this.shelf.takeOut(message);
    message.state = 'active';
    message.dueAt = undefined;
    message.deadLetterSource = this.name;
    message.sequenceNumber = this.deadLetters.nextSequenceNumber++;
    this.deadLetters.insert(message);
    this.context.store.moved(this.name, before, this.deadLetters.name, message);
  }

  private changeProperties(message: Message, changes: EncodedProperties | undefined): void {
    if (!changes?.size) return;
    const payload = () => this.context.store.read(message);
    message.applicationProperties = changeApplicationProperties(payload, message.applicationProperties, changes);
  }

  private remove(message: Message): void {
    this.shelf.takeOut(message);
    this.usage.bytes -= message.payload.size + MESSAGE_OVERHEAD_BYTES;
    this.context.store.removed(this.name, message);
  }

  private shelve(message: Message): void {
    this.shelf.put(message, message.dueAt ?? (message.state === 'active' ? this.expiresAt(message) : NEVER));
  }

  /** Nothing expires in a dead-letter queue. */
  private expiresAt(message: Message): number {
    if (!this.deadLetters || message.timeToLive === undefined) return NEVER;
    return message.enqueuedAt + message.timeToLive;
  }
}
