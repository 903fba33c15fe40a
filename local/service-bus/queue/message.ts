import type { EncodedProperties, MessageView } from '../amqp/codec.ts';

/** Where a message's bytes are is the store's affair; a queue only counts them. */
export interface Payload {
  readonly size: number;
}

/** A message in a queue. Times are milliseconds since 1970. */
export interface Message extends MessageView {
  sequenceNumber: number;
  enqueuedAt: number;
  timeToLive: number | undefined;
  deliveryCount: number;
  state: 'active' | 'scheduled' | 'deferred';
  deadLetterSource: string | undefined;
  applicationProperties: Buffer | undefined;
  /** When a scheduled message becomes active. */
  dueAt: number | undefined;
  readonly payload: Payload;
  lock: Lock | undefined;
  /** When something happens to the message by itself: it becomes due, its lock ends, it expires. */
  wakesAt: number;
  /** Places in the queue's two heaps. */
  wakeSlot: number;
  readySlot: number;
}

/** A peek-lock: whoever knows the token may settle the message until then. */
export interface Lock {
  /** 16 bytes, hexadecimal, in the order of the delivery tag. */
  readonly token: string;
  until: number;
  /** Whoever was sent the message; undefined for a deferred message, which is asked for by its number. */
  readonly consumer: Consumer | undefined;
}

/** A receiver's end of a queue. */
export interface Consumer {
  /** True: messages are gone when they are handed out (receive-and-delete); false: they are locked (peek-lock). */
  readonly deletes: boolean;
  /** Whether another message may be handed out now. If not, the consumer asks for a turn when that changes. */
  canTake(): boolean;
  deliver(message: Message, lock: Lock | undefined): void;
  /** The lock is gone, settled or not: what the client says about it from now on comes too late. */
  unlocked(lock: Lock): void;
}

export type Settlement =
  | { readonly kind: 'complete' }
  | { readonly kind: 'abandon' | 'defer'; readonly properties?: EncodedProperties }
  | ({ readonly kind: 'deadLetter' } & DeadLetterCause);

export interface DeadLetterCause {
  readonly reason?: string | undefined;
  readonly description?: string | undefined;
  /** Laid over the application properties. */
  readonly properties?: EncodedProperties;
}
