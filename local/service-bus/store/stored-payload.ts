import type { Payload } from '../queue/message.ts';
import type { Place } from './journal.ts';

/** The bytes of a message: in the journal once they are written, and in memory if there is room. */
export class StoredPayload implements Payload {
  readonly size: number;
  /** The queue that the message is in; undefined: it is not stored (yet, or any more). */
  queue: string | undefined;
  bytes: Buffer | undefined;
  place: Place | undefined;

  constructor(size: number, bytes?: Buffer, place?: Place) {
    this.size = size;
    this.bytes = bytes;
    this.place = place;
  }
}
