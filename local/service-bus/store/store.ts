/** Keeps the queues' messages in the journal, and as many of their bytes in memory as it may. */

import type { Message } from '../queue/message.ts';
import type { MessageStore, Queue } from '../queue/queue.ts';
import { decodeEntry, type Entry, encodeEntry, stateOf } from './entries.ts';
import type { Journal, JournalRecord, Place } from './journal.ts';
import { Replay } from './replay.ts';
import { StoredPayload } from './stored-payload.ts';

/** An estimate of what a record takes besides its payload. */
const RECORD_BYTES = 256;

/** While running, the journal may hold that much more than twice what is alive in it. */
const GARBAGE_BYTES = 64 * 1024 * 1024;

/** The same when the broker starts and nobody is kept waiting. */
const GARBAGE_AT_START_BYTES = 64 * 1024;

/** How much is copied in one turn while compacting. */
const COPY_BYTES = 1024 * 1024;

/** A message that is to be stored, and the id it was sent with. */
export interface Admitted {
  readonly message: Message;
  readonly messageId: string;
}

export class Store implements MessageStore {
  private readonly journal: Journal;
  private readonly memoryBytes: number;
  private readonly queues = new Map<string, Queue>();
  private heldBytes = 0;
  private liveBytes = 0;
  private compacting = false;

  constructor(journal: Journal, memoryBytes: number) {
    this.journal = journal;
    this.memoryBytes = memoryBytes;
    journal.opening = () => ({
      meta: encodeEntry({
        kind: 'numbers',
        next: [...this.queues].map(([name, queue]) => [name, queue.nextSequenceNumber]),
      }),
    });
  }

  /** The bytes of messages that are in memory. */
  get bytesInMemory(): number {
    return this.heldBytes;
  }

  get journalBytes(): number {
    return this.journal.bytes;
  }

  get segment(): number {
    return this.journal.newest;
  }

  /** Fills the queues with what the journal holds. @throws StartFailure if it is damaged or has a queue that is not defined */
  open(queues: Iterable<Queue>): void {
    for (const queue of queues) this.queues.set(queue.name, queue);
    const replay = new Replay();
    this.journal.open((meta, payload, place) => replay.apply(decodeEntry(meta), payload.length, place));
    for (const { queue, payload } of replay.fill(this.queues)) this.own(queue, payload);
    this.compactAtStart();
  }

  payloadOf(bytes: Buffer): StoredPayload {
    return new StoredPayload(bytes.length, bytes);
  }

  /** Makes messages durable, all or none in memory; `done` gets the reason if that cannot be. */
  save(queue: Queue, admitted: readonly Admitted[], done: (error?: Error) => void): void {
    const records = admitted.map(({ message, messageId }) => addRecord(queue, message, messageId, this.read(message)));
    const written = (places: Place[]) => {
      for (const [i, { message }] of admitted.entries()) this.keep(queue.name, message, places[i]);
      done();
      this.considerCompaction();
    };
    this.journal.offer(records, written, done);
  }

  read(message: Message): Buffer {
    const { bytes, place } = stored(message);
    if (bytes) return bytes;
    if (!place) throw new Error('the message was never stored');
    return this.journal.read(place);
  }

  changed(queue: string, message: Message): void {
    this.append({ kind: 'change', queue, number: message.sequenceNumber, to: queue, state: stateOf(message) });
  }

  moved(from: string, sequenceNumber: number, to: string, message: Message): void {
    stored(message).queue = to;
    this.append({ kind: 'change', queue: from, number: sequenceNumber, to, state: stateOf(message) });
  }

  removed(queue: string, message: Message): void {
    const payload = stored(message);
    payload.queue = undefined;
    if (payload.bytes) this.heldBytes -= payload.size;
    payload.bytes = undefined;
    this.liveBytes -= payload.size + RECORD_BYTES;
    this.append({ kind: 'remove', queue, number: message.sequenceNumber });
    this.considerCompaction();
  }

