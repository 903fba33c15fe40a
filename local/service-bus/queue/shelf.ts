import { Heap, OUTSIDE } from './heap.ts';
import type { Lock, Message } from './message.ts';

export const NEVER = Number.POSITIVE_INFINITY;

/** The messages of a queue, and the orders in which they are looked for. */
export class Shelf {
  /** By sequence number, ascending. */
  private readonly messages = new Map<number, Message>();
  private readonly locked = new Map<string, Message>();
  private readonly ready = new Heap<'readySlot', Message>('readySlot', (message) => message.sequenceNumber);
  private readonly waking = new Heap<'wakeSlot', Message>('wakeSlot', (message) => message.wakesAt);

  get size(): number {
    return this.messages.size;
  }

  get lockedSize(): number {
    return this.locked.size;
  }

  get(sequenceNumber: number): Message | undefined {
    return this.messages.get(sequenceNumber);
  }

  all(): IterableIterator<Message> {
    return this.messages.values();
  }

  /** The oldest message that can be handed out. */
  get firstReady(): Message | undefined {
    return this.ready.first;
  }

  /** The message to which something happens next. */
  get firstWaking(): Message | undefined {
    return this.waking.first;
  }

  heldBy(token: string): Message | undefined {
    return this.locked.get(token);
  }

  /** Puts a message where its state wants it, new or unlocked. */
  put(message: Message, wakesAt: number): void {
    this.messages.set(message.sequenceNumber, message);
    if (message.state === 'active') this.ready.add(message);
    this.wakeAt(message, wakesAt);
  }

  takeOut(message: Message): void {
    this.unlock(message);
    this.messages.delete(message.sequenceNumber);
    this.ready.remove(message);
    this.waking.remove(message);
  }

  lock(message: Message, lock: Lock): void {
    message.lock = lock;
    this.locked.set(lock.token, message);
    this.ready.remove(message);
    this.wakeAt(message, lock.until);
  }

  unlock(message: Message): void {
    const lock = message.lock;
    if (!lock) return;
    this.locked.delete(lock.token);
    message.lock = undefined;
    lock.consumer?.unlocked(lock);
  }

  wakeAt(message: Message, at: number): void {
    this.waking.remove(message);
    message.wakesAt = at;
    if (at !== NEVER) this.waking.add(message);
  }
}

/** What only the shelf needs to know of a message. */
export const unshelved = () => ({ lock: undefined, wakesAt: NEVER, wakeSlot: OUTSIDE, readySlot: OUTSIDE });