  /** Calls back once everything that was said so far is written. */
  whenWritten(written: () => void): void {
    this.journal.whenWritten(written);
  }

  close(): void {
    this.journal.close();
  }

  private append(entry: Entry): void {
    this.journal.append([{ meta: encodeEntry(entry) }]);
  }

  private keep(queue: string, message: Message, place: Place | undefined): void {
    const payload = stored(message);
    payload.place = place;
    this.own(queue, payload);
    const fits = this.heldBytes + payload.size <= this.memoryBytes;
    // A copy: what came from the network is a slice of a much larger buffer.
    payload.bytes = fits && payload.bytes ? Buffer.from(payload.bytes) : undefined;
    if (payload.bytes) this.heldBytes += payload.size;
  }

  private own(queue: string, payload: StoredPayload): void {
    payload.queue = queue;
    this.liveBytes += payload.size + RECORD_BYTES;
  }

  private hasGarbage(tolerated: number): boolean {
    return this.journal.bytes > 2 * this.liveBytes + tolerated;
  }

  private considerCompaction(): void {
    if (this.compacting || this.journal.oldest === undefined || !this.hasGarbage(GARBAGE_BYTES)) return;
    this.compacting = true;
    this.copyOn(this.copyOldest(this.journal.oldest));
  }

  /** Each slice is written before the next is read: on a full disk no more than one waits. */
  private copyOn(copying: Iterator<void>): void {
    const { done } = copying.next();
    this.journal.whenWritten(() => {
      if (!done) {
        this.copyOn(copying);
        return;
      }
      this.journal.dropOldest();
      this.compacting = false;
      this.considerCompaction();
    });
  }

  private compactAtStart(): void {
    if (!this.hasGarbage(GARBAGE_AT_START_BYTES)) return;
    this.journal.rotate();
    const last = this.journal.newest;
    for (let oldest = this.journal.oldest; oldest !== undefined && oldest < last; oldest = this.journal.oldest) {
      for (const _ of this.copyOldest(oldest)) this.journal.flush();
      let dropped = false;
      this.journal.whenWritten(() => {
        this.journal.dropOldest();
        dropped = true;
      });
      this.journal.flush();
      if (!dropped || !this.hasGarbage(GARBAGE_AT_START_BYTES)) return;
    }
  }

  /** Appends again what is still needed of the oldest segment, a slice at a time. */
  private *copyOldest(segment: number): Generator<void> {
    const messages: Message[] = [];
    for (const queue of this.queues.values()) {
      for (const message of queue.all()) if (stored(message).place?.segment === segment) messages.push(message);
    }
    let bytes = 0;
    for (const message of messages) {
      bytes += this.copy(message);
      if (bytes < COPY_BYTES) continue;
      bytes = 0;
      yield;
    }
    for (const [name, queue] of this.queues) {
      for (const [id, { until }] of queue.duplicates?.recordedUpTo(segment) ?? []) {
        queue.duplicates?.recordedAgain(id, this.journal.newest);
        this.append({ kind: 'seen', queue: name, id, until });
      }
    }
  }

  private copy(message: Message): number {
    const payload = stored(message);
    const queue = payload.queue;
    if (queue === undefined) return 0; // completed in the meantime
    const meta = encodeEntry({ kind: 'add', queue, state: stateOf(message) });
    this.journal.append([{ meta, payload: this.read(message) }], ([place]) => {
      payload.place = place;
    });
    return payload.size;
  }
}

function stored(message: Message): StoredPayload {
  if (message.payload instanceof StoredPayload) return message.payload;
  throw new Error('the message belongs to another store');
}

function addRecord(queue: Queue, message: Message, messageId: string, payload: Buffer): JournalRecord {
  const window = queue.settings.duplicateWindowMs;
  const seen = window && { id: messageId, until: message.enqueuedAt + window };
  return {
    meta: encodeEntry({ kind: 'add', queue: queue.name, state: stateOf(message), ...(seen && { seen }) }),
    payload,
  };
}
